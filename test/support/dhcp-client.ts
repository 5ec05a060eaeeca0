// A scripted DHCP client: builds what a client in each of RFC 2131's states sends, and speaks to a DhcpServer in virtual time.

import type { StoredLease } from '../../src/securenat/dhcp-bindings.ts'
import { DEFAULT_LEASE_LIMITS, DhcpLeases, type LeaseLimits } from '../../src/securenat/dhcp-leases.ts'
import type { DhcpReply, DhcpSource } from '../../src/securenat/dhcp-reply.ts'
import { DhcpServer, type DhcpServerDeps } from '../../src/securenat/dhcp-server.ts'
import type { DhcpLeaseRow } from '../../src/securenat/events.ts'
import { type DhcpOptions, defaultOptions, type VirtualHostOptions } from '../../src/securenat/options.ts'
import {
  BOOTREQUEST,
  DHCPDECLINE,
  DHCPDISCOVER,
  DHCPINFORM,
  DHCPRELEASE,
  DHCPREQUEST,
  type DhcpMessage,
  OPTION_MESSAGE_TYPE,
  setIpv4sOption,
  setU8Option,
} from '../../src/wire/dhcp.ts'
import { ANY_IPV4, BROADCAST_IPV4, formatIpv4, type Ipv4Address, ipv4 } from '../../src/wire/ipv4-address.ts'
import { formatMac, type MacAddress } from '../../src/wire/mac.ts'

export const SERVER_MAC = 0x00ac_0102_0304 as MacAddress
export const SERVER = ipv4('192.168.30.1')
export const DAY_0 = Date.UTC(2026, 10, 23)

export interface DhcpHarness {
  server: DhcpServer
  leases: DhcpLeases
  /** What a real store would have on disk now. */
  stored: Map<Ipv4Address, StoredLease>
  created: { lease: DhcpLeaseRow; leaseSeconds: number }[]
  /** Every other event, in words. */
  told: string[]
  /** Who answers ARP for which address. */
  users: Map<Ipv4Address, MacAddress>
  options: DhcpOptions
  host: VirtualHostOptions
  clock: { now: number }
  /** The same server started again on what was stored. */
  restart(): DhcpHarness
}

export function dhcpHarness(
  changes: Partial<DhcpOptions> = {},
  mtu = 1500,
  limits: LeaseLimits = DEFAULT_LEASE_LIMITS,
  stored = new Map<Ipv4Address, StoredLease>(),
  clock = { now: DAY_0 },
): DhcpHarness {
  const defaults = defaultOptions(SERVER_MAC, 'example.org')
  const options = { ...defaults.dhcp, ...changes }
  const created: DhcpHarness['created'] = []
  const leases = new DhcpLeases(
    [...stored.values()],
    {
      put: (lease) => stored.set(lease.ipAddress, { ...lease }),
      remove: (address) => stored.delete(address),
    },
    limits,
    clock.now,
  )
  const told: string[] = []
  const users: DhcpHarness['users'] = new Map()
  const server = new DhcpServer(defaults.host, mtu, options, leases, {
    ...quietDhcpDeps,
    now: () => clock.now,
    events: {
      dhcpEntryCreated: (lease, leaseSeconds) => created.push({ lease, leaseSeconds }),
      dhcpEntryEnded: ({ id }, reason) => told.push(`entry ${id} ${reason}`),
      dhcpAddressInUse: (address, mac) => told.push(`${formatIpv4(address)} in use by ${formatMac(mac)}`),
      dhcpAddressDeclined: (address, _mac, seconds) => told.push(`${formatIpv4(address)} declined for ${seconds} s`),
      dhcpPoolExhausted: (refused) => told.push(`exhausted, ${refused} refused`),
      dhcpOtherServerHeard: (address, mac) =>
        told.push(`server ${formatIpv4(address)}${mac === undefined ? '' : ` ${formatMac(mac)}`}`),
    },
    userOf: (address, except) => (users.get(address) === except ? undefined : users.get(address)),
  })
  const restart = () => dhcpHarness(changes, mtu, limits, new Map(structuredClone([...stored])), clock)
  return { server, leases, stored, created, told, users, options, host: defaults.host, clock, restart }
}

/** A segment where nobody answers ARP, and an owner who does not listen. */
export const quietDhcpDeps: DhcpServerDeps = {
  now: () => 0,
  events: {
    dhcpEntryCreated: () => {},
    dhcpEntryEnded: () => {},
    dhcpAddressInUse: () => {},
    dhcpAddressDeclined: () => {},
    dhcpPoolExhausted: () => {},
    dhcpOtherServerHeard: () => {},
  },
  probe: () => 0,
  userOf: () => undefined,
  postpone: () => {},
}

