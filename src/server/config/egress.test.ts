// The keys securenat.egress and securenat.nat.limits: read, written, refused with their paths.

import { describe, expect, test } from 'vitest'
import { DEFAULT_NAT_LIMITS } from '../../nat/limits.ts'
import { parseConfig } from './config.ts'
import { formatSecureNat } from './securenat.ts'

const DEFAULTS = { wallClock: () => 0, random: () => 1, domainName: '' }
const parse = (securenat: object) => parseConfig(JSON.stringify({ hubs: { LAB: { securenat } } }), DEFAULTS)

test('rules are read in their order and written as they were', () => {
  const rules = [
    { action: 'allow', destination: '10.1.0.0/16', protocol: 'tcp', ports: '443' },
    { action: 'deny', destination: '10.0.0.0/8', protocol: 'any' },
    { action: 'deny', destination: '192.0.2.7/32', protocol: 'udp', ports: '8000-8999' },
  ]
  const options = parse({ egress: { rules } }).config!.hubs[0]!.secureNat
  expect(options.egress.rules.map(({ action }) => action)).toEqual(['allow', 'deny', 'deny'])
  expect(formatSecureNat({ enabled: true, options }).egress).toEqual({ rules })
})

test('one limit is set, the others have their defaults', () => {
  const { limits } = parse({ nat: { limits: { sessions: 100 } } }).config!.hubs[0]!.secureNat.nat
  expect(limits).toEqual({ ...DEFAULT_NAT_LIMITS, sessions: 100 })
})

describe('refused', () => {
  const rule = { action: 'deny', destination: '10.0.0.0/8' }
  test.each<[object, string]>([
    [{ ...rule, action: 'drop' }, 'rules.0.action: must be "allow" or "deny", is "drop"'],
    [{ ...rule, destination: '10.0.0.1/8' }, 'rules.0.destination: must be a network such as 10.0.0.0/8, an address'],
    [{ ...rule, ports: '0' }, 'rules.0.ports: must be a port or a range such as 8000-8999, is "0"'],
    [{ ...rule, protocol: 'sctp' }, 'rules.0.protocol: must be "any", "tcp", "udp" or "icmp", is "sctp"'],
    [{ ...rule, note: '' }, 'rules.0.note: must be left out'],
  ])('%j', (bad, message) => {
    expect(parse({ egress: { rules: [bad] } }).issues?.[0]).toContain(`hubs.LAB.securenat.egress.${message}`)
  })

  test('too many rules', () => {
    const rules = Array.from({ length: 257 }, () => rule)
    expect(parse({ egress: { rules } }).issues?.[0]).toContain('securenat.egress.rules: must be a list of at most 256')
  })

  test.each([0, 65_537, 1.5])('a limit of %s', (sessions) => {
    expect(parse({ nat: { limits: { sessions } } }).issues?.[0]).toContain(
      `hubs.LAB.securenat.nat.limits.sessions: must be a whole number from 1 to 65536, is ${sessions}`,
    )
  })
})
