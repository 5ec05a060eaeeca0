// SoftEther's extended options of a hub that concern SecureNAT, as limits of the NAT in force: each lowers a limit for one guest.

import type { ExtendedOptionName, ExtendedOptions } from '../hub/extended-options.ts'
import { extendedOption } from '../hub/extended-options.ts'
import type { NatLimits } from '../nat/limits.ts'
import type { SecureNatOptions } from '../securenat/options.ts'

const LIMIT_OF_OPTION: readonly (readonly [ExtendedOptionName, keyof NatLimits])[] = [
  ['SecureNAT_MaxTcpSessionsPerIp', 'tcpSessionsPerGuest'],
  ['SecureNAT_MaxTcpSynSentPerIp', 'halfOpenPerGuest'],
  ['SecureNAT_MaxUdpSessionsPerIp', 'udpSessionsPerGuest'],
  ['SecureNAT_MaxIcmpSessionsPerIp', 'icmpSessionsPerGuest'],
]

/** 0, the default of each option, leaves the limit as it is. */
export function withExtendedLimits(settings: SecureNatOptions, options: ExtendedOptions): SecureNatOptions {
  const limits = { ...settings.nat.limits }
  for (const [name, limit] of LIMIT_OF_OPTION) {
    const max = extendedOption(options, name)
    if (max > 0) limits[limit] = Math.min(limits[limit], max)
  }
  return { ...settings, nat: { ...settings.nat, limits } }
}
