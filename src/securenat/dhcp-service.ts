// The DHCP server on its segment: messages in and out of the stack, addresses asked for by ARP before they are offered, offers that
// wait for the answer, the end of leases. What to answer is dhcp-server.ts's; this is where time and frames are.
//
// Nothing runs while nothing happens: the one deadline is the next postponed offer, the next look ahead or the next end of a lease.

import { TokenBucket } from '../base/token-bucket.ts'
import type { Deadline, DeadlineHeap } from '../stack/deadline-heap.ts'
import type { Stack, UdpDatagram } from '../stack/interface.ts'
import {
  DHCP_SERVER_PORT,
  DHCPACK,
  DHCPOFFER,
  type DhcpMessage,
  dhcpLength,
  emitDhcp,
  getU8Option,
  OPTION_MESSAGE_TYPE,
  parseDhcp,
} from '../wire/dhcp.ts'
import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { AddressProbe } from './address-probe.ts'
import type { LeaseStore, StoredLease } from './dhcp-bindings.ts'
import { DEFAULT_LEASE_LIMITS, DhcpLeases } from './dhcp-leases.ts'
import type { DhcpReply, DhcpSource } from './dhcp-reply.ts'
import { DhcpServer, type DhcpServerDeps } from './dhcp-server.ts'
import type { SecureNatOptions } from './options.ts'

/** Addresses asked for ahead of the guests that will want them. */
const AHEAD = 8
/** Between two looks ahead, however many ports join. */
const AHEAD_GAP_MS = 50
/** Leases that end within a second are told of together. */
const EXPIRY_GAP_MS = 1_000
/**
 * Messages that are looked at, each second and at once: one to everybody costs some 35 µs, and a guest may send thousands. Those to
 * this server alone, by which clients keep what they have, are counted apart, so that a storm of new ones does not touch them.
 */
export const DHCP_MESSAGES_PER_SECOND = 500
export const DHCP_MESSAGES_BURST = 1_000
/** Offers waiting for silence; past it the oldest waits no longer and is lost, and its client asks again. */
export const POSTPONED_LIMIT = 500

export interface DhcpServiceDeps {
  stack: Stack
  deadlines: DeadlineHeap
  /** Milliseconds of the Unix epoch. */
  wallClock(): number
  events: DhcpServerDeps['events']
  leases: readonly StoredLease[]
  leaseStore: LeaseStore
}

interface Postponed {
  message: DhcpMessage
  source: DhcpSource
  address: Ipv4Address
  at: number
}

export class DhcpService implements Deadline {
  heapAt = 0
  heapIndex = -1
  readonly stats = { droppedMalformed: 0, droppedPostponed: 0, droppedRate: 0 }
  readonly server: DhcpServer
  readonly probe: AddressProbe
  readonly #deps: DhcpServiceDeps
  readonly #leases: DhcpLeases
  readonly #toEverybody = new TokenBucket(DHCP_MESSAGES_PER_SECOND, DHCP_MESSAGES_BURST)
  readonly #toServer = new TokenBucket(DHCP_MESSAGES_PER_SECOND, DHCP_MESSAGES_BURST)
  /** By client. */
  readonly #postponed = new Map<string, Postponed>()
  /** When the first of them is due; may be too early. */
  #resumeAt = Number.POSITIVE_INFINITY
  #serverAddress: Ipv4Address
  #aheadAt = Number.POSITIVE_INFINITY
  #lastAheadAt = Number.NEGATIVE_INFINITY
  #expiryAt = Number.POSITIVE_INFINITY
  #lastExpiryAt = Number.NEGATIVE_INFINITY

