// Operations on the access list of a hub. The list is kept in the order of priorities and numbered in that order, as in the original.

import * as z from 'zod/mini'
import type { AccessRule } from '../hub/access-rule.ts'
import { ACCESS_RULES_MAX, checkAccessRule, DEFAULT_ACCESS_RULE } from '../hub/access-rule.ts'
import { IPV6_LEN } from '../wire/ipv6-address.ts'
import { bin, binText, bool, boolean, ip, ipText, macText, number, optionalMac, str, u32 } from './fields.ts'
import type { HubSettings } from './hub-settings.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import type { ParameterFault } from './rpc-error.ts'
import { ERROR_CODES, invalidParameters, objectNotFound, RpcError } from './rpc-error.ts'

const ruleParams = z.object({
  Id_u32: z.optional(u32),
  Note_utf: z.optional(str),
  Active_bool: z.optional(bool),
  Priority_u32: z.optional(u32),
  Discard_bool: z.optional(bool),
  IsIPv6_bool: z.optional(bool),
  SrcIpAddress_ip: z.optional(ip),
  SrcSubnetMask_ip: z.optional(ip),
  DestIpAddress_ip: z.optional(ip),
  DestSubnetMask_ip: z.optional(ip),
  SrcIpAddress6_bin: z.optional(bin(IPV6_LEN)),
  SrcSubnetMask6_bin: z.optional(bin(IPV6_LEN)),
  DestIpAddress6_bin: z.optional(bin(IPV6_LEN)),
  DestSubnetMask6_bin: z.optional(bin(IPV6_LEN)),
  Protocol_u32: z.optional(u32),
  SrcPortStart_u32: z.optional(u32),
  SrcPortEnd_u32: z.optional(u32),
  DestPortStart_u32: z.optional(u32),
  DestPortEnd_u32: z.optional(u32),
  SrcUsername_str: z.optional(str),
  DestUsername_str: z.optional(str),
  CheckSrcMac_bool: z.optional(bool),
  SrcMacAddress_bin: z.optional(optionalMac),
  SrcMacMask_bin: z.optional(optionalMac),
  CheckDstMac_bool: z.optional(bool),
  DstMacAddress_bin: z.optional(optionalMac),
  DstMacMask_bin: z.optional(optionalMac),
  CheckTcpState_bool: z.optional(bool),
  Established_bool: z.optional(bool),
  Delay_u32: z.optional(u32),
  Jitter_u32: z.optional(u32),
  Loss_u32: z.optional(u32),
  UniqueId_u32: z.optional(u32),
  RedirectUrl_str: z.optional(str),
})
type RuleField = keyof z.output<typeof ruleParams>

const ruleRow = z.object({
  Id_u32: number,
  Note_utf: str,
  Active_bool: boolean,
  Priority_u32: number,
  Discard_bool: boolean,
  SrcIpAddress_ip: str,
  SrcSubnetMask_ip: str,
  DestIpAddress_ip: str,
  DestSubnetMask_ip: str,
  Protocol_u32: number,
  SrcPortStart_u32: number,
  SrcPortEnd_u32: number,
  DestPortStart_u32: number,
  DestPortEnd_u32: number,
  SrcUsernameHash_u32: number,
  SrcUsername_str: str,
  DestUsernameHash_u32: number,
  DestUsername_str: str,
  CheckSrcMac_bool: boolean,
  SrcMacAddress_bin: str,
  SrcMacMask_bin: str,
  CheckDstMac_bool: boolean,
  DstMacAddress_bin: str,
  DstMacMask_bin: str,
  CheckTcpState_bool: boolean,
  Established_bool: boolean,
  Delay_u32: number,
  Jitter_u32: number,
  Loss_u32: number,
  IsIPv6_bool: boolean,
  UniqueId_u32: number,
  RedirectUrl_str: str,
  SrcIpAddress6_bin: str,
  SrcSubnetMask6_bin: str,
  DestIpAddress6_bin: str,
  DestSubnetMask6_bin: str,
})