export interface Extras extends Partial<Omit<DhcpMessage, 'options'>> {
  options?: Record<number, Uint8Array>
}

export class DhcpClient {
  readonly mac: MacAddress
  readonly #harness: DhcpHarness
  readonly #extras: Extras
  #xid = 1

  /** @param extras are part of every message this client sends */
  constructor(harness: DhcpHarness, mac: number, extras: Extras = {}) {
    this.#harness = harness
    this.mac = mac as MacAddress
    this.#extras = extras
  }

  /** The same client after the server was started again. */
  at(harness: DhcpHarness): DhcpClient {
    return new DhcpClient(harness, this.mac, this.#extras)
  }

  message(type: number, extras: Extras = {}): DhcpMessage {
    const { options, ...fields } = { ...this.#extras, ...extras }
    const all = { ...this.#extras.options, ...options }
    const message: DhcpMessage = {
      op: BOOTREQUEST,
      hops: 0,
      xid: this.#xid++,
      secs: 0,
      flags: 0,
      ciaddr: ANY_IPV4,
      yiaddr: ANY_IPV4,
      siaddr: ANY_IPV4,
      giaddr: ANY_IPV4,
      chaddr: this.mac,
      sname: '',
      file: '',
      ...fields,
      options: new Map(),
    }
    setU8Option(message.options, OPTION_MESSAGE_TYPE, type)
    for (const [code, data] of Object.entries(all)) message.options.set(Number(code), data)
    return message
  }

  send(message: DhcpMessage, source: Partial<DhcpSource> = {}): DhcpReply | undefined {
    return this.#harness.server.input(message, {
      mac: this.mac,
      address: message.ciaddr,
      destination: BROADCAST_IPV4,
      ...source,
    })
  }

  discover(requested?: Ipv4Address, extras: Extras = {}): DhcpReply | undefined {
    return this.send(this.message(DHCPDISCOVER, withAddresses(extras, requested)))
  }

  select(requested: Ipv4Address, server: Ipv4Address = SERVER, extras: Extras = {}): DhcpReply | undefined {
    return this.send(this.message(DHCPREQUEST, withAddresses(extras, requested, server)))
  }

  initReboot(requested: Ipv4Address, extras: Extras = {}): DhcpReply | undefined {
    return this.send(this.message(DHCPREQUEST, withAddresses(extras, requested)))
  }

  renew(ciaddr: Ipv4Address, extras: Extras = {}): DhcpReply | undefined {
    return this.send(this.message(DHCPREQUEST, { ...extras, ciaddr }), { destination: SERVER })
  }

  rebind(ciaddr: Ipv4Address, extras: Extras = {}): DhcpReply | undefined {
    return this.send(this.message(DHCPREQUEST, { ...extras, ciaddr }))
  }

  release(ciaddr: Ipv4Address, server: Ipv4Address = SERVER): DhcpReply | undefined {
    return this.send(this.message(DHCPRELEASE, withAddresses({ ciaddr }, undefined, server)), { destination: SERVER })
  }

  decline(address: Ipv4Address, server: Ipv4Address = SERVER): DhcpReply | undefined {
    return this.send(this.message(DHCPDECLINE, withAddresses({}, address, server)))
  }

  inform(ciaddr: Ipv4Address, source: Partial<DhcpSource> = {}): DhcpReply | undefined {
    return this.send(this.message(DHCPINFORM, { ciaddr }), source)
  }

  /** DISCOVER, OFFER, REQUEST, ACK; throws when there is no lease in the end. */
  obtain(requested?: Ipv4Address): Ipv4Address {
    const offer = this.discover(requested)
    const ack = offer && this.select(offer.message.yiaddr)
    if (ack === undefined || ack.message.yiaddr === ANY_IPV4) throw new Error('no lease')
    return ack.message.yiaddr
  }
}

function withAddresses(extras: Extras, requested?: Ipv4Address, server?: Ipv4Address): Extras {
  const options = new Map<number, Uint8Array>()
  if (requested !== undefined) setIpv4sOption(options, 50, requested)
  if (server !== undefined) setIpv4sOption(options, 54, server)
  return { ...extras, options: { ...Object.fromEntries(options), ...extras.options } }
}
