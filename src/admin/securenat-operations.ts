// Operations on the SecureNAT of a hub: on and off, settings and status.

import * as z from 'zod/mini'
import { boolean, number, str } from './fields.ts'
import { requireOption } from './hub-operations.ts'
import type { CallContext } from './operation.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { invalidParameters } from './rpc-error.ts'
import { movedAlong } from './securenat-move.ts'
import { describeOptions, FIELD_OF_SETTING, optionParams, optionResult, patchOf } from './securenat-option-fields.ts'

const hubParams = z.object({ HubName_str: str })
const hubResult = z.object({ HubName_str: str })

export const secureNatOperations = {
  EnableSecureNAT: operation({
    summary: text(
      'Switches SecureNAT on; repeating is no error',
      'SecureNAT を有効にする (繰り返してもエラーにならない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: hubParams,
    result: hubResult,
    handle: (context, { HubName_str }) => switchSecureNat(context, HubName_str, true),
  }),

  DisableSecureNAT: operation({
    summary: text(
      'Switches SecureNAT off and resets the connections of its guests; repeating is no error',
      'SecureNAT を無効にし、通信中のセッションを切断する (繰り返してもエラーにならない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: hubParams,
    result: hubResult,
    handle: (context, { HubName_str }) => switchSecureNat(context, HubName_str, false),
  }),

  GetSecureNATOption: operation({
    summary: text('The settings of SecureNAT, whether it is on or not', 'SecureNAT の設定 (有効か無効かを問わない)'),
    permission: 'hub',
    effect: 'reads',
    hubField: 'RpcHubName_str',
    params: z.object({ RpcHubName_str: str }),
    result: optionResult,
    handle: (context, { RpcHubName_str }) => {
      const hub = requireHub(context, RpcHubName_str)
      return describeOptions(hub.name, hub.secureNatOptions())
    },
  }),

  SetSecureNATOption: operation({
    summary: text(
      'Changes settings of SecureNAT, at once and in the configuration; parameters left out stay as they are',
      'SecureNAT の設定を変更する (すぐに反映して保存する。省略した項目は変わらない)',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'RpcHubName_str',
    forbiddenBy: 'no_securenat',
    params: optionParams,
    result: optionResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.RpcHubName_str)
      const { nat, dhcp } = hub.secureNatOptions()
      const { UseNat_bool: useNat = nat.enabled, UseDhcp_bool: useDhcp = dhcp.enabled } = params
      if (useNat !== nat.enabled) requireOption(context, hub, 'no_securenat_enablenat')
      if (useDhcp !== dhcp.enabled) requireOption(context, hub, 'no_securenat_enabledhcp')
      const patch = patchOf(params)
      const faults = await hub.changeSecureNat(
        params.MoveDhcp_bool === false ? patch : { ...patch, dhcp: movedAlong(hub.secureNatOptions(), patch) },
      )
      if (faults.length > 0) {
        throw invalidParameters(
          faults.map((fault) => ({ ...fault, field: FIELD_OF_SETTING[fault.path] ?? fault.path })),
        )
      }
      hub.logAdministration('optionSet', context.connection)
      return describeOptions(hub.name, hub.secureNatOptions())
    },
  }),

  GetSecureNATStatus: operation({
    summary: text(
      'How many sessions and leases there are; zeros while SecureNAT is off',
      'SecureNAT のセッション数とリース数 (無効の間は 0)',
    ),
    ...READS_HUB,
    params: hubParams,
    result: z.object({
      HubName_str: str,
      NumTcpSessions_u32: number,
      NumUdpSessions_u32: number,
      NumIcmpSessions_u32: number,
      NumDnsSessions_u32: number,
      NumDhcpClients_u32: number,
      IsKernelMode_bool: boolean,
      IsRawIpMode_bool: boolean,
    }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const status = hub.secureNatStatus()
      return {
        HubName_str: hub.name,
        NumTcpSessions_u32: status?.tcpSessions ?? 0,
        NumUdpSessions_u32: status?.udpSessions ?? 0,
        NumIcmpSessions_u32: status?.icmpSessions ?? 0,
        NumDnsSessions_u32: status?.dnsSessions ?? 0,
        NumDhcpClients_u32: status?.dhcpClients ?? 0,
        // There is one way here, and it is in user mode.
        IsKernelMode_bool: false,
        IsRawIpMode_bool: false,
      }
    },
  }),
}

async function switchSecureNat(context: CallContext, name: string, enabled: boolean) {
  const hub = requireHub(context, name)
  hub.logAdministration(enabled ? 'enabled' : 'disabled', context.connection)
  await hub.enableSecureNat(enabled)
  return { HubName_str: hub.name }
}
