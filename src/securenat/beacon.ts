// The idle beacon, an option: what the original broadcasts every five seconds so that switches and neighbours keep the virtual host
// in their tables: a datagram from port 7 to port 7 with a fixed text, and an ARP reply that nobody asked for. Off by default, since
// it wakes every guest; then it costs nothing.

import type { Deadline, DeadlineHeap } from '../stack/deadline-heap.ts'
import type { Stack } from '../stack/interface.ts'
import { broadcastOf } from '../wire/ipv4-address.ts'
import { BROADCAST_MAC } from '../wire/mac.ts'
import type { VirtualHostOptions } from './options.ts'

/** The protocol "echo", which nobody answers a broadcast of. */
const BEACON_PORT = 7
const TEXT = Uint8Array.from('SecureNAT Virtual TCP/IP Stack Beacon\0', (letter) => letter.charCodeAt(0))

export class Beacon implements Deadline {
  heapAt = 0
  heapIndex = -1
  readonly #stack: Stack
  readonly #deadlines: DeadlineHeap
  #host: VirtualHostOptions
  #at = Number.POSITIVE_INFINITY

  constructor(stack: Stack, deadlines: DeadlineHeap, host: VirtualHostOptions) {
    this.#stack = stack
    this.#deadlines = deadlines
    this.#host = host
  }

  /** Takes the settings; the stack's clock must be up to date. */
  configure(host: VirtualHostOptions): void {
    this.#host = host
    this.#at = this.#next(this.#stack.tcp.now)
    this.#deadlines.update(this)
  }

  nextDeadline(): number {
    return this.#at
  }

  expire(now: number): void {
    const { ipAddress, subnetMask } = this.#host
    const everybody = broadcastOf(ipAddress, subnetMask)
    this.#stack.udpOutput(ipAddress, BEACON_PORT, everybody, BEACON_PORT, TEXT, BROADCAST_MAC)
    this.#stack.announceTo(everybody)
    this.#at = this.#next(now)
  }

  #next(now: number): number {
    const { beaconSeconds } = this.#host
    return beaconSeconds === 0 ? Number.POSITIVE_INFINITY : now + beaconSeconds * 1000
  }
}
