import { expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import { forward } from './forward-rules.ts'

const context = { ipAddress: ipv4('192.168.30.1'), subnetMask: ipv4('255.255.255.0') }

test.each([
  ['an address outside', '203.0.113.1', 80, 'outside'],
  ['another private network', '192.168.31.1', 80, 'outside'],
  ['a resolver outside', '198.51.100.53', 53, 'outside'],
  ['the resolver port of the virtual host', '192.168.30.1', 53, 'dns'],
  ['another port of the virtual host', '192.168.30.1', 80, 'none'],
  ['port 0 of the virtual host', '192.168.30.1', 0, 'none'],
  ['another guest', '192.168.30.9', 80, 'ignored'],
  ['the broadcast address of the subnet', '192.168.30.255', 137, 'ignored'],
  ['all', '255.255.255.255', 67, 'group'],
  ['a group', '224.0.0.251', 5353, 'group'],
  ['the last group', '239.255.255.255', 1, 'group'],
  ['a reserved address', '240.0.0.1', 1, 'group'],
  ['port 0', '203.0.113.1', 0, 'impossible'],
] as const)('%s', (_name, address, port, rule) => {
  expect(forward(ipv4(address), port, context)).toBe(rule)
})
