// The key securenat.inbound: read, filled in, written, refused with its paths.

import { describe, expect, test } from 'vitest'
import { parseConfig } from './config.ts'
import { formatSecureNat } from './securenat.ts'

const DEFAULTS = { wallClock: () => 0, random: () => 1, domainName: '' }
const parse = (inbound: unknown) => parseConfig(JSON.stringify({ hubs: { LAB: { securenat: { inbound } } } }), DEFAULTS)
const RULE = { protocol: 'tcp', hostPorts: '8080', guestAddress: '192.168.30.10' }
const WHOLE = {
  id: 3,
  note: 'web',
  active: false,
  protocol: 'tcp',
  hostAddress: '10.0.0.5',
  hostPorts: '8000-8009',
  guestAddress: '192.168.30.10',
  guestPort: 80,
  sources: ['10.0.0.0/8', '192.0.2.7/32'],
  proxyProtocol: 'v2',
  maxSessions: 5,
}

test('a rule is written as it was', () => {
  const options = parse([WHOLE]).config!.hubs[0]!.secureNat
  expect(formatSecureNat({ enabled: true, options }).inbound).toEqual([WHOLE])
})

test('what is left out has its default: the same port behind, everybody, the next number that is free', () => {
  const { inbound } = parse([RULE, { ...WHOLE, id: 1 }, { ...RULE, protocol: 'udp' }]).config!.hubs[0]!.secureNat
  expect(inbound.map(({ id }) => id)).toEqual([2, 1, 3])
  expect(inbound[0]).toMatchObject({ active: true, hostAddress: 0, guestPort: 8080, sources: [], maxSessions: 1024 })
})

describe('refused', () => {
  test.each<[unknown, string]>([
    [{}, 'inbound: must be a list of at most 4096 rules'],
    [[{ ...RULE, protocol: 'sctp' }], 'inbound.0.protocol: must be "tcp" or "udp"'],
    [[{ ...RULE, hostPorts: '0' }], 'inbound.0.hostPorts: must be a port or a range such as 8000-8009, is "0"'],
    [
      [{ ...RULE, guestAddress: '10.0.0.1' }],
      "inbound.0.guestAddress: must be an address in the virtual host's network",
    ],
    [
      [{ ...RULE, sources: ['10.0.0.1/8'] }],
      'inbound.0.sources.0: must be a network such as 10.0.0.0/8, or an address',
    ],
    [[RULE, RULE], 'inbound.1.hostPorts: must be free: rule 1 has one of these ports already, is 8080'],
    [
      [
        { ...RULE, id: 5 },
        { ...RULE, id: 5, hostPorts: '1' },
      ],
      'inbound.1.id: must be of one rule only, is 5',
    ],
    [[{ ...RULE, maxSessions: 0 }], 'inbound.0.maxSessions: must be a whole number from 1 to 65535, is 0'],
  ])('%j', (inbound, message) => {
    expect(parse(inbound).issues?.[0]).toContain(`hubs.LAB.securenat.${message}`)
  })
})
