import { expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import { parseMac } from '../wire/mac.ts'
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

const OWN = ipv4('192.0.2.7')
const OWN_MAC = parseMac('02-00-00-00-00-07')!
const INTERFACES = { addresses: new Map([[OWN, 'eth0']]), macs: new Map([[OWN_MAC, 'eth0']]) }

test('a door is its own listener at every own address as long as it is open', () => {
  const network = new HostNetwork(
    () => 0,
    () => INTERFACES,
  )
  const close = listensOn(5555)
  const closeToo = listensOn(5555)
  expect(network.isOwnListener('tcp', OWN, 5555)).toBe(true)
  expect(network.isOwnListener('udp', OWN, 5555)).toBe(false)
  expect(network.isOwnListener('tcp', OWN, 5556)).toBe(false)
  expect(network.isOwnListener('tcp', ipv4('203.0.113.77'), 5555)).toBe(false)
  close()
  close()
  expect(network.isOwnListener('tcp', OWN, 5555)).toBe(true)
  closeToo()
  expect(network.isOwnListener('tcp', OWN, 5555)).toBe(false)
})

test('this computer is known by its network card, and by its address where the card is not known', () => {
  const network = new HostNetwork(
    () => 0,
    () => INTERFACES,
  )
  const other = ipv4('203.0.113.77')
  expect(network.isThisComputer(OWN, undefined)).toBe(true)
  expect(network.isThisComputer(other, OWN_MAC)).toBe(true)
  // A guest may by chance have this computer's address, in a network of its own.
  expect(network.isThisComputer(OWN, parseMac('02-00-00-00-00-77')!)).toBe(false)
  expect(network.isThisComputer(other, undefined)).toBe(false)
  expect(network.interfaceOf(other, other, OWN_MAC)).toBe('eth0')
})

test('the kernel is asked once a second at most, and gives at least its loopback away to nobody', () => {
  let now = 0
  let asked = 0
  const network = new HostNetwork(
    () => now,
    () => {
      asked++
      return INTERFACES
    },
  )
  for (now = 0; now < 2500; now += 10) network.isThisComputer(OWN, undefined)
  expect(asked).toBe(3)
  expect(new HostNetwork(() => 0).isThisComputer(ipv4('127.0.0.1'), undefined)).toBe(false)
})
