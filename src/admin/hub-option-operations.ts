// Operations on the options of a hub that SoftEther keeps in tables of names and numbers, its log settings and its message.

import * as z from 'zod/mini'
import type { AdminOptions } from '../accounts/admin-options.ts'
import { ADMIN_OPTION_NAMES } from '../accounts/admin-options.ts'
import type { ExtendedOptionName, ExtendedOptions } from '../hub/extended-options.ts'
import { EXTENDED_OPTION_DEFAULTS, extendedOption } from '../hub/extended-options.ts'
import { bin, binText, bool, boolean, number, str, u32, u32In } from './fields.ts'
import { requireOption } from './hub-operations.ts'
import type { HubLogSettings } from './hub-settings.ts'
import { HUB_MESSAGE_MAX, LOG_SWITCHES } from './hub-settings.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import type { ParameterFault } from './rpc-error.ts'
import { invalidParameters, notEnoughPrivileges, notSupported } from './rpc-error.ts'

const hubParams = z.object({ HubName_str: str })

const optionRow = z.object({ Name_str: str, Value_u32: number, Descrption_utf: str })
const optionResult = z.object({ HubName_str: str, NumItem_u32: number, AdminOptionList: z.array(optionRow) })
const optionParams = z.object({
  HubName_str: str,
  AdminOptionList: z.array(z.object({ Name_str: str, Value_u32: u32 }), 'a list of names and values'),
})

/** Classes of packets of the packet log; SoftEther's tools send sixteen. */
const PACKET_CLASSES = 16
const NO_PACKET_LOG = new Array<number>(PACKET_CLASSES).fill(0)
const LOG_SWITCH_RANGE = { min: 0, max: LOG_SWITCHES.length - 1 }

const logParams = z.object({
  HubName_str: str,
  SaveSecurityLog_bool: z.optional(bool),
  SecurityLogSwitchType_u32: z.optional(u32In(LOG_SWITCH_RANGE)),
  SavePacketLog_bool: z.optional(bool),
  PacketLogSwitchType_u32: z.optional(u32In(LOG_SWITCH_RANGE)),
  PacketLogConfig_u32: z.optional(z.array(u32In({ min: 0, max: 2 }), 'a list of numbers from 0 to 2')),
})
const logResult = z.object({
  HubName_str: str,
  SaveSecurityLog_bool: boolean,
  SecurityLogSwitchType_u32: number,
  SavePacketLog_bool: boolean,
  PacketLogSwitchType_u32: number,
  PacketLogConfig_u32: z.array(number),
})

const messageResult = z.object({ HubName_str: str, Msg_bin: str })

