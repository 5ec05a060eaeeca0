// What the NATs must know of the network of this computer: which addresses are its own, on which of them this process
// listens itself, and which interface leads where. Asked for new flows only, and read from the kernel once a second at most.

import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { inSubnet, parseIpv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { parseMac } from '../wire/mac.ts'

const FRESH_MS = 1000
const ROUTES_FILE = '/proc/net/route'

/** Ports on which this process has doors for administrators and VPN clients; guests do not get to them unless a rule says so. */
const listening = new Map<number, number>()

/** @returns what says that it listens there no more */
export function listensOn(port: number): () => void {
  listening.set(port, (listening.get(port) ?? 0) + 1)
  let isOpen = true
  return () => {
    if (!isOpen) return
    isOpen = false
    const left = (listening.get(port) ?? 1) - 1
    if (left === 0) listening.delete(port)
    else listening.set(port, left)
  }
}

interface Interfaces {
  /** Own address → name of the interface. */
  readonly addresses: ReadonlyMap<number, string>
  readonly macs: ReadonlyMap<number, string>
}

export class HostNetwork {
  readonly #now: () => number
  readonly #read: () => Interfaces
  #readAt = Number.NEGATIVE_INFINITY
  #interfaces: Interfaces = { addresses: new Map(), macs: new Map() }

  /** @param now monotonic milliseconds @param read asks the kernel */
  constructor(now: () => number, read: () => Interfaces = readInterfaces) {
    this.#now = now
    this.#read = read
  }

  /** Every address of 127.0.0.0/8 is this computer too, but closed for another reason. */
  isOwnListener(protocol: string, address: Ipv4Address, port: number): boolean {
    return protocol === 'tcp' && listening.has(port) && this.#fresh().addresses.has(address)
  }

  /**
   * Whether a guest is this computer itself. Its network card says so, where that is known: an address may by chance be
   * that of this computer in a network of its own.
   */
  isThisComputer(address: Ipv4Address, mac: MacAddress | undefined): boolean {
    const { addresses, macs } = this.#fresh()
    return mac === undefined ? addresses.has(address) : macs.has(mac)
  }

  /** The interface by which this computer reaches `destination`; else the one that has `source` or `mac`. */
  interfaceOf(destination: Ipv4Address, source: Ipv4Address, mac: MacAddress | undefined): string {
    const { addresses, macs } = this.#fresh()
    const owner = addresses.get(source) ?? (mac === undefined ? undefined : macs.get(mac))
    return owner ?? routeTo(destination, readRoutes()) ?? '?'
  }

  #fresh(): Interfaces {
    const now = this.#now()
    if (now - this.#readAt >= FRESH_MS) {
      this.#readAt = now
      this.#interfaces = this.#read()
    }
    return this.#interfaces
  }
}

function readInterfaces(): Interfaces {
  const addresses = new Map<number, string>()
  const macs = new Map<number, string>()
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    for (const entry of entries) {
      if (entry.internal) continue
      const address = entry.family === 'IPv4' ? parseIpv4(entry.address) : undefined
      if (address !== undefined) addresses.set(address, name)
      const mac = parseMac(entry.mac)
      if (mac !== undefined && mac !== 0) macs.set(mac, name)
    }
  }
  return { addresses, macs }
}

function readRoutes(): string {
  try {
    return readFileSync(ROUTES_FILE, 'utf8')
  } catch {
    return ''
  }
}

/**
 * The interface of the longest matching route, the smallest metric among equals.
 * @param table the text of /proc/net/route: addresses are hexadecimal, in the byte order of the machine
 */
export function routeTo(destination: Ipv4Address, table: string): string | undefined {
  const RTF_UP = 1
  let best: { name: string; mask: number; metric: number } | undefined
  for (const line of table.split('\n').slice(1)) {
    const [name = '', network = '', , flags = '', , , metricText = '', maskText = ''] = line.split('\t')
    if (name === '' || (Number.parseInt(flags, 16) & RTF_UP) === 0) continue
    const mask = littleEndian(maskText)
    if (!inSubnet(destination, littleEndian(network), mask)) continue
    const metric = Number(metricText)
    if (best === undefined || mask > best.mask || (mask === best.mask && metric < best.metric)) {
      best = { name, mask, metric }
    }
  }
  return best?.name
}

function littleEndian(hex: string): Ipv4Address {
  const bytes = hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? []
  return bytes.reduceRight((address, byte) => address * 256 + byte, 0) as Ipv4Address
}
