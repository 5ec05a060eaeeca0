// First match decides; what is closed opens only to a rule that names it.

import { expect, test } from 'vitest'
import { parseNetwork, parsePorts } from '../securenat/egress-text.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { EgressPolicy, type EgressRule } from './egress.ts'

/** `deny 10.0.0.0/8 tcp 80-90` */
function rule(text: string): EgressRule {
  const [action, destination = '', protocol = 'any', ports = ''] = text.split(' ')
  return {
    action: action as EgressRule['action'],
    destination: parseNetwork(destination)!,
    protocol: protocol as EgressRule['protocol'],
    ports: parsePorts(ports),
  }
}

const policy = (...rules: string[]): EgressPolicy =>
  new EgressPolicy({ rules: rules.map(rule) }, (_protocol, address, port) => {
    return address === ipv4('192.0.2.9') && port === 5555
  })

test('without rules everything is open, the LAN too', () => {
  for (const address of ['203.0.113.1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1']) {
    expect(policy().admits('tcp', ipv4(address), 80)).toBe(true)
  }
})

test.each<[string, string]>([
  ['0.0.0.0', 'thisNetwork'],
  ['0.255.255.255', 'thisNetwork'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['169.254.169.254', 'linkLocal'],
  ['224.0.0.251', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
])('closed by itself, and counted: %s (%s)', (address, name) => {
  const closed = policy()
  expect(closed.admits('udp', ipv4(address), 53)).toBe(false)
  expect(closed.closedHits).toMatchObject({ [name]: 1 })
})

test("the server's own listeners are closed, other ports of the host are open", () => {
  const closed = policy('allow 0.0.0.0/0', 'allow 192.0.2.9/32')
  expect(closed.admits('tcp', ipv4('192.0.2.9'), 5555)).toBe(false)
  expect(closed.admits('tcp', ipv4('192.0.2.9'), 22)).toBe(true)
  expect(policy('allow 192.0.2.9/32 tcp 5555').admits('tcp', ipv4('192.0.2.9'), 5555)).toBe(true)
})

test('the first rule that fits decides', () => {
  const rules = policy('allow 10.1.0.0/16 tcp 443', 'deny 10.0.0.0/8', 'allow 10.2.0.0/16')
  expect(rules.admits('tcp', ipv4('10.1.2.3'), 443)).toBe(true)
  expect(rules.admits('tcp', ipv4('10.1.2.3'), 80)).toBe(false)
  expect(rules.admits('udp', ipv4('10.1.2.3'), 443)).toBe(false)
  expect(rules.admits('tcp', ipv4('10.2.2.3'), 80)).toBe(false)
  expect(rules.admits('tcp', ipv4('11.0.0.1'), 80)).toBe(true)
  expect(rules.hits).toEqual([1, 3, 0])
})

test('a rule with ports says nothing about echo requests; one for icmp does', () => {
  expect(policy('deny 10.0.0.0/8 any 1-65535').admits('icmp', ipv4('10.0.0.1'), 0)).toBe(true)
  expect(policy('deny 10.0.0.0/8 icmp').admits('icmp', ipv4('10.0.0.1'), 0)).toBe(false)
  expect(policy('deny 10.0.0.0/8 icmp').admits('tcp', ipv4('10.0.0.1'), 80)).toBe(true)
})

test('what is closed opens to a rule within it, not to a general one', () => {
  expect(policy('allow 0.0.0.0/0').admits('tcp', ipv4('127.0.0.1'), 5432)).toBe(false)
  expect(policy('allow 0.0.0.0/0').admits('tcp', ipv4('169.254.169.254'), 80)).toBe(false)
  expect(policy('allow 127.0.0.1/32 tcp 5432').admits('tcp', ipv4('127.0.0.1'), 5432)).toBe(true)
  expect(policy('allow 127.0.0.1/32 tcp 5432').admits('tcp', ipv4('127.0.0.1'), 5433)).toBe(false)
  expect(policy('allow 127.0.0.0/8').admits('udp', ipv4('127.0.0.53'), 53)).toBe(true)
})