  constructor(options: SecureNatOptions, deps: DhcpServiceDeps) {
    const { stack, wallClock, events } = deps
    this.#deps = deps
    this.#serverAddress = options.host.ipAddress
    this.#leases = new DhcpLeases(deps.leases, deps.leaseStore, DEFAULT_LEASE_LIMITS, wallClock())
    this.probe = new AddressProbe((address) => stack.askWhoHas(address))
    this.server = new DhcpServer(options.host, options.nat.mtu, options.dhcp, this.#leases, {
      now: wallClock,
      events,
      probe: (address, isInDoubt) => this.probe.check(address, isInDoubt, stack.tcp.now),
      userOf: (address, except) => this.probe.userOf(address, except, stack.tcp.now),
      postpone: (...args) => this.#postpone(...args),
    })
  }

  /** The stack can send now. */
  start(): void {
    this.#lookAhead()
    this.#schedule()
  }

  configure(options: SecureNatOptions): void {
    this.#serverAddress = options.host.ipAddress
    this.server.configure(options.host, options.nat.mtu, options.dhcp)
    this.#lookAhead()
    this.#schedule()
  }

  /** A port joined the hub: there may be hosts that were not there when addresses were asked for. */
  segmentChanged(): void {
    this.probe.forgetSilence()
    this.#aheadAt = Math.max(this.#deps.stack.tcp.now, this.#lastAheadAt + AHEAD_GAP_MS)
    this.#schedule()
  }

  /** A datagram to the server's port. */
  input(datagram: UdpDatagram): void {
    const bucket = datagram.destination === this.#serverAddress ? this.#toServer : this.#toEverybody
    if (!bucket.take(1, this.#deps.stack.tcp.now)) {
      this.stats.droppedRate += 1
      return
    }
    const message = parseDhcp(datagram.bytes, datagram.payloadStart, datagram.payloadEnd)
    if (message === undefined) {
      this.stats.droppedMalformed += 1
      return
    }
    const source = sourceOf(datagram)
    const reply = this.server.input(message, source)
    if (reply !== undefined) this.#send(reply, message, source)
    this.#schedule()
  }

  /** A datagram to the clients' port that everybody hears: some other server's. */
  overheard(datagram: UdpDatagram): void {
    const message = parseDhcp(datagram.bytes, datagram.payloadStart, datagram.payloadEnd)
    if (message !== undefined) this.server.heardReply(message, sourceOf(datagram))
  }

  /** A host said by ARP that it has the address. */
  neighbourHeard(address: Ipv4Address, mac: MacAddress): void {
    if (!this.server.gives(address)) return
    const now = this.#deps.wallClock()
    if (this.#leases.holderOf(address, now)?.macAddress === mac) return
    this.probe.heard(address, mac, this.#deps.stack.tcp.now)
    for (const [clientKey, postponed] of [...this.#postponed]) {
      if (postponed.address === address) this.#resume(clientKey, postponed)
    }
    this.#schedule()
  }

  nextDeadline(): number {
    return Math.min(this.#aheadAt, this.#expiryAt, this.#resumeAt)
  }

  expire(now: number): void {
    if (this.#resumeAt <= now) this.#resumeDue(now)
    if (this.#aheadAt <= now) this.#lookAhead()
    if (this.#expiryAt <= now) {
      this.#lastExpiryAt = now
      this.server.expire()
    }
    this.#schedule()
  }

  #postpone(message: DhcpMessage, source: DhcpSource, clientKey: string, address: Ipv4Address, delayMs: number): void {
    this.#postponed.delete(clientKey)
    if (this.#postponed.size >= POSTPONED_LIMIT) {
      this.#postponed.delete(this.#postponed.keys().next().value as string)
      this.stats.droppedPostponed += 1
    }
    const at = this.#deps.stack.tcp.now + delayMs
    this.#postponed.set(clientKey, { message, source, address, at })
    this.#resumeAt = Math.min(this.#resumeAt, at)
  }

  #resumeDue(now: number): void {
    this.#resumeAt = Number.POSITIVE_INFINITY
    for (const [clientKey, postponed] of [...this.#postponed]) {
      if (postponed.at <= now) this.#resume(clientKey, postponed)
      else this.#resumeAt = Math.min(this.#resumeAt, postponed.at)
    }
  }

  #resume(clientKey: string, { message, source }: Postponed): void {
    this.#postponed.delete(clientKey)
    const reply = this.server.resume(message, source)
    if (reply !== undefined) this.#send(reply, message, source)
  }

  #send(reply: DhcpReply, request: DhcpMessage, source: DhcpSource): void {
    const { stack } = this.#deps
    const { yiaddr, options } = reply.message
    const type = getU8Option(options, OPTION_MESSAGE_TYPE)
    // The guest will speak from this address next: what it asks for need not wait for ARP. Not for an offer, which may
    // name an address that somebody else still uses.
    if (type === DHCPACK && yiaddr !== ANY_IPV4 && request.giaddr === ANY_IPV4) {
      stack.arp.learn(yiaddr, source.mac, stack.tcp.now)
    }
    const payload = new Uint8Array(dhcpLength(reply.message))
    emitDhcp(reply.message, payload, 0)
    stack.udpOutput(
      this.#serverAddress,
      DHCP_SERVER_PORT,
      reply.destinationAddress,
      reply.destinationPort,
      payload,
      reply.destinationMac,
    )
    if (type === DHCPOFFER) this.#lookAhead()
  }

  #lookAhead(): void {
    const { now } = this.#deps.stack.tcp
    this.#lastAheadAt = now
    this.#aheadAt = Number.POSITIVE_INFINITY
    for (const address of this.server.candidates(AHEAD)) this.probe.askAhead(address, now)
  }

  #schedule(): void {
    const { now } = this.#deps.stack.tcp
    const { nextExpiry } = this.server
    this.#expiryAt =
      nextExpiry === Number.POSITIVE_INFINITY
        ? nextExpiry
        : Math.max(now + nextExpiry - this.#deps.wallClock(), this.#lastExpiryAt + EXPIRY_GAP_MS)
    this.#deps.deadlines.update(this)
  }
}

function sourceOf({ sourceMac, source, destination }: UdpDatagram): DhcpSource {
  return { mac: sourceMac, address: source, destination }
}
