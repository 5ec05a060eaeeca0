// Operations on the inbound rules of a hub (nat/inbound-rule.ts): ports of this computer behind which guests answer. A rule is
// named by its number, which it keeps.

import * as z from 'zod/mini'
import type { InboundRule } from '../nat/inbound-rule.ts'
import { formatNetwork, formatPorts, parseNetwork, parsePorts } from '../securenat/egress-text.ts'
import {
  DEFAULT_INBOUND_SESSIONS,
  INBOUND_RULES_MAX,
  INBOUND_SESSIONS_RANGE,
  INBOUND_SOURCES_MAX,
} from '../securenat/inbound-settings.ts'
import { ANY_IPV4 } from '../wire/ipv4-address.ts'
import { bool, boolean, ip, ipText, number, oneOf, spelled, str, u32, u32In } from './fields.ts'
import type { SettingFault } from './management/setting-fault.ts'
import type { ManagedHub } from './management.ts'
import { type CallContext, operation, requireHub, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, RpcError } from './rpc-error.ts'

const sources = spelled(
  { allowed: `at most ${INBOUND_SOURCES_MAX} networks such as 10.0.0.0/8, separated by commas, or empty` },
  (value) => {
    if (typeof value !== 'string') return undefined
    const networks = value.split(',').flatMap((part) => (part.trim() === '' ? [] : [parseNetwork(part.trim())]))
    return networks.length <= INBOUND_SOURCES_MAX && networks.every((network) => network !== undefined)
      ? networks
      : undefined
  },
)

const ruleParams = z.object({
  HubName_str: str,
  Protocol_str: oneOf(['tcp', 'udp']),
  HostPorts_str: spelled({ allowed: 'a port or a range such as 8000-8009' }, (value) =>
    typeof value === 'string' || typeof value === 'number' ? parsePorts(String(value)) : undefined,
  ),
  /** Empty: every address of this computer. */
  HostAddress_ip: z.optional(ip),
  GuestAddress_ip: ip,
  /** Left out: the same as the host's. */
  GuestPort_u32: z.optional(u32In({ min: 1, max: 65_535 })),
  Sources_str: z.optional(sources),
  ProxyProtocol_str: z.optional(oneOf(['none', 'v1', 'v2'])),
  MaxSessions_u32: z.optional(u32In(INBOUND_SESSIONS_RANGE)),
  Active_bool: z.optional(bool),
  Note_str: z.optional(str),
})

const rulesResult = z.object({
  HubName_str: str,
  RuleList: z.array(
    z.object({
      Id_u32: number,
      Note_str: str,
      Active_bool: boolean,
      Protocol_str: str,
      HostAddress_ip: str,
      HostPorts_str: str,
      GuestAddress_ip: str,
      GuestPort_u32: number,
      Sources_str: str,
      ProxyProtocol_str: str,
      MaxSessions_u32: number,
      /** `listening`, `off`, `opening`, or why a port cannot be had: `inUse`, `forbidden`, `noAddress`, `exhausted`. */
      State_str: str,
      StatePort_u32: number,
      NumSessions_u32: number,
      NumAccepted_u64: number,
      NumRefused_u64: number,
    }),
  ),
})

/** Which parameter a setting came from, to name it in a refusal. */
const FIELD_OF_SETTING: Readonly<Record<string, string>> = {
  hostPorts: 'HostPorts_str',
  guestAddress: 'GuestAddress_ip',
  guestPort: 'GuestPort_u32',
  proxyProtocol: 'ProxyProtocol_str',
}

