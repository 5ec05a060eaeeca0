// A DHCP client without I/O: RFC 2131 section 4.4. Messages and instants in, messages and deadlines out.
//
// States are the RFC's, less INIT-REBOOT (nothing is remembered between runs). Times:
//   SELECTING, REQUESTING   repeat after 1, 2, 4, 8, then every 16 s; after four requests without answer, discover anew.
//                           (The RFC's first interval of 4 s is for networks that lose frames; a hub in the same machine does not.)
//   BOUND                   T1 → RENEWING (unicast), T2 → REBINDING (broadcast), repeated at half of the remaining time but
//                           not more often than every 60 s (section 4.4.5); expiry or DHCPNAK → discover anew.
// Replies are recognised by transaction id and hardware address, so other clients behind the same interface are left alone.

import {
  BOOTREPLY,
  BOOTREQUEST,
  DHCPACK,
  DHCPDISCOVER,
  DHCPNAK,
  DHCPOFFER,
  DHCPRELEASE,
  DHCPREQUEST,
  type DhcpMessage,
  type DhcpOptionMap,
  getIpv4Option,
  getIpv4sOption,
  getRoutesOption,
  getTextOption,
  getU8Option,
  getU16Option,
  getU32Option,
  OPTION_CLASSLESS_ROUTES,
  OPTION_DNS_SERVER,
  OPTION_DOMAIN_NAME,
  OPTION_HOST_NAME,
  OPTION_INTERFACE_MTU,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  OPTION_PARAMETER_LIST,
  OPTION_REBINDING_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_REQUESTED_ADDRESS,
  OPTION_ROUTER,
  OPTION_SERVER_ID,
  OPTION_SUBNET_MASK,
  setIpv4sOption,
  setTextOption,
  setU8Option,
} from '../wire/dhcp.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { ANY_IPV4, BROADCAST_IPV4, maskOf } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'

const FIRST_INTERVAL_MS = 1_000
const LAST_INTERVAL_MS = 16_000
const REQUESTS_MAX = 4
const RENEW_INTERVAL_MIN_MS = 60_000
/** RFC 2131 section 3.3: this lease never ends. */
const INFINITE_LEASE = 0xffff_ffff
/** A lease so short would be renewed without pause. */
const LEASE_SECONDS_MIN = 10

const REQUESTED_OPTIONS = [
  OPTION_SUBNET_MASK,
  OPTION_ROUTER,
  OPTION_DNS_SERVER,
  OPTION_DOMAIN_NAME,
  OPTION_INTERFACE_MTU,
  OPTION_CLASSLESS_ROUTES,
]

export interface Lease {
  readonly address: Ipv4Address
  readonly mask: Ipv4Address
  readonly server: Ipv4Address
  readonly dnsServers: readonly Ipv4Address[]
  readonly domainName: string
  /** Option 26; `undefined` when the server does not say. */
  readonly mtu: number | undefined
  /** Gateway 0.0.0.0: on the link itself. */
  readonly routes: readonly { network: Ipv4Address; mask: Ipv4Address; gateway: Ipv4Address }[]
}

export interface DhcpClientOptions {
  readonly macAddress: MacAddress
  readonly hostName: string
  /** Unsigned 32-bit random numbers. */
  readonly random: () => number
  /** To the address given: the server's when it is known and the client has an address, else broadcast. */
  readonly send: (message: DhcpMessage, from: Ipv4Address, to: Ipv4Address) => void
  /** A lease was obtained; not called for mere renewals. */
  readonly bound: (lease: Lease) => void
  /** The lease ended, against our will; the client goes on trying. */
  readonly lost: () => void
}

type State = 'INIT' | 'SELECTING' | 'REQUESTING' | 'BOUND' | 'RENEWING' | 'REBINDING'

export class DhcpClient {
  readonly #options: DhcpClientOptions
  #state: State = 'INIT'
  #xid = 0
  #sent = 0
  #startedAt = 0
  #repeatAt = Number.POSITIVE_INFINITY
  #renewAt = Number.POSITIVE_INFINITY
  #rebindAt = Number.POSITIVE_INFINITY
  #expiresAt = Number.POSITIVE_INFINITY
  #requestedAt = 0
  #offered: Ipv4Address = ANY_IPV4
  #server: Ipv4Address = ANY_IPV4
  #lease: Lease | undefined

