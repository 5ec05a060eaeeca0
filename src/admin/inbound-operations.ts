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
import { type CallContext, CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
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

const protocol = oneOf(['tcp', 'udp'])
const ports = spelled({ allowed: 'a port or a range such as 8000-8009' }, (value) =>
  typeof value === 'string' || typeof value === 'number' ? parsePorts(String(value)) : undefined,
)

const optionalFields = {
  /** Empty: every address of this computer. */
  HostAddress_ip: z.optional(ip),
  /** Left out of a new rule: the same as the host's. */
  GuestPort_u32: z.optional(u32In({ min: 1, max: 65_535 })),
  Sources_str: z.optional(sources),
  ProxyProtocol_str: z.optional(oneOf(['none', 'v1', 'v2'])),
  MaxSessions_u32: z.optional(u32In(INBOUND_SESSIONS_RANGE)),
  Active_bool: z.optional(bool),
  Note_str: z.optional(str),
}

const newRuleParams = z.object({
  HubName_str: str,
  Protocol_str: protocol,
  HostPorts_str: ports,
  GuestAddress_ip: ip,
  ...optionalFields,
})

/** What is left out stays as it is. */
const changeParams = z.object({
  HubName_str: str,
  Id_u32: u32,
  Protocol_str: z.optional(protocol),
  HostPorts_str: z.optional(ports),
  GuestAddress_ip: z.optional(ip),
  ...optionalFields,
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
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: rulesResult,
    handle: (context, { HubName_str }) => describeRules(requireHub(context, HubName_str)),
  }),

  AddInboundRule: operation({
    summary: text(
      'Adds an inbound rule: connections to a port of this computer become connections to a guest, at once',
      'ポート転送規則を追加する (このコンピューターのポートへの接続を直ちにゲストへ転送する)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: newRuleParams,
    result: rulesResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      let isFull = false
      let place = 0
      const faults = await hub.changeInboundRules((rules) => {
        isFull = rules.length >= INBOUND_RULES_MAX
        place = rules.length
        return isFull ? undefined : [...rules, patched(newRule(nextId(rules), params), params)]
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

  SetInboundRule: operation({
    summary: text(
      'Changes an inbound rule; connections by it end unless only who may come in, how many or the note is changed',
      'ポート転送規則を変更する (許可する送信元・接続数・メモ以外を変更すると、その規則による接続は切断される)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: changeParams,
    result: rulesResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      let place = -1
      const faults = await hub.changeInboundRules((rules) => {
        place = rules.findIndex(({ id }) => id === params.Id_u32)
        return rules.map((rule, index) => (index === place ? patched(rule, params) : rule))
      })
      if (place < 0) throw notFound(params.Id_u32)
      refuseFaults(faults, place)
      return changed(context, hub)
    },
  }),

  DeleteInboundRule: operation({
    summary: text(
      'Deletes an inbound rule and ends the connections that came by it',
      'ポート転送規則を削除し、その規則による接続を切断する',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, Id_u32: u32 }),
    result: rulesResult,
    handle: async (context, { HubName_str, Id_u32 }) => {
      const hub = requireHub(context, HubName_str)
      let isThere = false
      await hub.changeInboundRules((rules) => {
        isThere = rules.some(({ id }) => id === Id_u32)
        return isThere ? rules.filter(({ id }) => id !== Id_u32) : undefined
      })
      if (!isThere) throw notFound(Id_u32)
      return changed(context, hub)
    },
  }),
}

function nextId(rules: readonly InboundRule[]): number {
  return rules.reduce((most, { id }) => Math.max(most, id), 0) + 1
}

function newRule(id: number, params: z.output<typeof newRuleParams>): InboundRule {
  return {
    id,
    note: '',
    active: true,
    protocol: params.Protocol_str,
    hostAddress: ANY_IPV4,
    hostPorts: params.HostPorts_str,
    guestAddress: params.GuestAddress_ip,
    guestPort: params.HostPorts_str.from,
    sources: [],
    proxyProtocol: 'none',
    maxSessions: DEFAULT_INBOUND_SESSIONS,
  }
}

function patched(rule: InboundRule, params: Omit<z.output<typeof changeParams>, 'Id_u32'>): InboundRule {
  return {
    id: rule.id,
    note: params.Note_str ?? rule.note,
    active: params.Active_bool ?? rule.active,
    protocol: params.Protocol_str ?? rule.protocol,
    hostAddress: params.HostAddress_ip ?? rule.hostAddress,
    hostPorts: params.HostPorts_str ?? rule.hostPorts,
    guestAddress: params.GuestAddress_ip ?? rule.guestAddress,
    guestPort: params.GuestPort_u32 ?? rule.guestPort,
    sources: params.Sources_str ?? rule.sources,
    proxyProtocol: params.ProxyProtocol_str ?? rule.proxyProtocol,
    maxSessions: params.MaxSessions_u32 ?? rule.maxSessions,
  }
}

function notFound(id: number): RpcError {
  return new RpcError(ERROR_CODES.objectNotFound, `There is no inbound rule ${id} on this hub.`)
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
