// The virtual DHCP server: RFC 2131 section 4.3 over the lease table of dhcp-leases.ts. A message in, at most one reply out; time is
// an argument, and nothing here waits: a DISCOVER whose address is still being asked for (address-probe.ts) is postponed, that is
// handed back to the owner, who gives it to `resume` when its time has come.
//
// A client is its client identifier (option 61), or its hardware address when it sends none (section 4.2). It may have an address
// reserved (dhcp-reservations.ts): then no other is right while that one is free.
// The four forms of a REQUEST (section 4.3.2, table 4) are told apart by options 54 and 50 and by ciaddr:
//
//   SELECTING    54          an offer is taken: ours → ACK or NAK; another server's → silence, our offer is withdrawn
//   INIT-REBOOT  50          ACK what the client is bound to, NAK another or foreign address, silence to a stranger
//   RENEWING     ciaddr, unicast     ACK; also a stranger's free address of the pool, so that a lost table cuts nobody off
//   REBINDING    ciaddr, broadcast   the same, but a stranger's address outside of the pool is another server's affair
//
// NAKs to strangers stop while other servers are heard of on the segment: a bridged LAN's clients are not ours to judge.

import {
  BOOTREPLY,
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
  getU8Option,
  OPTION_MESSAGE_TYPE,
  OPTION_REQUESTED_ADDRESS,
  OPTION_SERVER_ID,
} from '../wire/dhcp.ts'
import { ANY_IPV4, type Ipv4Address, inSubnet } from '../wire/ipv4-address.ts'
import { isMulticastMac, type MacAddress, ZERO_MAC } from '../wire/mac.ts'
import { addressPool } from './address-pool.ts'
import type { StoredLease } from './dhcp-bindings.ts'
import { clientKeyOf, hostNameOf } from './dhcp-client.ts'
import { type Claimant, type DhcpLeases, QUARANTINE_MS } from './dhcp-leases.ts'
import {
  acceptingReply,
  addressReply,
  type DhcpReply,
  type DhcpSettings,
  type DhcpSource,
  fitReply,
  refusingReply,
} from './dhcp-reply.ts'
import { DhcpReports } from './dhcp-reports.ts'
import { DhcpReservations } from './dhcp-reservations.ts'
import { type DhcpStats, newDhcpStats } from './dhcp-stats.ts'
import type { DhcpLeaseRow, SecureNatEvents } from './events.ts'
import type { DhcpOptions, DhcpReservation, VirtualHostOptions } from './options.ts'
import { OtherServers } from './other-servers.ts'
import type { AddressPool } from './unused-addresses.ts'

/** Addresses the virtual host had before; clients still name them. */
const FORMER_ADDRESSES_MAX = 16

export interface DhcpServerDeps {
  /** Milliseconds of the Unix epoch. */
  now(): number
  /** `dhcpEntryCreated` is told of leases a client did not have; the renewal of a running lease is not reported. */
  events: Pick<
    SecureNatEvents,
    | 'dhcpEntryCreated'
    | 'dhcpEntryEnded'
    | 'dhcpAddressInUse'
    | 'dhcpAddressDeclined'
    | 'dhcpPoolExhausted'
    | 'dhcpOtherServerHeard'
  >
  /** Asks for an address. @returns milliseconds until silence means that nobody has it; 0: nobody has */
  probe(address: Ipv4Address, isInDoubt: boolean): number
  /** The other host that is known to use an address. */
  userOf(address: Ipv4Address, except: MacAddress): MacAddress | undefined
  /** To be given to `resume` after so long. */
  postpone(message: DhcpMessage, source: DhcpSource, clientKey: string, address: Ipv4Address, delayMs: number): void
}

/** A message's sender. */
interface Client extends Claimant {
  readonly reservation: DhcpReservation | undefined
}

export class DhcpServer {
  readonly stats = newDhcpStats()
  readonly otherServers: OtherServers
  readonly #leases: DhcpLeases
  readonly #deps: DhcpServerDeps
  readonly #reports: DhcpReports
  readonly #formerAddresses = new Set<Ipv4Address>()
  #settings: DhcpSettings
  #reservations: DhcpReservations
  #pool: AddressPool

