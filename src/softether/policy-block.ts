// A policy as `policy:*` elements of a PACK (protocol reference 8.2): in Welcome, and in the administration of users and groups.

import { DEFAULT_POLICY, type Policy } from '../hub/policy.ts'
import type { Pack } from './pack.ts'

type Flag = { [Name in keyof Policy]: Policy[Name] extends boolean ? Name : never }[keyof Policy]
type Figure = Exclude<keyof Policy, Flag>

const FLAGS: readonly (readonly [Flag, string])[] = [
  ['access', 'Access'],
  ['dhcpFilter', 'DHCPFilter'],
  ['dhcpNoServer', 'DHCPNoServer'],
  ['dhcpForce', 'DHCPForce'],
  ['noBridge', 'NoBridge'],
  ['noRouting', 'NoRouting'],
  ['privacyFilter', 'PrivacyFilter'],
  ['noServer', 'NoServer'],
  ['checkMac', 'CheckMac'],
  ['checkIp', 'CheckIP'],
  ['arpDhcpOnly', 'ArpDhcpOnly'],
  ['monitorPort', 'MonitorPort'],
  ['noBroadcastLimiter', 'NoBroadcastLimiter'],
  ['fixPassword', 'FixPassword'],
  ['noQos', 'NoQoS'],
  ['rsAndRaFilter', 'RSandRAFilter'],
  ['raFilter', 'RAFilter'],
  ['dhcpV6Filter', 'DHCPv6Filter'],
  ['dhcpV6NoServer', 'DHCPv6NoServer'],
  ['noRoutingV6', 'NoRoutingV6'],
  ['checkIpV6', 'CheckIPv6'],
  ['noServerV6', 'NoServerV6'],
  ['noSavePassword', 'NoSavePassword'],
  ['filterIpV4', 'FilterIPv4'],
  ['filterIpV6', 'FilterIPv6'],
  ['filterNonIp', 'FilterNonIP'],
  ['noIpV6DefaultRouterInRa', 'NoIPv6DefaultRouterInRA'],
  ['noIpV6DefaultRouterInRaWhenIpV6', 'NoIPv6DefaultRouterInRAWhenIPv6'],
]

const FIGURES: readonly (readonly [Figure, string])[] = [
  ['maxConnection', 'MaxConnection'],
  ['timeOut', 'TimeOut'],
  ['maxMac', 'MaxMac'],
  ['maxIp', 'MaxIP'],
  ['maxIpV6', 'MaxIPv6'],
  ['maxUpload', 'MaxUpload'],
  ['maxDownload', 'MaxDownload'],
  ['multiLogins', 'MultiLogins'],
  ['autoDisconnect', 'AutoDisconnect'],
  ['vlanId', 'VLanId'],
]

export function addPolicy(pack: Pack, policy: Policy): Pack {
  for (const [field, name] of FLAGS) pack.addBool(`policy:${name}`, policy[field])
  for (const [field, name] of FIGURES) pack.addInt(`policy:${name}`, policy[field])
  return pack.addBool('policy:Ver3', true)
}

/** `undefined` where the PACK has no such block. */
export function readPolicy(pack: Pack): Policy | undefined {
  if (pack.count('policy:Access') === 0) return undefined
  const policy: { -readonly [Name in keyof Policy]: Policy[Name] } = { ...DEFAULT_POLICY }
  for (const [field, name] of FLAGS) policy[field] = pack.bool(`policy:${name}`)
  for (const [field, name] of FIGURES) policy[field] = pack.int(`policy:${name}`)
  return policy
}
