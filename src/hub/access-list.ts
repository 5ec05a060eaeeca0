// The access list of a hub in the form in which frames are judged: active rules alone, in the order in which they are looked
// at, with every condition made ready to compare. Names are judged once per session: each has the rules that its user and
// group may match. Rules are about IP packets; what is not IP (ARP among it) passes, as in the original.

import { getU16, getU32 } from '../wire/bytes.ts'
import { PROTOCOL_TCP } from '../wire/ipv4.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { AccessRule } from './access-rule.ts'
import { IPV6_DESTINATION_AT, IPV6_SOURCE_AT, type PacketView } from './packet-view.ts'

/** What `judge` answers beside a percentage of loss, which 0 is too. */
export const PASS = 0
export const DISCARD = 101

/** Who a session is, for rules with names; lower case. */
export interface Names {
  readonly user: string
  readonly group: string
}

/** A value with its mask, as 32-bit words (a MAC: 16 bits and 32). */
interface Masked {
  readonly value: readonly number[]
  readonly mask: readonly number[]
}

export interface CompiledRule {
  readonly verdict: number
  /** Which packets the other conditions are about; `undefined`: any IP. */
  readonly family: 'ipv4' | 'ipv6' | undefined
  readonly sourceMac: Masked | undefined
  readonly destinationMac: Masked | undefined
  readonly sourceAddress: Masked | undefined
  readonly destinationAddress: Masked | undefined
  readonly protocol: number
  readonly hasPorts: boolean
  readonly sourcePorts: Ports
  readonly destinationPorts: Ports
  readonly established: boolean | undefined
  readonly sourceName: string
  readonly destinationName: string
}

interface Ports {
  readonly first: number
  readonly last: number
}

export class AccessList {
  /** Rules that name the receiver can be judged only when it is known: then all are, once for each receiver. */
  readonly namesReceivers: boolean
  readonly #rules: readonly CompiledRule[]

