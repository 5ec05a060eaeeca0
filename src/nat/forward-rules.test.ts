import { expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import { forward } from './forward-rules.ts'

const context = { ipAddress: ipv4('192.168.30.1'), subnetMask: ipv4('255.255.255.0') }

test.each([
  ['an address outside', '203.0.113.1', 80, { kind: 'outside', address: ipv4('203.0.113.1'), port: 80 }],
  ['another private network', '192.168.31.1', 80, { kind: 'outside', address: ipv4('192.168.31.1'), port: 80 }],
  ['a resolver outside', '198.51.100.53', 53, { kind: 'outside', address: ipv4('198.51.100.53'), port: 53 }],
  ['the resolver port of the virtual host', '192.168.30.1', 53, { kind: 'dns' }],
  ['another port of the virtual host', '192.168.30.1', 80, { kind: 'none' }],
  ['port 0 of the virtual host', '192.168.30.1', 0, { kind: 'none' }],
  ['another guest', '192.168.30.9', 80, { kind: 'ignored' }],
  ['the broadcast address of the subnet', '192.168.30.255', 137, { kind: 'ignored' }],
  ['all', '255.255.255.255', 67, { kind: 'ignored' }],
  ['a group', '224.0.0.251', 5353, { kind: 'ignored' }],
  ['the last group', '239.255.255.255', 1, { kind: 'ignored' }],
  ['a reserved address', '240.0.0.1', 1, { kind: 'ignored' }],
  ['the host’s loopback (D10)', '127.0.0.1', 22, { kind: 'forbidden' }],
  ['all of it', '127.255.255.254', 53, { kind: 'forbidden' }],
  ['this host on this network', '0.0.0.0', 22, { kind: 'forbidden' }],
  ['all of that', '0.1.2.3', 22, { kind: 'forbidden' }],
  ['port 0', '203.0.113.1', 0, { kind: 'forbidden' }],
] as const)('%s', (_name, address, port, rule) => {
  expect(forward(ipv4(address), port, context)).toEqual(rule)
})