/** Field → the rule's own. */
const KEY_OF_FIELD: Readonly<Record<RuleField, keyof AccessRule>> = {
  Id_u32: 'id',
  Note_utf: 'note',
  Active_bool: 'active',
  Priority_u32: 'priority',
  Discard_bool: 'discard',
  IsIPv6_bool: 'isIpV6',
  SrcIpAddress_ip: 'srcIpAddress',
  SrcSubnetMask_ip: 'srcSubnetMask',
  DestIpAddress_ip: 'destIpAddress',
  DestSubnetMask_ip: 'destSubnetMask',
  SrcIpAddress6_bin: 'srcIpAddress6',
  SrcSubnetMask6_bin: 'srcSubnetMask6',
  DestIpAddress6_bin: 'destIpAddress6',
  DestSubnetMask6_bin: 'destSubnetMask6',
  Protocol_u32: 'protocol',
  SrcPortStart_u32: 'srcPortStart',
  SrcPortEnd_u32: 'srcPortEnd',
  DestPortStart_u32: 'destPortStart',
  DestPortEnd_u32: 'destPortEnd',
  SrcUsername_str: 'srcUsername',
  DestUsername_str: 'destUsername',
  CheckSrcMac_bool: 'checkSrcMac',
  SrcMacAddress_bin: 'srcMacAddress',
  SrcMacMask_bin: 'srcMacMask',
  CheckDstMac_bool: 'checkDstMac',
  DstMacAddress_bin: 'dstMacAddress',
  DstMacMask_bin: 'dstMacMask',
  CheckTcpState_bool: 'checkTcpState',
  Established_bool: 'established',
  Delay_u32: 'delay',
  Jitter_u32: 'jitter',
  Loss_u32: 'loss',
  UniqueId_u32: 'uniqueId',
  RedirectUrl_str: 'redirectUrl',
}
const FIELDS = Object.entries(KEY_OF_FIELD) as [RuleField, keyof AccessRule][]
const FIELD_OF_KEY = new Map(FIELDS.map(([field, key]) => [key, field]))
const MAC_FIELDS = new Set<RuleField>(['SrcMacAddress_bin', 'SrcMacMask_bin', 'DstMacAddress_bin', 'DstMacMask_bin'])

const listResult = z.object({ HubName_str: str, AccessList: z.array(ruleRow) })

