// One rule of a hub's access list, with SoftEther's fields (protocol reference 17.8), and what is allowed in them.
// The first active rule that a packet matches, in the order of priorities, decides; a packet that matches none passes.

import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import { type MacAddress, ZERO_MAC } from '../wire/mac.ts'

/** Rules of one hub. */
export const ACCESS_RULES_MAX = 32_768
export const ACCESS_PRIORITY_RANGE = { min: 1, max: 4_294_967_295 } as const

export interface AccessRule {
  /** Row number, from 1; given by whoever keeps the list. */
  readonly id: number
  /** Stays with the rule when others come and go. */
  readonly uniqueId: number
  readonly note: string
  readonly active: boolean
  /** Smaller ones are looked at first. */
  readonly priority: number
  /** Else: pass. */
  readonly discard: boolean
  /** Which of the two sets of addresses below is meant. */
  readonly isIpV6: boolean
  /** Mask 0 with address 0: any. So for the next ones. */
  readonly srcIpAddress: Ipv4Address
  readonly srcSubnetMask: Ipv4Address
  readonly destIpAddress: Ipv4Address
  readonly destSubnetMask: Ipv4Address
  /** 16 bytes each. */
  readonly srcIpAddress6: Uint8Array
  readonly srcSubnetMask6: Uint8Array
  readonly destIpAddress6: Uint8Array
  readonly destSubnetMask6: Uint8Array
  /** IP protocol; 0: any. */
  readonly protocol: number
  /** 0: any. With a port, the rule is about TCP and UDP alone. */
  readonly srcPortStart: number
  readonly srcPortEnd: number
  readonly destPortStart: number
  readonly destPortEnd: number
  /** Of a user or group; empty: any. Compared without case. */
  readonly srcUsername: string
  readonly destUsername: string
  readonly checkSrcMac: boolean
  readonly srcMacAddress: MacAddress
  readonly srcMacMask: MacAddress
  readonly checkDstMac: boolean
  readonly dstMacAddress: MacAddress
  readonly dstMacMask: MacAddress
  /** Look at TCP alone: `established` is everything but the first SYN. */
  readonly checkTcpState: boolean
  readonly established: boolean
  /** Milliseconds, 0 to 10,000, and percent of them. */
  readonly delay: number
  readonly jitter: number
  /** Percent of what passes by this rule that is lost. */
  readonly loss: number
  readonly redirectUrl: string
}

const ANY_IPV6 = new Uint8Array(16)

/** Everything passes. */
export const DEFAULT_ACCESS_RULE: AccessRule = {
  id: 0,
  uniqueId: 0,
  note: '',
  active: true,
  priority: 1000,
  discard: false,
  isIpV6: false,
  srcIpAddress: ANY_IPV4,
  srcSubnetMask: ANY_IPV4,
  destIpAddress: ANY_IPV4,
  destSubnetMask: ANY_IPV4,
  srcIpAddress6: ANY_IPV6,
  srcSubnetMask6: ANY_IPV6,
  destIpAddress6: ANY_IPV6,
  destSubnetMask6: ANY_IPV6,
  protocol: 0,
  srcPortStart: 0,
  srcPortEnd: 0,
  destPortStart: 0,
  destPortEnd: 0,
  srcUsername: '',
  destUsername: '',
  checkSrcMac: false,
  srcMacAddress: ZERO_MAC,
  srcMacMask: ZERO_MAC,
  checkDstMac: false,
  dstMacAddress: ZERO_MAC,
  dstMacMask: ZERO_MAC,
  checkTcpState: false,
  established: false,
  delay: 0,
  jitter: 0,
  loss: 0,
  redirectUrl: '',
}

/** "FIELD must be ALLOWED; it is ACTUAL." */
export interface AccessRuleFault {
  readonly field: keyof AccessRule
  readonly allowed: string
  readonly actual: string
}

const NUMBERS: readonly (readonly [keyof AccessRule, number, number])[] = [
  ['priority', ACCESS_PRIORITY_RANGE.min, ACCESS_PRIORITY_RANGE.max],
  ['protocol', 0, 255],
  ['srcPortStart', 0, 65_535],
  ['srcPortEnd', 0, 65_535],
  ['destPortStart', 0, 65_535],
  ['destPortEnd', 0, 65_535],
  ['loss', 0, 100],
]
/** What the hub does not do; a rule that asks for it would silently do something else. */
const NOT_DONE: readonly (readonly [keyof AccessRule, number | string, string])[] = [
  ['delay', 0, '0: this hub passes frames on at once and delays none'],
  ['jitter', 0, '0: this hub passes frames on at once and delays none'],
  ['redirectUrl', '', 'empty: this hub answers no web request in another server’s place'],
]
/** The original reads lists of users from files of these names. */
const LIST_OF_USERS = /^(include|exclude):/i

/** Everything that is wrong with the rule. */
export function checkAccessRule(rule: AccessRule): AccessRuleFault[] {
  const faults: AccessRuleFault[] = []
  const refuse = (field: keyof AccessRule, allowed: string): void => {
    faults.push({ field, allowed, actual: JSON.stringify(rule[field]) })
  }
  for (const [field, min, max] of NUMBERS) {
    const value = rule[field] as number
    if (!Number.isInteger(value) || value < min || value > max) refuse(field, `a whole number from ${min} to ${max}`)
  }
  for (const [field, only, allowed] of NOT_DONE) if (rule[field] !== only) refuse(field, allowed)
  for (const field of ['srcUsername', 'destUsername'] as const) {
    if (LIST_OF_USERS.test(rule[field])) refuse(field, 'the name of one user or group, not of a file of users')
  }
  if (rule.srcPortEnd !== 0 && rule.srcPortEnd < rule.srcPortStart) refuse('srcPortEnd', 'at least srcPortStart')
  if (rule.destPortEnd !== 0 && rule.destPortEnd < rule.destPortStart) refuse('destPortEnd', 'at least destPortStart')
  return faults
}
