import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { ipv4, parseIpv4 } from '../wire/ipv4-address.ts'
import { HostNetwork, listensOn, routeTo } from './host-network.ts'

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
tap0\t00000000\t011EA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
down\t0000A8C0\t00000000\t0000\t0\t0\t0\t0000FFFF\t0\t0\t0
`

test.each([
  ['203.0.113.1', 'tap0'],
  ['192.168.2.7', 'eth0'],
  ['192.168.3.7', 'tap0'],
])('the way to %s is by %s', (address, name) => {
  expect(routeTo(ipv4(address), ROUTES)).toBe(name)
})

test('no route, no interface', () => expect(routeTo(ipv4('203.0.113.1'), '')).toBeUndefined())

test('a door is its own listener at every own address as long as it is open', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  // A machine without a network has no address that a guest could reach.
  const address = parseIpv4(own?.address ?? '203.0.113.1')!
  const network = new HostNetwork(() => 0)
  const close = listensOn(5555)
  const closeToo = listensOn(5555)
  expect(network.isOwnListener('tcp', address, 5555)).toBe(own !== undefined)
  expect(network.isOwnListener('udp', address, 5555)).toBe(false)
  expect(network.isOwnListener('tcp', address, 5556)).toBe(false)
  expect(network.isOwnListener('tcp', ipv4('203.0.113.77'), 5555)).toBe(false)
  close()
  close()
  expect(network.isOwnListener('tcp', address, 5555)).toBe(own !== undefined)
  closeToo()
  expect(network.isOwnListener('tcp', address, 5555)).toBe(false)
})