export const accessOperations = {
  EnumAccess: operation({
    summary: text('The access list of a hub', 'HUB のアクセスリスト'),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: listResult,
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      return { HubName_str: hub.name, AccessList: hub.settings().accessList.map(describeRule) }
    },
  }),

  AddAccess: operation({
    summary: text('Adds one rule to the access list', 'アクセスリストにルールを追加する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_access_list',
    params: z.object({ HubName_str: str, AccessListSingle: z.array(ruleParams, 'a list of one rule') }),
    tells: () => ['accessAdded'],
    result: z.object({ HubName_str: str, AccessListSingle: z.array(ruleRow) }),
    handle: async (context, { HubName_str, AccessListSingle }) => {
      const hub = requireHub(context, HubName_str)
      if (AccessListSingle.length !== 1) {
        const actual = `${AccessListSingle.length} rules`
        throw invalidParameters([{ field: 'AccessListSingle', allowed: 'a list of one rule', actual }])
      }
      const [rule] = rulesOf('AccessListSingle', AccessListSingle, hub.settings())
      await hub.changeSettings((settings) => {
        checkRoom(settings, settings.accessList.length + 1)
        return { accessList: inOrder([...settings.accessList, { ...rule!, uniqueId: 0 }]) }
      })
      return { HubName_str: hub.name, AccessListSingle: [describeRule(rule!)] }
    },
  }),

  DeleteAccess: operation({
    summary: text('Deletes a rule, by its row number or its unique number', 'アクセスリストのルールを削除する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_access_list',
    params: z.object({ HubName_str: str, Id_u32: u32 }),
    tells: () => ['accessDeleted'],
    result: z.object({ HubName_str: str, Id_u32: number }),
    handle: async (context, { HubName_str, Id_u32 }) => {
      const hub = requireHub(context, HubName_str)
      await hub.changeSettings(({ accessList }) => {
        const rule =
          accessList.find(({ id }) => id === Id_u32) ?? accessList.find(({ uniqueId }) => uniqueId === Id_u32)
        if (rule === undefined) throw objectNotFound(`rule with the Id_u32 ${Id_u32} in the access list`)
        return { accessList: inOrder(accessList.filter((other) => other !== rule)) }
      })
      return { HubName_str: hub.name, Id_u32 }
    },
  }),

  SetAccessList: operation({
    summary: text('Replaces the access list', 'アクセスリストを置き換える'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_access_list',
    params: z.object({ HubName_str: str, AccessList: z.array(ruleParams, 'a list of rules') }),
    tells: ({ AccessList }) => ['accessListSet', AccessList.length],
    result: listResult,
    handle: async (context, { HubName_str, AccessList }) => {
      const hub = requireHub(context, HubName_str)
      const rules = rulesOf('AccessList', AccessList, hub.settings())
      await hub.changeSettings((settings) => {
        checkRoom(settings, rules.length)
        return { accessList: inOrder(rules) }
      })
      return { HubName_str: hub.name, AccessList: hub.settings().accessList.map(describeRule) }
    },
  }),
}

/**
 * Where the server's administrator wants no rule that delays or loses packets, they are made without, whoever makes them.
 * @throws RpcError with every fault of every rule
 */
function rulesOf(
  table: string,
  given: readonly z.output<typeof ruleParams>[],
  { adminOptions: { no_delay_jitter_packet_loss = 0 } }: HubSettings,
): AccessRule[] {
  const removed = no_delay_jitter_packet_loss === 0 ? {} : { delay: 0, jitter: 0, loss: 0 }
  const faults: ParameterFault[] = []
  const rules = given.map((fields, i) => {
    const rule: Record<string, unknown> = { ...DEFAULT_ACCESS_RULE }
    for (const [field, key] of FIELDS) {
      const value = fields[field]
      // No bytes at all stand for the address that is not used.
      if (value !== undefined && !(value instanceof Uint8Array && value.length === 0)) rule[key] = value
    }
    const checked = { ...rule, ...removed } as unknown as AccessRule
    for (const { field, ...fault } of checkAccessRule(checked)) {
      faults.push({ ...fault, field: `${table}.${i}.${FIELD_OF_KEY.get(field) ?? field}` })
    }
    return checked
  })
  if (faults.length > 0) throw invalidParameters(faults)
  return rules
}

function checkRoom({ adminOptions }: HubSettings, count: number): void {
  const max = Math.min(ACCESS_RULES_MAX, adminOptions.max_accesslists || ACCESS_RULES_MAX)
  if (count > max) {
    throw new RpcError(ERROR_CODES.tooManyAccessRules, `The access list of this hub may have ${max} rules.`)
  }
}

/** By priority, numbered in that order; a rule without a unique number gets one. */
function inOrder(rules: readonly AccessRule[]): AccessRule[] {
  const taken = new Set(rules.map(({ uniqueId }) => uniqueId))
  return [...rules]
    .sort((a, b) => a.priority - b.priority)
    .map((rule, i) => ({ ...rule, id: i + 1, uniqueId: rule.uniqueId === 0 ? freeNumber(taken) : rule.uniqueId }))
}

function freeNumber(taken: Set<number>): number {
  let number = Math.max(0, ...taken) + 1
  if (number > 0xffff_ffff) for (number = 1; taken.has(number); ) number += 1
  taken.add(number)
  return number
}

function describeRule(rule: AccessRule): z.input<typeof ruleRow> {
  const fields = FIELDS.map(([field, key]) => {
    const value = rule[key]
    if (value instanceof Uint8Array) return [field, binText(value)]
    if (field.endsWith('_ip')) return [field, ipText(value as AccessRule['srcIpAddress'])]
    return [field, MAC_FIELDS.has(field) ? macText(value as AccessRule['srcMacMask']) : value]
  })
  return { ...Object.fromEntries(fields), SrcUsernameHash_u32: 0, DestUsernameHash_u32: 0 } as z.input<typeof ruleRow>
}
