// The virtual DHCP server: RFC 2131 section 4.3 over the lease table of dhcp-leases.ts. A message in, at most one reply
// out; time is an argument, expiry is computed when asked, so nothing runs while nobody speaks.
//
// A client is its client identifier (option 61), or its hardware address when it sends none (section 4.2).
// The four forms of a REQUEST (section 4.3.2, table 4) are told apart by options 54 and 50 and by ciaddr:
//
//   SELECTING    54          an offer is taken: ours → ACK or NAK; another server's → silence, our offer is withdrawn
//   INIT-REBOOT  50          ACK what the client is bound to, NAK another or foreign address, silence to a stranger
//   RENEWING     ciaddr, unicast     ACK; also a stranger's free address of the pool, so that a lost table cuts nobody off
//   REBINDING    ciaddr, broadcast   the same, but a stranger's address outside of the pool is another server's affair
//
// NAKs to strangers stop while other servers are heard of on the segment: a bridged LAN's clients are not ours to judge.

import {
  BOOTREQUEST,
  DHCPACK,
  DHCPDECLINE,
  DHCPDISCOVER,
  DHCPINFORM,
  DHCPOFFER,
  DHCPRELEASE,
  DHCPREQUEST,
  type DhcpMessage,
  getIpv4Option,
  getTextOption,
  getU8Option,
  OPTION_CLIENT_ID,
  OPTION_HOST_NAME,
  OPTION_MESSAGE_TYPE,
  OPTION_REQUESTED_ADDRESS,
  OPTION_SERVER_ID,
} from '../wire/dhcp.ts'
import { ANY_IPV4, broadcastOf, type Ipv4Address, inSubnet, networkOf, prefixLength } from '../wire/ipv4-address.ts'
import { isMulticastMac, ZERO_MAC } from '../wire/mac.ts'
import type { AddressPool, DhcpLeases, StoredLease } from './dhcp-leases.ts'
import {
  acceptingReply,
  addressReply,
  type DhcpReply,
  type DhcpSettings,
  type DhcpSource,
  fitReply,
  refusingReply,
} from './dhcp-reply.ts'
import type { DhcpLeaseRow } from './events.ts'
import type { DhcpOptions, VirtualHostOptions } from './options.ts'

/** RFC 2132 section 9.14 demands two bytes; what one option carries unsplit is enough for every real client. */
const CLIENT_ID_LEN_MIN = 2
const CLIENT_ID_LEN_MAX = 255
const HOST_NAME_LENGTH_MAX = 255
/** How long another server on the segment is remembered after a client last chose it. */
export const OTHER_SERVER_MS = 86_400_000

export interface DhcpServerDeps {
  /** Milliseconds of the Unix epoch. */
  now(): number
  /** A client got a lease it did not have; the renewal of a running lease is not reported. */
  entryCreated(lease: DhcpLeaseRow, leaseSeconds: number): void
}

export class DhcpServer {
  readonly stats = {
    rxDiscover: 0,
    rxRequest: 0,
    rxDecline: 0,
    rxRelease: 0,
    rxInform: 0,
    txOffer: 0,
    txAck: 0,
    txNak: 0,
    /** A message while the server is switched off. */
    ignoredDisabled: 0,
    /** A REQUEST, DECLINE or RELEASE that names another server. */
    ignoredOtherServer: 0,
    /** A REQUEST by a client we know nothing of and have no say over. */
    ignoredUnknownClient: 0,
    /** A DECLINE or RELEASE of an address that its sender does not have from us. */
    ignoredNotHolder: 0,
    droppedNotRequest: 0,
    droppedBootp: 0,
    droppedUnknownType: 0,
    droppedBadHardwareAddress: 0,
    droppedBadClientId: 0,
    droppedNoAddress: 0,
    /** The relay's network is not ours: we have no addresses for it. */
    droppedForeignRelay: 0,
    poolExhausted: 0,
    /** Routes that did not fit into what the client can take. */
    omittedOptions: 0,
  }
  readonly #leases: DhcpLeases
  readonly #deps: DhcpServerDeps
  #settings: DhcpSettings
  #pool: AddressPool
  #otherServerAt = Number.NEGATIVE_INFINITY

  constructor(host: VirtualHostOptions, mtu: number, options: DhcpOptions, leases: DhcpLeases, deps: DhcpServerDeps) {
    this.#leases = leases
    this.#deps = deps
    this.#settings = { host, mtu, options }
    this.#pool = poolOf(host, options)
  }

  /** Running leases stay; a client whose address is no longer in the pool is told so when it renews. */
  configure(host: VirtualHostOptions, mtu: number, options: DhcpOptions): void {
    this.#settings = { host, mtu, options }
    this.#pool = poolOf(host, options)
  }

