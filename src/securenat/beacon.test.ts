import { expect, test } from 'vitest'
import { World } from '../../test/support/world.ts'
import { parseArp } from '../wire/arp.ts'
import { describe as describeFrame } from '../wire/describe.ts'
import { getDestinationMac, getEtherType } from '../wire/ethernet.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC } from '../wire/mac.ts'
import { COMPLETE } from '../wire/offload.ts'

function listen(beaconSeconds: number): { world: World; heard: Uint8Array[] } {
  const world = new World()
  world.advance(10)
  const heard: Uint8Array[] = []
  world.link.receive = (frame) => heard.push(frame.slice())
  const { options } = world
  world.securenat.configure({ ...options, host: { ...options.host, beaconSeconds } })
  return { world, heard }
}

test('every so many seconds a datagram and an ARP reply, to everybody', () => {
  const { world, heard } = listen(5)
  world.advance(4999)
  expect(heard).toEqual([])
  world.advance(10_005)
  expect(heard).toHaveLength(6)
  expect(heard.map(getDestinationMac)).toEqual(Array(6).fill(BROADCAST_MAC))
  const arp = heard.filter((frame) => getEtherType(frame) === 0x0806).map((frame) => parseArp(frame, 14, frame.length)!)
  expect(arp.map(({ operation, senderAddress }) => [operation, formatIpv4(senderAddress)])).toEqual(
    Array(3).fill([2, '192.168.30.1']),
  )
  const datagram = heard.find((frame) => getEtherType(frame) === 0x0800)!
  expect(describeFrame(datagram, COMPLETE)).toContain('192.168.30.1.7 > 192.168.30.255.7')
  expect(Buffer.from(datagram.subarray(42)).toString()).toBe('SecureNAT Virtual TCP/IP Stack Beacon\0')
})

test('by default none, and none after it was switched off', () => {
  const never = listen(0)
  never.world.advance(60_000)
  expect([never.heard, never.world.clock.pending]).toEqual([[], 0])
  const { world, heard } = listen(5)
  world.securenat.configure(world.options)
  world.advance(60_000)
  expect([heard, world.clock.pending]).toEqual([[], 0])
})