  constructor(rules: readonly AccessRule[]) {
    this.#rules = rules
      .filter(({ active }) => active)
      // The original's order: by priority; of equal ones, those that pass first.
      .sort((a, b) => a.priority - b.priority || Number(a.discard) - Number(b.discard))
      .map(compile)
    this.namesReceivers = this.#rules.some(({ destinationName }) => destinationName !== '')
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** The rules that what this session sends may match. */
  rulesFor(sender: Names): readonly CompiledRule[] {
    return this.#rules.filter(({ sourceName }) => isNamed(sourceName, sender))
  }
}

/**
 * @param rules those of the sender
 * @param receiver left out when no rule names receivers
 * @returns PASS, DISCARD, or how many percent of such packets are to be lost
 */
export function judge(rules: readonly CompiledRule[], view: PacketView, receiver?: Names): number {
  if (!view.isIp) return PASS
  for (const rule of rules) if (isMatch(rule, view, receiver)) return rule.verdict
  return PASS
}

function isMatch(rule: CompiledRule, view: PacketView, receiver: Names | undefined): boolean {
  if (rule.family !== undefined) {
    if (rule.family !== view.kind) return false
    if (rule.protocol !== 0 && rule.protocol !== view.protocol) return false
    if (rule.hasPorts) {
      if (!view.hasPorts) return false
      if (view.sourcePort < rule.sourcePorts.first || view.sourcePort > rule.sourcePorts.last) return false
      if (view.destinationPort < rule.destinationPorts.first || view.destinationPort > rule.destinationPorts.last) {
        return false
      }
    }
    if (rule.established !== undefined) {
      if (view.protocol !== PROTOCOL_TCP || view.isEstablished !== rule.established) return false
    }
    if (rule.sourceAddress !== undefined && !isAddress(rule.sourceAddress, view, true)) return false
    if (rule.destinationAddress !== undefined && !isAddress(rule.destinationAddress, view, false)) return false
  }
  if (rule.sourceMac !== undefined && !isMac(rule.sourceMac, view.frame, 6)) return false
  if (rule.destinationMac !== undefined && !isMac(rule.destinationMac, view.frame, 0)) return false
  return rule.destinationName === '' || (receiver !== undefined && isNamed(rule.destinationName, receiver))
}

function isAddress({ value, mask }: Masked, view: PacketView, isSource: boolean): boolean {
  if (view.kind === 'ipv4') {
    const address = isSource ? view.source : view.destination
    return (address & (mask[0] as number)) >>> 0 === value[0]
  }
  const at = isSource ? IPV6_SOURCE_AT : IPV6_DESTINATION_AT
  for (let word = 0; word < 4; word++) {
    if ((getU32(view.frame, at + 4 * word) & (mask[word] as number)) >>> 0 !== value[word]) return false
  }
  return true
}

function isMac({ value, mask }: Masked, frame: Uint8Array, at: number): boolean {
  if ((getU16(frame, at) & (mask[0] as number)) !== value[0]) return false
  return (getU32(frame, at + 2) & (mask[1] as number)) >>> 0 === value[1]
}

function isNamed(name: string, { user, group }: Names): boolean {
  return name === '' || name === user || name === group
}

function compile(rule: AccessRule): CompiledRule {
  const family = rule.isIpV6 ? 'ipv6' : 'ipv4'
  const sourceAddress = addressOf(rule, 'src')
  const destinationAddress = addressOf(rule, 'dest')
  const sourcePorts = portsOf(rule.srcPortStart, rule.srcPortEnd)
  const destinationPorts = portsOf(rule.destPortStart, rule.destPortEnd)
  const hasPorts = rule.srcPortStart + rule.srcPortEnd + rule.destPortStart + rule.destPortEnd > 0
  const asksIp =
    sourceAddress !== undefined ||
    destinationAddress !== undefined ||
    rule.protocol !== 0 ||
    hasPorts ||
    rule.checkTcpState
  return {
    verdict: rule.discard ? DISCARD : rule.loss,
    family: asksIp ? family : undefined,
    sourceMac: rule.checkSrcMac ? macOf(rule.srcMacAddress, rule.srcMacMask) : undefined,
    destinationMac: rule.checkDstMac ? macOf(rule.dstMacAddress, rule.dstMacMask) : undefined,
    sourceAddress,
    destinationAddress,
    protocol: rule.protocol,
    hasPorts,
    sourcePorts,
    destinationPorts,
    established: rule.checkTcpState ? rule.established : undefined,
    sourceName: rule.srcUsername.trim().toLowerCase(),
    destinationName: rule.destUsername.trim().toLowerCase(),
  }
}

function portsOf(first: number, last: number): Ports {
  return first === 0 && last === 0 ? { first: 0, last: 65_535 } : { first, last: Math.max(first, last) }
}

function addressOf(rule: AccessRule, which: 'src' | 'dest'): Masked | undefined {
  const address = rule.isIpV6 ? wordsOf(rule[`${which}IpAddress6`]) : [rule[`${which}IpAddress`]]
  const mask = rule.isIpV6 ? wordsOf(rule[`${which}SubnetMask6`]) : [rule[`${which}SubnetMask`]]
  if ([...address, ...mask].every((word) => word === 0)) return undefined
  return masked(address, mask)
}

function wordsOf(bytes: Uint8Array): number[] {
  return [0, 4, 8, 12].map((at) => getU32(bytes, at))
}

function macOf(address: MacAddress, mask: MacAddress): Masked {
  const words = (mac: MacAddress): number[] => [Math.floor(mac / 0x1_0000_0000), mac % 0x1_0000_0000]
  return masked(words(address), words(mask))
}

function masked(value: readonly number[], mask: readonly number[]): Masked {
  return { value: value.map((word, index) => (word & (mask[index] as number)) >>> 0), mask }
}
