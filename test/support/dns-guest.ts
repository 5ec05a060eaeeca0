// A guest that asks the virtual host's DNS service, over UDP and TCP.

import { formatIpv4, ipv4 } from '../../src/wire/ipv4-address.ts'
import { dnsAnswer, type ReadAnswer, readDnsAnswer, unframed } from './dns.ts'
import type { GuestHost } from './guest-host.ts'
import type { GuestTcp } from './guest-tcp.ts'
import { RESOLVERS, type World } from './world.ts'

export const GATEWAY = ipv4('192.168.30.1')
export const NAME = 'www.example.com'
export const [FIRST, SECOND] = RESOLVERS.map(formatIpv4) as [string, string]

export function ask(world: World, query: Uint8Array, port = 6000, guest: GuestHost = world.guest): void {
  guest.udp(port, GATEWAY, 53, query)
}

/** Asks, lets it be answered, and reads the newest answer. */
export function answerTo(world: World, query: Uint8Array, waitMs = 10): ReadAnswer {
  ask(world, query)
  world.advance(waitMs)
  return readDnsAnswer(world.guest.datagrams.at(-1)!.bytes)
}

export function collected(tcp: GuestTcp): { messages: () => ReadAnswer[] } {
  let stream = new Uint8Array(0)
  tcp.onData = (bytes) => {
    stream = Uint8Array.from([...stream, ...bytes])
  }
  return { messages: () => unframed(stream).map(readDnsAnswer) }
}

export const good = (query: Uint8Array): Uint8Array => dnsAnswer(query, ['203.0.113.1'])
