// The policy as a table: SoftEther's name of every entry and its range, in the order its tools print them. What reads or writes policies
// (configuration, operations, the welcome of a login) follows from it.

import type { Policy } from './policy.ts'
import { DEFAULT_POLICY } from './policy.ts'

type KeysOf<T> = { [Key in keyof Policy]: Policy[Key] extends T ? Key : never }[keyof Policy]

export interface PolicySwitch {
  readonly kind: 'switch'
  readonly key: KeysOf<boolean>
  /** `DHCPFilter` */
  readonly name: string
}

export interface PolicyNumber {
  readonly kind: 'number'
  readonly key: KeysOf<number>
  readonly name: string
  /** Beside 0, which stands for the default. */
  readonly min: number
  readonly max: number
}

export type PolicyEntry = PolicySwitch | PolicyNumber

const U32_MAX = 0xffff_ffff

const onOff = (key: PolicySwitch['key'], name: string): PolicySwitch => ({ kind: 'switch', key, name })
const number = (key: PolicyNumber['key'], name: string, min: number, max: number): PolicyNumber => ({
  kind: 'number',
  key,
  name,
  min,
  max,
})

export const POLICY_TABLE: readonly PolicyEntry[] = [
  onOff('access', 'Access'),
  onOff('dhcpFilter', 'DHCPFilter'),
  onOff('dhcpNoServer', 'DHCPNoServer'),
  onOff('dhcpForce', 'DHCPForce'),
  onOff('noBridge', 'NoBridge'),
  onOff('noRouting', 'NoRouting'),
  onOff('checkMac', 'CheckMac'),
  onOff('checkIp', 'CheckIP'),
  onOff('arpDhcpOnly', 'ArpDhcpOnly'),
  onOff('privacyFilter', 'PrivacyFilter'),
  onOff('noServer', 'NoServer'),
  onOff('noBroadcastLimiter', 'NoBroadcastLimiter'),
  onOff('monitorPort', 'MonitorPort'),
  number('maxConnection', 'MaxConnection', 1, 32),
  number('timeOut', 'TimeOut', 5, 60),
  number('maxMac', 'MaxMac', 1, 65_535),
  number('maxIp', 'MaxIP', 1, 65_535),
  number('maxUpload', 'MaxUpload', 1, U32_MAX),
  number('maxDownload', 'MaxDownload', 1, U32_MAX),
  onOff('fixPassword', 'FixPassword'),
  number('multiLogins', 'MultiLogins', 1, 65_535),
  onOff('noQos', 'NoQoS'),
  onOff('rsAndRaFilter', 'RSandRAFilter'),
  onOff('raFilter', 'RAFilter'),
  onOff('dhcpV6Filter', 'DHCPv6Filter'),
  onOff('dhcpV6NoServer', 'DHCPv6NoServer'),
  onOff('noRoutingV6', 'NoRoutingV6'),
  onOff('checkIpV6', 'CheckIPv6'),
  onOff('noServerV6', 'NoServerV6'),
  number('maxIpV6', 'MaxIPv6', 1, 65_535),
  onOff('noSavePassword', 'NoSavePassword'),
  number('autoDisconnect', 'AutoDisconnect', 1, U32_MAX),
  onOff('filterIpV4', 'FilterIPv4'),
  onOff('filterIpV6', 'FilterIPv6'),
  onOff('filterNonIp', 'FilterNonIP'),
  onOff('noIpV6DefaultRouterInRa', 'NoIPv6DefaultRouterInRA'),
  onOff('noIpV6DefaultRouterInRaWhenIpV6', 'NoIPv6DefaultRouterInRAWhenIPv6'),
  number('vlanId', 'VLanId', 1, 4095),
]

/** The value a number of a policy stands for: 0 is the default. `undefined` when it is out of range. */
export function policyNumber({ key, min, max }: PolicyNumber, value: number): number | undefined {
  if (value === 0) return DEFAULT_POLICY[key]
  return Number.isInteger(value) && value >= min && value <= max ? value : undefined
}

export function policyNumberAllowed({ min, max }: PolicyNumber): string {
  return `0 or a whole number from ${min} to ${max}`
}