  constructor(options: DhcpClientOptions) {
    this.#options = options
  }

  get state(): State {
    return this.#state
  }

  get lease(): Lease | undefined {
    return this.#lease
  }

  start(now: number): void {
    this.#startedAt = now
    this.#sent = 0
    this.#state = 'SELECTING'
    this.#newTransaction()
    this.#discover(now)
  }

  /** When `onDeadline` is due; infinity: never. */
  nextDeadline(): number {
    switch (this.#state) {
      case 'INIT':
        return Number.POSITIVE_INFINITY
      case 'BOUND':
        return this.#renewAt
      case 'RENEWING':
        return Math.min(this.#repeatAt, this.#rebindAt)
      case 'REBINDING':
        return Math.min(this.#repeatAt, this.#expiresAt)
      default:
        return this.#repeatAt
    }
  }

  onDeadline(now: number): void {
    if (now < this.nextDeadline()) return
    switch (this.#state) {
      case 'INIT':
        return
      case 'SELECTING':
        this.#discover(now)
        return
      case 'REQUESTING':
        if (this.#sent >= REQUESTS_MAX) this.start(now)
        else this.#request(now)
        return
      case 'BOUND':
        this.#state = 'RENEWING'
        this.#newTransaction()
        this.#renew(now)
        return
      case 'RENEWING':
        if (now >= this.#rebindAt) this.#state = 'REBINDING'
        this.#renew(now)
        return
      case 'REBINDING':
        if (now >= this.#expiresAt) this.#lose(now)
        else this.#renew(now)
    }
  }

  /** Whether the message answers us, so that nobody else needs to see it. */
  expects(message: DhcpMessage): boolean {
    if (message.op !== BOOTREPLY || message.xid !== this.#xid || this.#state === 'INIT') return false
    return message.chaddr === this.#options.macAddress
  }

  input(message: DhcpMessage, now: number): void {
    if (!this.expects(message)) return
    const type = getU8Option(message.options, OPTION_MESSAGE_TYPE)
    if (type === DHCPOFFER && this.#state === 'SELECTING') this.#takeOffer(message, now)
    else if (type === DHCPACK && this.#state !== 'SELECTING' && this.#state !== 'BOUND') this.#acknowledge(message)
    else if (type === DHCPNAK && this.#state !== 'SELECTING' && this.#state !== 'BOUND') this.#lose(now)
  }

  /** Gives the address back (section 4.4.6). The client is then as new. */
  release(): void {
    const lease = this.#lease
    this.#state = 'INIT'
    this.#lease = undefined
    if (lease === undefined) return
    this.#newTransaction()
    const options = this.#newOptions(DHCPRELEASE)
    setIpv4sOption(options, OPTION_SERVER_ID, lease.server)
    this.#send(options, lease.address, lease.address, lease.server, 0)
  }

  #takeOffer(message: DhcpMessage, now: number): void {
    const server = getIpv4Option(message.options, OPTION_SERVER_ID)
    if (server === undefined || message.yiaddr === ANY_IPV4) return
    this.#offered = message.yiaddr
    this.#server = server
    this.#state = 'REQUESTING'
    this.#sent = 0
    this.#request(now)
  }

  #acknowledge(message: DhcpMessage): void {
    const { options, yiaddr } = message
    const seconds = getU32Option(options, OPTION_LEASE_TIME)
    if (seconds === undefined || yiaddr === ANY_IPV4) return
    const before = this.#lease
    const lease = readLease(message, getIpv4Option(options, OPTION_SERVER_ID) ?? this.#server)
    this.#server = lease.server
    this.#lease = lease
    this.#state = 'BOUND'
    this.#setTimes(options, seconds)
    if (before?.address !== lease.address) this.#options.bound(lease)
  }

  /** Times run from the moment the request was sent (section 4.4.1). */
  #setTimes(options: DhcpOptionMap, seconds: number): void {
    if (seconds === INFINITE_LEASE) {
      this.#renewAt = this.#rebindAt = this.#expiresAt = Number.POSITIVE_INFINITY
      return
    }
    const length = Math.max(seconds, LEASE_SECONDS_MIN)
    const atLeast = length / 10
    const t2 = clamp(getU32Option(options, OPTION_REBINDING_TIME) ?? length * 0.875, atLeast, length)
    const t1 = clamp(getU32Option(options, OPTION_RENEWAL_TIME) ?? length * 0.5, atLeast, t2)
    this.#renewAt = this.#requestedAt + t1 * 1000
    this.#rebindAt = this.#requestedAt + t2 * 1000
    this.#expiresAt = this.#requestedAt + length * 1000
  }

  #lose(now: number): void {
    const had = this.#lease !== undefined
    this.#lease = undefined
    if (had) this.#options.lost()
    this.start(now)
  }

  #discover(now: number): void {
    this.#repeatLater(now)
    this.#send(this.#newOptions(DHCPDISCOVER), ANY_IPV4, ANY_IPV4, BROADCAST_IPV4, now - this.#startedAt)
  }

  #request(now: number): void {
    this.#repeatLater(now)
    this.#requestedAt = now
    const options = this.#newOptions(DHCPREQUEST)
    setIpv4sOption(options, OPTION_REQUESTED_ADDRESS, this.#offered)
    setIpv4sOption(options, OPTION_SERVER_ID, this.#server)
    this.#send(options, ANY_IPV4, ANY_IPV4, BROADCAST_IPV4, now - this.#startedAt)
  }

  /** Section 4.3.6: neither server identifier nor requested address, but `ciaddr`. */
  #renew(now: number): void {
    const lease = this.#lease
    if (lease === undefined) return
    const isRenewing = this.#state === 'RENEWING'
    const until = isRenewing ? this.#rebindAt : this.#expiresAt
    this.#repeatAt = now + Math.max((until - now) / 2, RENEW_INTERVAL_MIN_MS)
    this.#requestedAt = now
    const to = isRenewing ? lease.server : BROADCAST_IPV4
    this.#send(this.#newOptions(DHCPREQUEST), lease.address, lease.address, to, 0)
  }

  #repeatLater(now: number): void {
    const interval = Math.min(FIRST_INTERVAL_MS * 2 ** this.#sent, LAST_INTERVAL_MS)
    this.#sent += 1
    this.#repeatAt = now + interval
  }

  #newTransaction(): void {
    this.#xid = this.#options.random()
  }

  #newOptions(type: number): DhcpOptionMap {
    const options: DhcpOptionMap = new Map()
    setU8Option(options, OPTION_MESSAGE_TYPE, type)
    if (type === DHCPRELEASE) return options
    options.set(OPTION_PARAMETER_LIST, Uint8Array.from(REQUESTED_OPTIONS))
    if (this.#options.hostName !== '') setTextOption(options, OPTION_HOST_NAME, this.#options.hostName)
    return options
  }

  #send(options: DhcpOptionMap, ciaddr: Ipv4Address, from: Ipv4Address, to: Ipv4Address, elapsedMs: number): void {
    const message: DhcpMessage = {
      op: BOOTREQUEST,
      hops: 0,
      xid: this.#xid,
      secs: Math.min(Math.floor(elapsedMs / 1000), 0xffff),
      flags: 0,
      ciaddr,
      yiaddr: ANY_IPV4,
      siaddr: ANY_IPV4,
      giaddr: ANY_IPV4,
      chaddr: this.#options.macAddress,
      sname: '',
      file: '',
      options,
    }
    this.#options.send(message, from, to)
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}

function readLease({ options, yiaddr }: DhcpMessage, server: Ipv4Address): Lease {
  // RFC 3442: where classless routes are given, the router option is not looked at.
  const classless = getRoutesOption(options, OPTION_CLASSLESS_ROUTES)
  const gateway = getIpv4sOption(options, OPTION_ROUTER)?.[0]
  const routes = gateway === undefined ? [] : [{ network: ANY_IPV4, mask: ANY_IPV4, gateway }]
  return {
    address: yiaddr,
    mask: getIpv4Option(options, OPTION_SUBNET_MASK) ?? maskOf(24),
    server,
    dnsServers: getIpv4sOption(options, OPTION_DNS_SERVER) ?? [],
    domainName: getTextOption(options, OPTION_DOMAIN_NAME) ?? '',
    mtu: getU16Option(options, OPTION_INTERFACE_MTU),
    routes: classless ?? routes,
  }
}
