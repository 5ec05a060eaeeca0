// Operations on the egress rules of a hub (nat/egress.ts). A rule is named by its place in the list, from 1.

import * as z from 'zod/mini'
import type { EgressRule } from '../nat/egress.ts'
import { formatNetwork, formatPorts, parseNetwork, parsePorts } from '../securenat/egress-text.ts'
import { EGRESS_RULES_MAX } from '../securenat/options.ts'
import { number, oneOf, spelled, str, u32In } from './fields.ts'
import type { ManagedHub } from './management.ts'
import { type CallContext, CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, RpcError } from './rpc-error.ts'

const place = u32In({ min: 1, max: EGRESS_RULES_MAX })

const ruleFields = {
  Action_str: oneOf(['allow', 'deny']),
  Destination_str: spelled({ allowed: 'a network such as 10.0.0.0/8, an address, or "any"' }, (value) =>
    typeof value === 'string' ? parseNetwork(value) : undefined,
  ),
  Protocol_str: z.optional(oneOf(['any', 'tcp', 'udp', 'icmp'])),
  /** Empty for all of them. */
  Ports_str: z.optional(
    spelled({ allowed: 'a port, a range such as 8000-8999, or empty' }, (value) => {
      if (value === '') return { range: undefined }
      const range = typeof value === 'string' ? parsePorts(value) : undefined
      return range && { range }
    }),
  ),
}

const ruleParams = z.object(ruleFields)

const rulesResult = z.object({
  HubName_str: str,
  RuleList: z.array(
    z.object({
      Id_u32: number,
      Action_str: str,
      Destination_str: str,
      Protocol_str: str,
      Ports_str: str,
      Hits_u64: number,
    }),
  ),
  /** What is closed by itself. */
  ClosedList: z.array(z.object({ Name_str: str, Destination_str: str, Hits_u64: number })),
})

const hubParams = z.object({ HubName_str: str })

export const egressOperations = {
  EnumEgressRule: operation({
    summary: text(
      'The egress rules in their order, what is closed by itself, and how many flows each has decided',
      '外向き通信規則の一覧 (適用順) と、既定で閉じている宛先、それぞれが判定したフローの数',
    ),
    ...READS_HUB,
    params: hubParams,
    result: rulesResult,
    handle: (context, { HubName_str }) => describeRules(requireHub(context, HubName_str)),
  }),

  AddEgressRule: operation({
    summary: text(
      'Adds an egress rule, at a place or at the end; flows that it denies end',
      '外向き通信規則を指定位置または末尾に追加する (拒否されるフローは切断される)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, Id_u32: z.optional(place), ...ruleFields }),
    result: rulesResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      let isFull = false
      await hub.changeEgressRules((rules) => {
        isFull = rules.length >= EGRESS_RULES_MAX
        return isFull ? undefined : rules.toSpliced((params.Id_u32 ?? rules.length + 1) - 1, 0, ruleOf(params))
      })
      if (isFull) throw tooMany(`${EGRESS_RULES_MAX} rules already`)
      return changed(context, hub)
    },
  }),

  DeleteEgressRule: operation({
    summary: text('Deletes the egress rule at a place', '指定位置の外向き通信規則を削除する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, Id_u32: place }),
    result: rulesResult,
    handle: async (context, { HubName_str, Id_u32 }) => {
      const hub = requireHub(context, HubName_str)
      let isThere = false
      await hub.changeEgressRules((rules) => {
        isThere = Id_u32 <= rules.length
        return isThere ? rules.toSpliced(Id_u32 - 1, 1) : undefined
      })
      if (!isThere) throw new RpcError(ERROR_CODES.objectNotFound, `There is no egress rule ${Id_u32} on this hub.`)
      return changed(context, hub)
    },
  }),

  SetEgressRules: operation({
    summary: text('Replaces all egress rules', '外向き通信規則をすべて置き換える'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, RuleList: z.array(ruleParams, 'a list of rules') }),
    result: rulesResult,
    handle: async (context, { HubName_str, RuleList }) => {
      const hub = requireHub(context, HubName_str)
      if (RuleList.length > EGRESS_RULES_MAX) throw tooMany(`${RuleList.length} rules`)
      await hub.changeEgressRules(() => RuleList.map(ruleOf))
      return changed(context, hub)
    },
  }),
}

function tooMany(actual: string): RpcError {
  return invalidParameters([{ field: 'RuleList', allowed: `at most ${EGRESS_RULES_MAX} rules`, actual }])
}

function ruleOf(params: z.output<typeof ruleParams>): EgressRule {
  return {
    action: params.Action_str,
    destination: params.Destination_str,
    protocol: params.Protocol_str ?? 'any',
    ports: params.Ports_str?.range,
  }
}

function changed(context: CallContext, hub: ManagedHub): z.input<typeof rulesResult> {
  hub.logAdministration('optionSet', context.connection)
  return describeRules(hub)
}

function describeRules(hub: ManagedHub): z.input<typeof rulesResult> {
  const { rules: hits, closed } = hub.egressHits()
  return {
    HubName_str: hub.name,
    RuleList: hub.egressRules().map(({ action, destination, protocol, ports }, index) => ({
      Id_u32: index + 1,
      Action_str: action,
      Destination_str: formatNetwork(destination),
      Protocol_str: protocol,
      Ports_str: formatPorts(ports),
      Hits_u64: hits[index] ?? 0,
    })),
    ClosedList: closed.map(({ name, network, hits: count }) => ({
      Name_str: name,
      Destination_str: network === undefined ? '' : formatNetwork(network),
      Hits_u64: count,
    })),
  }
}