  constructor(host: VirtualHostOptions, mtu: number, options: DhcpOptions, leases: DhcpLeases, deps: DhcpServerDeps) {
    this.#leases = leases
    this.#deps = deps
    this.#reports = new DhcpReports(deps.events)
    this.otherServers = new OtherServers((address, mac) => deps.events.dhcpOtherServerHeard(address, mac))
    this.#settings = { host, mtu, options }
    this.#reservations = new DhcpReservations(options.reservations)
    this.#pool = addressPool(host, options, this.#reservations)
  }

  /** Running leases stay; a client whose address it may not have any more is told so when it renews. */
  configure(host: VirtualHostOptions, mtu: number, options: DhcpOptions): void {
    const before = this.#settings.host.ipAddress
    if (before !== host.ipAddress) {
      this.#formerAddresses.add(before)
      this.#formerAddresses.delete(host.ipAddress)
      if (this.#formerAddresses.size > FORMER_ADDRESSES_MAX) {
        this.#formerAddresses.delete(this.#formerAddresses.keys().next().value as Ipv4Address)
      }
    }
    this.#settings = { host, mtu, options }
    this.#reservations = new DhcpReservations(options.reservations)
    this.#pool = addressPool(host, options, this.#reservations)
  }

  /** Running leases only. */
  table(): DhcpLeaseRow[] {
    return this.#leases.live(this.#deps.now()).map(rowOf)
  }

  /** The addresses that strangers would be offered next. */
  candidates(count: number): Ipv4Address[] {
    if (!this.#settings.options.enabled) return []
    return this.#leases.candidates(count, this.#pool, this.#deps.now())
  }

  /** Could be a client's: of the pool, or reserved. */
  gives(address: Ipv4Address): boolean {
    return this.#pool.has(address) || this.#reservations.has(address)
  }

  /** Ends a running lease and forgets whose it was. The client may have the address again when it asks. */
  deleteLease(address: Ipv4Address): boolean {
    const lease = this.#leases.holderOf(address, this.#deps.now())
    if (lease === undefined) return false
    this.#leases.remove(lease)
    this.#deps.events.dhcpEntryEnded(rowOf(lease), 'deleted')
    return true
  }

  /** When `expire` has something to do; may be too early. Milliseconds of the Unix epoch. */
  get nextExpiry(): number {
    return this.#leases.nextExpiry
  }

  expire(): void {
    for (const lease of this.#leases.takeExpired(this.#deps.now())) {
      this.#deps.events.dhcpEntryEnded(rowOf(lease), 'expired')
    }
  }

  input(message: DhcpMessage, source: DhcpSource): DhcpReply | undefined {
    const client = this.#accept(message)
    if (client === undefined) return undefined
    const now = this.#deps.now()
    // Before an address goes to somebody else its last lease has ended, in the log too.
    this.expire()
    switch (getU8Option(message.options, OPTION_MESSAGE_TYPE)) {
      case DHCPDISCOVER:
        this.stats.rxDiscover += 1
        return this.#discover(message, source, client, now)
      case DHCPREQUEST:
        this.stats.rxRequest += 1
        return this.#request(message, source, client, now)
      case DHCPDECLINE:
        this.stats.rxDecline += 1
        this.#decline(message, client, now)
        return undefined
      case DHCPRELEASE:
        this.stats.rxRelease += 1
        this.#release(message, client, now)
        return undefined
      case DHCPINFORM:
        this.stats.rxInform += 1
        return this.#acknowledge(message, source, client, ANY_IPV4)
      default:
        this.stats.droppedUnknownType += 1
        return undefined
    }
  }

  /** A DISCOVER that was postponed. */
  resume(message: DhcpMessage, source: DhcpSource): DhcpReply | undefined {
    const client = this.#settings.options.enabled ? this.#clientOf(message) : undefined
    return client && this.#discover(message, source, client, this.#deps.now())
  }

  /** What a server sent to a client and everybody heard. */
  heardReply(message: DhcpMessage, source: DhcpSource): void {
    if (message.op !== BOOTREPLY || !message.options.has(OPTION_MESSAGE_TYPE)) return
    const server = getIpv4Option(message.options, OPTION_SERVER_ID) ?? source.address
    if (this.#isOurs(server) || source.mac === this.#settings.host.macAddress) return
    this.stats.rxOtherServer += 1
    this.otherServers.heard(server, source.mac, this.#deps.now())
  }

  /** The sender, when the message is one that a server may answer at all. */
  #accept(message: DhcpMessage): Client | undefined {
    const { options } = this.#settings
    if (!options.enabled) return this.#count('ignoredDisabled')
    if (message.op !== BOOTREQUEST) return this.#count('droppedNotRequest')
    if (!message.options.has(OPTION_MESSAGE_TYPE)) return this.#count('droppedBootp')
    if (message.chaddr === ZERO_MAC || isMulticastMac(message.chaddr)) return this.#count('droppedBadHardwareAddress')
    if (message.giaddr !== ANY_IPV4 && !inSubnet(message.giaddr, options.leaseStart, options.subnetMask)) {
      return this.#count('droppedForeignRelay')
    }
    return this.#clientOf(message) ?? this.#count('droppedBadClientId')
  }

  #clientOf(message: DhcpMessage): Client | undefined {
    const clientKey = clientKeyOf(message)
    if (clientKey === undefined) return undefined
    const reservation = this.#reservations.of(message)
    const macAddress = message.chaddr
    return {
      clientKey,
      macAddress,
      reservation,
      reserved: reservation?.ipAddress,
      isUsedByOther: (address) => this.#isUsedByOther(address, macAddress),
    }
  }

  #isUsedByOther(address: Ipv4Address, macAddress: MacAddress): boolean {
    const user = this.#deps.userOf(address, macAddress)
    if (user === undefined) return false
    this.stats.addressInUse += 1
    this.#reports.addressInUse(address, user)
    return true
  }