  /** Running leases only. */
  table(): DhcpLeaseRow[] {
    return this.#leases.live(this.#deps.now()).map(rowOf)
  }

  input(message: DhcpMessage, source: DhcpSource): DhcpReply | undefined {
    const clientKey = this.#accept(message)
    if (clientKey === undefined) return undefined
    const now = this.#deps.now()
    switch (getU8Option(message.options, OPTION_MESSAGE_TYPE)) {
      case DHCPDISCOVER:
        this.stats.rxDiscover += 1
        return this.#discover(message, source, clientKey, now)
      case DHCPREQUEST:
        this.stats.rxRequest += 1
        return this.#request(message, source, clientKey, now)
      case DHCPDECLINE:
        this.stats.rxDecline += 1
        this.#decline(message, clientKey, now)
        return undefined
      case DHCPRELEASE:
        this.stats.rxRelease += 1
        this.#release(message, clientKey, now)
        return undefined
      case DHCPINFORM:
        this.stats.rxInform += 1
        return this.#acknowledge(message, source, ANY_IPV4)
      default:
        this.stats.droppedUnknownType += 1
        return undefined
    }
  }

  /** The sender's key, when the message is one that a server may answer at all. */
  #accept(message: DhcpMessage): string | undefined {
    const { stats } = this
    const { options } = this.#settings
    if (!options.enabled) return count(stats, 'ignoredDisabled')
    if (message.op !== BOOTREQUEST) return count(stats, 'droppedNotRequest')
    if (!message.options.has(OPTION_MESSAGE_TYPE)) return count(stats, 'droppedBootp')
    if (message.chaddr === ZERO_MAC || isMulticastMac(message.chaddr)) return count(stats, 'droppedBadHardwareAddress')
    if (message.giaddr !== ANY_IPV4 && !inSubnet(message.giaddr, options.leaseStart, options.subnetMask)) {
      return count(stats, 'droppedForeignRelay')
    }
    return clientKey(message) ?? count(stats, 'droppedBadClientId')
  }

  #discover(message: DhcpMessage, source: DhcpSource, clientKey: string, now: number): DhcpReply | undefined {
    const requested = getIpv4Option(message.options, OPTION_REQUESTED_ADDRESS)
    const address = this.#leases.offer(clientKey, requested, this.#pool, now)
    if (address === undefined) return count(this.stats, 'poolExhausted')
    this.stats.txOffer += 1
    return this.#reply(acceptingReply(this.#settings, message, DHCPOFFER, address), message, source)
  }

  #request(message: DhcpMessage, source: DhcpSource, clientKey: string, now: number): DhcpReply | undefined {
    const { host, options } = this.#settings
    const server = getIpv4Option(message.options, OPTION_SERVER_ID)
    const requested = getIpv4Option(message.options, OPTION_REQUESTED_ADDRESS)
    if (server !== undefined && server !== host.ipAddress) {
      this.#otherServerAt = now
      this.#leases.withdrawOffer(clientKey)
      return count(this.stats, 'ignoredOtherServer')
    }
    const address = message.ciaddr === ANY_IPV4 ? requested : message.ciaddr
    if (address === undefined || address === ANY_IPV4) return count(this.stats, 'droppedNoAddress')

    const isAvailable = this.#leases.isAvailable(address, clientKey, this.#pool, now)
    const binding = this.#leases.ofClient(clientKey)
    if (server !== undefined) {
      // SELECTING. Any address that is free will do: the offer may have been made before a restart.
      return isAvailable ? this.#grant(message, source, clientKey, address, now) : this.#refuse(message, source)
    }
    // A client that had an address from us long ago and now comes with a foreign one is as good as a stranger.
    if (binding !== undefined && (binding.expiresAt > now || this.#pool.has(address))) {
      const isRight = binding.ipAddress === address && isAvailable
      return isRight ? this.#grant(message, source, clientKey, address, now) : this.#refuse(message, source)
    }

    // A stranger, in INIT-REBOOT, RENEWING or REBINDING.
    const isUnicast = source.destination === host.ipAddress && message.giaddr === ANY_IPV4
    if (message.ciaddr !== ANY_IPV4) {
      if (isAvailable) return this.#grant(message, source, clientKey, address, now)
      // Sent to us alone, or about an address that only we give out.
      if (isUnicast || this.#pool.has(address)) return this.#refuse(message, source)
    }
    const isForeign = !inSubnet(address, options.leaseStart, options.subnetMask)
    if (isForeign && now - this.#otherServerAt > OTHER_SERVER_MS) return this.#refuse(message, source)
    return count(this.stats, 'ignoredUnknownClient')
  }

  #decline(message: DhcpMessage, clientKey: string, now: number): void {
    const address = getIpv4Option(message.options, OPTION_REQUESTED_ADDRESS)
    if (this.#isForOtherServer(message)) {
      this.stats.ignoredOtherServer += 1
    } else if (address === undefined) {
      this.stats.droppedNoAddress += 1
    } else if (
      // Else one guest could decline the whole pool away.
      this.#leases.ofClient(clientKey)?.ipAddress === address ||
      this.#leases.offeredTo(clientKey, now) === address
    ) {
      this.#leases.decline(address, clientKey, now)
    } else {
      this.stats.ignoredNotHolder += 1
    }
  }

  #release(message: DhcpMessage, clientKey: string, now: number): void {
    const lease = this.#leases.ofClient(clientKey)
    if (this.#isForOtherServer(message)) this.stats.ignoredOtherServer += 1
    else if (lease === undefined || lease.ipAddress !== message.ciaddr) this.stats.ignoredNotHolder += 1
    else this.#leases.release(lease, now)
  }

  #isForOtherServer(message: DhcpMessage): boolean {
    const server = getIpv4Option(message.options, OPTION_SERVER_ID)
    return server !== undefined && server !== this.#settings.host.ipAddress
  }

  #grant(
    message: DhcpMessage,
    source: DhcpSource,
    clientKey: string,
    address: Ipv4Address,
    now: number,
  ): DhcpReply | undefined {
    const { leaseSeconds } = this.#settings.options
    // A renewal may leave the name out; then the one from before still holds.
    const hostName = hostNameOf(message) ?? this.#leases.ofClient(clientKey)?.hostName ?? ''
    const client = { clientKey, macAddress: message.chaddr, hostName }
    const granted = this.#leases.lease(client, address, now, leaseSeconds * 1000)
    if (granted === undefined) return count(this.stats, 'poolExhausted')
    if (granted.isNew) this.#deps.entryCreated(rowOf(granted.lease), leaseSeconds)
    return this.#acknowledge(message, source, address)
  }

  #acknowledge(message: DhcpMessage, source: DhcpSource, yiaddr: Ipv4Address): DhcpReply {
    this.stats.txAck += 1
    return this.#reply(acceptingReply(this.#settings, message, DHCPACK, yiaddr), message, source)
  }

  #refuse(message: DhcpMessage, source: DhcpSource): DhcpReply {
    this.stats.txNak += 1
    return this.#reply(refusingReply(this.#settings, message), message, source)
  }

  #reply(reply: DhcpMessage, request: DhcpMessage, source: DhcpSource): DhcpReply {
    this.stats.omittedOptions += fitReply(reply, request, this.#settings.mtu)
    return addressReply(reply, request, source)
  }
}