export const hubOptionOperations = {
  GetDefaultHubAdminOptions: operation({
    summary: text('The hub administration options of a new hub', '仮想 HUB 管理オプションの既定値の取得'),
    permission: 'any',
    effect: 'reads',
    params: z.object({ HubName_str: z.optional(str) }),
    result: optionResult,
    handle: (_context, { HubName_str = '' }) => optionTable(HubName_str, describeAdminOptions({})),
  }),

  GetHubAdminOptions: operation({
    summary: text(
      "What the hub's own administrator may not do",
      '仮想 HUB 管理オプションの取得 (HUB の管理者の権限の制限)',
    ),
    ...READS_HUB,
    params: hubParams,
    result: optionResult,
    handle: (context, { HubName_str }) => describeAdmin(requireHub(context, HubName_str)),
  }),

  SetHubAdminOptions: operation({
    summary: text(
      "Changes what the hub's own administrator may not do; options left out stay",
      '仮想 HUB 管理オプションの変更 (省略した項目は変わらない)',
    ),
    ...CHANGES_HUB,
    params: optionParams,
    result: optionResult,
    handle: async (context, { HubName_str, AdminOptionList }) => {
      const hub = requireHub(context, HubName_str)
      const { adminOptions } = hub.settings()
      if (context.role.kind !== 'server' && (adminOptions.allow_hub_admin_change_option ?? 0) === 0) {
        throw notEnoughPrivileges(': the administration option allow_hub_admin_change_option of this hub is not set')
      }
      const given = named(AdminOptionList, ADMIN_OPTION_NAMES)
      await hub.changeSettings((settings) => ({ adminOptions: without0({ ...settings.adminOptions, ...given }) }))
      return describeAdmin(requireHub(context, HubName_str))
    },
  }),

  GetHubExtOptions: operation({
    summary: text('The extended options of a hub', '仮想 HUB 拡張オプションの取得'),
    ...READS_HUB,
    params: hubParams,
    result: optionResult,
    handle: (context, { HubName_str }) => describeExtended(requireHub(context, HubName_str)),
  }),

  SetHubExtOptions: operation({
    summary: text(
      'Changes extended options of a hub; those left out stay',
      '仮想 HUB 拡張オプションの変更 (省略した項目は変わらない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'deny_hub_admin_change_ext_option',
    params: optionParams,
    result: optionResult,
    handle: async (context, { HubName_str, AdminOptionList }) => {
      const hub = requireHub(context, HubName_str)
      const given = named(AdminOptionList, Object.keys(EXTENDED_OPTION_DEFAULTS))
      await hub.changeSettings((settings) => ({
        extendedOptions: withoutDefaults({ ...settings.extendedOptions, ...given }),
      }))
      return describeExtended(requireHub(context, HubName_str))
    },
  }),

  GetHubLog: operation({
    summary: text('The log settings of a hub', '仮想 HUB のログ保存設定の取得'),
    ...READS_HUB,
    params: hubParams,
    result: logResult,
    handle: (context, { HubName_str }) => describeLog(requireHub(context, HubName_str)),
  }),

  SetHubLog: operation({
    summary: text(
      'Changes the log settings of a hub; what is left out stays',
      '仮想 HUB のログ保存設定の変更 (省略した項目は変わらない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_log_config',
    params: logParams,
    tells: () => ['logSet'],
    result: logResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      if (params.SavePacketLog_bool === true) {
        throw notSupported('SavePacketLog_bool must be false: this version keeps no packet log.')
      }
      if (params.PacketLogConfig_u32?.some((detail) => detail !== 0) === true) {
        throw notSupported('PacketLogConfig_u32 must be zeros: this version keeps no packet log.')
      }
      const securityLogSwitch = LOG_SWITCHES[params.SecurityLogSwitchType_u32 ?? -1]
      const previous = hub.settings().log.securityLogSwitch
      if (securityLogSwitch !== undefined && securityLogSwitch !== previous) {
        requireOption(context, hub, 'no_change_log_switch_type')
      }
      await hub.changeSettings(({ log }) => ({
        log: {
          saveSecurityLog: params.SaveSecurityLog_bool ?? log.saveSecurityLog,
          securityLogSwitch: securityLogSwitch ?? log.securityLogSwitch,
        } satisfies HubLogSettings,
      }))
      return describeLog(requireHub(context, params.HubName_str))
    },
  }),

  GetHubMsg: operation({
    summary: text('What users are shown when they log in', 'ユーザーに表示するメッセージの取得'),
    ...READS_HUB,
    params: hubParams,
    result: messageResult,
    handle: (context, { HubName_str }) => describeMessage(requireHub(context, HubName_str)),
  }),

  SetHubMsg: operation({
    summary: text(
      'Sets what users are shown when they log in; empty for nothing',
      'ユーザーに表示するメッセージの設定 (空の場合は表示しない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_msg',
    params: z.object({ HubName_str: str, Msg_bin: bin() }),
    result: messageResult,
    handle: async (context, { HubName_str, Msg_bin }) => {
      const hub = requireHub(context, HubName_str)
      const message = textOf(Msg_bin)
      if (message === undefined || message.length > HUB_MESSAGE_MAX) {
        const allowed = `UTF-8 text of at most ${HUB_MESSAGE_MAX} letters`
        throw invalidParameters([{ field: 'Msg_bin', allowed, actual: `${Msg_bin.length} bytes` }])
      }
      await hub.changeSettings(() => ({ message }))
      return describeMessage(requireHub(context, HubName_str))
    },
  }),
}

/** @throws RpcError that names the options there are not */
function named(
  rows: readonly { readonly Name_str: string; readonly Value_u32: number }[],
  names: readonly string[],
): Readonly<Record<string, number>> {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]))
  const faults: ParameterFault[] = []
  const values: Record<string, number> = {}
  for (const [i, { Name_str, Value_u32 }] of rows.entries()) {
    const name = known.get(Name_str.toLowerCase())
    if (name !== undefined) values[name] = Value_u32
    else {
      const field = `AdminOptionList.${i}.Name_str`
      faults.push({ field, allowed: 'the name of one of the options listed', actual: JSON.stringify(Name_str) })
    }
  }
  if (faults.length > 0) throw invalidParameters(faults)
  return values
}

function without0(options: AdminOptions): AdminOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== 0))
}

function withoutDefaults(options: ExtendedOptions): ExtendedOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value !== EXTENDED_OPTION_DEFAULTS[name as ExtendedOptionName]),
  )
}

function describeAdmin(hub: ManagedHub): z.input<typeof optionResult> {
  return optionTable(hub.name, describeAdminOptions(hub.settings().adminOptions))
}

function describeAdminOptions(options: AdminOptions): z.input<typeof optionRow>[] {
  return ADMIN_OPTION_NAMES.map((name) => ({ Name_str: name, Value_u32: options[name] ?? 0, Descrption_utf: '' }))
}

function describeExtended(hub: ManagedHub): z.input<typeof optionResult> {
  const { extendedOptions } = hub.settings()
  const names = Object.keys(EXTENDED_OPTION_DEFAULTS) as ExtendedOptionName[]
  const rows = names.map((name) => ({
    Name_str: name,
    Value_u32: extendedOption(extendedOptions, name),
    Descrption_utf: '',
  }))
  return optionTable(hub.name, rows)
}

function optionTable(hub: string, rows: z.input<typeof optionRow>[]): z.input<typeof optionResult> {
  return { HubName_str: hub, NumItem_u32: rows.length, AdminOptionList: rows }
}

function describeLog(hub: ManagedHub): z.input<typeof logResult> {
  const { log } = hub.settings()
  return {
    HubName_str: hub.name,
    SaveSecurityLog_bool: log.saveSecurityLog,
    SecurityLogSwitchType_u32: LOG_SWITCHES.indexOf(log.securityLogSwitch),
    SavePacketLog_bool: false,
    PacketLogSwitchType_u32: LOG_SWITCHES.indexOf('day'),
    PacketLogConfig_u32: NO_PACKET_LOG,
  }
}

function describeMessage(hub: ManagedHub): z.input<typeof messageResult> {
  return { HubName_str: hub.name, Msg_bin: binText(new TextEncoder().encode(hub.settings().message)) }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