  #discover(message: DhcpMessage, source: DhcpSource, client: Client, now: number): DhcpReply | undefined {
    const requested = getIpv4Option(message.options, OPTION_REQUESTED_ADDRESS)
    const address = this.#leases.offer(client, requested, this.#pool, now)
    if (address === undefined) return this.#exhausted(now)
    const binding = this.#leases.ofClient(client.clientKey)
    const isItsOwn = binding?.ipAddress === address && binding.expiresAt > now
    const delayMs = isItsOwn ? 0 : this.#deps.probe(address, this.#leases.isInDoubt(address, client))
    if (delayMs > 0) {
      this.stats.postponedOffers += 1
      this.#deps.postpone(message, source, client.clientKey, address, delayMs)
      return undefined
    }
    this.stats.txOffer += 1
    return this.#reply(this.#accepting(message, client, DHCPOFFER, address), message, source)
  }

  #request(message: DhcpMessage, source: DhcpSource, client: Client, now: number): DhcpReply | undefined {
    const { host, options } = this.#settings
    const { clientKey, reserved } = client
    const server = getIpv4Option(message.options, OPTION_SERVER_ID)
    const requested = getIpv4Option(message.options, OPTION_REQUESTED_ADDRESS)
    if (server !== undefined && !this.#isOurs(server)) {
      this.otherServers.heard(server, undefined, now)
      this.#leases.withdrawOffer(clientKey)
      return this.#count('ignoredOtherServer')
    }
    const address = message.ciaddr === ANY_IPV4 ? requested : message.ciaddr
    if (address === undefined || address === ANY_IPV4) return this.#count('droppedNoAddress')

    const isAvailable = this.#mayHave(address, client, now)
    if (server !== undefined) {
      // SELECTING. Any address that is free will do: the offer may have been made before a restart.
      return isAvailable ? this.#grant(message, source, client, address, now) : this.#refuse(message, source)
    }
    if (address === reserved && isAvailable) return this.#grant(message, source, client, address, now)
    const binding = this.#leases.ofClient(clientKey)
    // A client that had an address from us long ago and now comes with a foreign one is as good as a stranger.
    if (binding !== undefined && (binding.expiresAt > now || this.gives(address))) {
      const isRight = binding.ipAddress === address && isAvailable
      return isRight ? this.#grant(message, source, client, address, now) : this.#refuse(message, source)
    }

    // A stranger, in INIT-REBOOT, RENEWING or REBINDING.
    const isUnicast = source.destination === host.ipAddress && message.giaddr === ANY_IPV4
    if (message.ciaddr !== ANY_IPV4) {
      if (isAvailable) return this.#grant(message, source, client, address, now)
      // Sent to us alone, or about an address that only we give out.
      if (isUnicast || this.gives(address)) return this.#refuse(message, source)
    }
    const isForeign = !inSubnet(address, options.leaseStart, options.subnetMask)
    if (isForeign && !this.otherServers.isAnyAround(now)) return this.#refuse(message, source)
    return this.#count('ignoredUnknownClient')
  }

  /** A client with a reservation moves to its address as soon as nobody is on it. */
  #mayHave(address: Ipv4Address, client: Client, now: number): boolean {
    const { reserved } = client
    if (reserved !== undefined && reserved !== address && this.#leases.isAvailable(reserved, client, this.#pool, now)) {
      return false
    }
    return this.#leases.isAvailable(address, client, this.#pool, now)
  }

  #decline(message: DhcpMessage, { clientKey }: Client, now: number): void {
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
      this.#deps.events.dhcpAddressDeclined(address, message.chaddr, QUARANTINE_MS / 1000)
    } else {
      this.stats.ignoredNotHolder += 1
    }
  }

  #release(message: DhcpMessage, { clientKey }: Client, now: number): void {
    const lease = this.#leases.ofClient(clientKey)
    if (this.#isForOtherServer(message)) {
      this.stats.ignoredOtherServer += 1
    } else if (lease === undefined || lease.ipAddress !== message.ciaddr) {
      this.stats.ignoredNotHolder += 1
    } else if (lease.expiresAt > now) {
      this.#leases.release(lease, now)
      this.#deps.events.dhcpEntryEnded(rowOf(lease), 'released')
    }
  }

  #isForOtherServer(message: DhcpMessage): boolean {
    const server = getIpv4Option(message.options, OPTION_SERVER_ID)
    return server !== undefined && !this.#isOurs(server)
  }

  #isOurs(server: Ipv4Address): boolean {
    return server === this.#settings.host.ipAddress || this.#formerAddresses.has(server)
  }

  #count(name: keyof DhcpStats): undefined {
    this.stats[name] += 1
    return undefined
  }

  #exhausted(now: number): undefined {
    this.stats.poolExhausted += 1
    this.#reports.exhausted(now)
    return undefined
  }

  #grant(
    message: DhcpMessage,
    source: DhcpSource,
    client: Client,
    address: Ipv4Address,
    now: number,
  ): DhcpReply | undefined {
    const { leaseSeconds } = this.#settings.options
    const { clientKey, macAddress, reservation } = client
    // A renewal may leave the name out; then the one from before still holds.
    const hostName = reservation?.hostName ?? hostNameOf(message) ?? this.#leases.ofClient(clientKey)?.hostName ?? ''
    const granted = this.#leases.lease({ clientKey, macAddress, hostName }, address, now, leaseSeconds * 1000)
    if (granted === undefined) return this.#exhausted(now)
    if (granted.isNew) this.#deps.events.dhcpEntryCreated(rowOf(granted.lease), leaseSeconds)
    return this.#acknowledge(message, source, client, address)
  }

  #acknowledge(message: DhcpMessage, source: DhcpSource, client: Client, yiaddr: Ipv4Address): DhcpReply {
    this.stats.txAck += 1
    return this.#reply(this.#accepting(message, client, DHCPACK, yiaddr), message, source)
  }

  #accepting(message: DhcpMessage, { reservation }: Client, type: number, yiaddr: Ipv4Address): DhcpMessage {
    return acceptingReply(this.#settings, message, type, yiaddr, reservation?.hostName)
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

function rowOf({ id, leasedAt, expiresAt, macAddress, ipAddress, hostName }: StoredLease): DhcpLeaseRow {
  return { id, leasedAt, expiresAt, macAddress, ipAddress, hostName }
}
