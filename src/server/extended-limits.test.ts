// The options of SoftEther that lower limits of the NAT.

import { expect, test } from 'vitest'
import { defaultOptions, randomMac } from '../securenat/options.ts'
import { withExtendedLimits } from './extended-limits.ts'

test('an option lowers a limit, and never raises one', () => {
  const settings = defaultOptions(randomMac(1))
  const { nat } = withExtendedLimits(settings, {
    SecureNAT_MaxTcpSessionsPerIp: 30,
    SecureNAT_MaxTcpSynSentPerIp: 5,
    SecureNAT_MaxUdpSessionsPerIp: 4_000_000_000,
    SecureNAT_MaxIcmpSessionsPerIp: 0,
  })
  expect(nat.limits).toEqual({ ...settings.nat.limits, tcpSessionsPerGuest: 30, halfOpenPerGuest: 5 })
  expect(withExtendedLimits(settings, {})).toEqual(settings)
})