export const inboundOperations = {
  EnumInboundRule: operation({
    summary: text(
      'The inbound rules, whether their ports are open, and how many callers came by each',
      'ポート転送規則の一覧と、ポートの待ち受け状態、それぞれの接続数',
    ),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_str',
    params: z.object({ HubName_str: str }),
    result: rulesResult,
    handle: (context, { HubName_str }) => describeRules(requireHub(context, HubName_str)),
  }),

  AddInboundRule: operation({
    summary: text(
      'Adds an inbound rule: connections to a port of this computer become connections to a guest, at once',
      'ポート転送規則を追加する (このコンピューターのポートへの接続を直ちにゲストへ転送する)',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    params: ruleParams,
    result: rulesResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      let isFull = false
      let place = 0
      const faults = await hub.changeInboundRules((rules) => {
        isFull = rules.length >= INBOUND_RULES_MAX
        place = rules.length
        return isFull ? undefined : [...rules, ruleOf(params, nextId(rules))]
      })
      if (isFull) {
        const actual = `${INBOUND_RULES_MAX} rules already`
        throw invalidParameters([
          { field: 'HostPorts_str', allowed: `one of at most ${INBOUND_RULES_MAX} rules`, actual },
        ])
      }
      refuseFaults(faults, place)
      return changed(context, hub)
    },
  }),

  DeleteInboundRule: operation({
    summary: text(
      'Deletes an inbound rule and ends the connections that came by it',
      'ポート転送規則を削除し、その規則による接続を切断する',
    ),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    params: z.object({ HubName_str: str, Id_u32: u32 }),
    result: rulesResult,
    handle: async (context, { HubName_str, Id_u32 }) => {
      const hub = requireHub(context, HubName_str)
      let isThere = false
      await hub.changeInboundRules((rules) => {
        isThere = rules.some(({ id }) => id === Id_u32)
        return isThere ? rules.filter(({ id }) => id !== Id_u32) : undefined
      })
      if (!isThere) throw new RpcError(ERROR_CODES.objectNotFound, `There is no inbound rule ${Id_u32} on this hub.`)
      return changed(context, hub)
    },
  }),
}

function nextId(rules: readonly InboundRule[]): number {
  return rules.reduce((most, { id }) => Math.max(most, id), 0) + 1
}

function ruleOf(params: z.output<typeof ruleParams>, id: number): InboundRule {
  return {
    id,
    note: params.Note_str ?? '',
    active: params.Active_bool ?? true,
    protocol: params.Protocol_str,
    hostAddress: params.HostAddress_ip ?? ANY_IPV4,
    hostPorts: params.HostPorts_str,
    guestAddress: params.GuestAddress_ip,
    guestPort: params.GuestPort_u32 ?? params.HostPorts_str.from,
    sources: params.Sources_str ?? [],
    proxyProtocol: params.ProxyProtocol_str ?? 'none',
    maxSessions: params.MaxSessions_u32 ?? DEFAULT_INBOUND_SESSIONS,
  }
}

/** Those of the rule at `place`, or else of whichever there are: the others stood there before. */
function refuseFaults(faults: readonly SettingFault[], place: number): void {
  if (faults.length === 0) return
  const own = faults.filter(({ path }) => path.startsWith(`${place}.`))
  throw invalidParameters(
    (own.length > 0 ? own : faults).map(({ path, allowed, actual }) => {
      const setting = path.slice(path.indexOf('.') + 1)
      return { field: FIELD_OF_SETTING[setting] ?? setting, allowed, actual }
    }),
  )
}

function changed(context: CallContext, hub: ManagedHub): z.input<typeof rulesResult> {
  hub.logAdministration('optionSet', context.connection)
  return describeRules(hub)
}

function describeRules(hub: ManagedHub): z.input<typeof rulesResult> {
  const statuses = new Map(hub.inboundStatus().map((status) => [status.rule.id, status]))
  return {
    HubName_str: hub.name,
    RuleList: hub.inboundRules().map((rule) => {
      const status = statuses.get(rule.id)
      return {
        Id_u32: rule.id,
        Note_str: rule.note,
        Active_bool: rule.active,
        Protocol_str: rule.protocol,
        HostAddress_ip: ipText(rule.hostAddress),
        HostPorts_str: formatPorts(rule.hostPorts),
        GuestAddress_ip: ipText(rule.guestAddress),
        GuestPort_u32: rule.guestPort,
        Sources_str: rule.sources.map(formatNetwork).join(', '),
        ProxyProtocol_str: rule.proxyProtocol,
        MaxSessions_u32: rule.maxSessions,
        State_str: status?.state ?? 'off',
        StatePort_u32: status?.statePort ?? rule.hostPorts.from,
        NumSessions_u32: status?.sessions ?? 0,
        NumAccepted_u64: status?.accepted ?? 0,
        NumRefused_u64: (status?.refusedSource ?? 0) + (status?.refusedRuleLimit ?? 0) + (status?.refusedLimit ?? 0),
      }
    }),
  }
}
