// Operations on a hub's source IP address limit list. It is kept in the order in which its rules are asked, and numbered in it.

import * as z from 'zod/mini'
import { inOrderOfPriority, SOURCE_RULES_MAX, type SourceRule } from '../accounts/source-list.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { bool, boolean, ip, ipText, number, str, u32 } from './fields.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { ERROR_CODES, RpcError } from './rpc-error.ts'

const ONE_ADDRESS = 0xffff_ffff as Ipv4Address

const ruleParams = z.object({
  Id_u32: z.optional(u32),
  Deny_bool: bool,
  IpAddress_ip: ip,
  /** Without it the rule is about the one address. */
  Masked_bool: z.optional(bool),
  SubnetMask_ip: z.optional(ip),
  Priority_u32: u32,
})
const ruleRow = z.object({
  Id_u32: number,
  Deny_bool: boolean,
  IpAddress_ip: str,
  Masked_bool: boolean,
  SubnetMask_ip: str,
  Priority_u32: number,
})
const listResult = z.object({ NumItem_u32: number, HubName_str: str, ACList: z.array(ruleRow) })

export const sourceListOperations = {
  GetAcList: operation({
    summary: text('The source IP address limit list of a hub', '接続元 IP 制限リストの取得'),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: listResult,
    handle: (context, { HubName_str }) => describeList(requireHub(context, HubName_str)),
  }),

  SetAcList: operation({
    summary: text(
      'Replaces the source IP address limit list; it is asked at every login, sessions go on',
      '接続元 IP 制限リストを置き換える (次回のログインから有効。接続中のセッションは切断されない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_access_control_list',
    params: z.object({ HubName_str: str, ACList: z.array(ruleParams, 'a list of rules') }),
    tells: ({ ACList }) => ['sourceListSet', ACList.length],
    result: listResult,
    handle: async (context, { HubName_str, ACList }) => {
      const hub = requireHub(context, HubName_str)
      if (ACList.length > SOURCE_RULES_MAX) {
        throw new RpcError(ERROR_CODES.tooManyItems, `ACList: there may be ${SOURCE_RULES_MAX} rules.`)
      }
      const sourceList = inOrderOfPriority(ACList.map(readRule))
      await hub.changeSettings(() => ({ sourceList }))
      return describeList(hub)
    },
  }),
}

function readRule(given: z.output<typeof ruleParams>): SourceRule {
  const { Deny_bool: deny, IpAddress_ip: address, Masked_bool: isMasked = false, Priority_u32: priority } = given
  return { priority, deny, address, mask: isMasked ? (given.SubnetMask_ip ?? ONE_ADDRESS) : ONE_ADDRESS }
}

function describeList(hub: ManagedHub): z.input<typeof listResult> {
  const ACList = hub.settings().sourceList.map(({ priority, deny, address, mask }, index) => ({
    Id_u32: index + 1,
    Deny_bool: deny,
    IpAddress_ip: ipText(address),
    Masked_bool: mask !== ONE_ADDRESS,
    SubnetMask_ip: mask === ONE_ADDRESS ? '0.0.0.0' : ipText(mask),
    Priority_u32: priority,
  }))
  return { NumItem_u32: ACList.length, HubName_str: hub.name, ACList }
}