function count<Name extends string>(stats: Record<Name, number>, name: Name): undefined {
  stats[name] += 1
  return undefined
}

/**
 * An identifier that is only the hardware address again (type 01, RFC 2132 section 9.14) makes the same client as none:
 * so boot firmware, initramfs and operating system of one guest share one lease. `undefined`: the identifier is impossible.
 */
function clientKey(message: DhcpMessage): string | undefined {
  const mac = message.chaddr.toString(16).padStart(12, '0')
  const id = message.options.get(OPTION_CLIENT_ID)
  if (id === undefined) return `mac:${mac}`
  if (id.length < CLIENT_ID_LEN_MIN || id.length > CLIENT_ID_LEN_MAX) return undefined
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex === `01${mac}` ? `mac:${mac}` : `id:${hex}`
}

/** Shown to people and written into log lines: characters that could forge or disguise a line become question marks. */
function hostNameOf(message: DhcpMessage): string | undefined {
  return getTextOption(message.options, OPTION_HOST_NAME)
    ?.slice(0, HOST_NAME_LENGTH_MAX)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

function rowOf({ id, leasedAt, expiresAt, macAddress, ipAddress, hostName }: StoredLease): DhcpLeaseRow {
  return { id, leasedAt, expiresAt, macAddress, ipAddress, hostName }
}

/** The range without what cannot be a guest's: network and broadcast address, the virtual host, the gateway, the DNS servers. */
function poolOf(host: VirtualHostOptions, options: DhcpOptions): AddressPool {
  const { leaseStart, leaseEnd, subnetMask } = options
  const setAside = new Set([host.ipAddress, options.gateway, options.dnsServer1, options.dnsServer2])
  // A /31 or /32 has neither network nor broadcast address (RFC 3021).
  const isPlain = (prefixLength(subnetMask) ?? 0) <= 30
  const isNetworkOwn = (address: Ipv4Address): boolean =>
    isPlain && (address === networkOf(address, subnetMask) || address === broadcastOf(address, subnetMask))
  return {
    first: leaseStart,
    last: leaseEnd,
    has: (address) => address >= leaseStart && address <= leaseEnd && !setAside.has(address) && !isNetworkOwn(address),
  }
}
