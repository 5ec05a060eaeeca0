// Datagrams of many UDP sockets on their way through recvmmsg and sendmmsg.

import { errnoName } from '../os/libc.ts'
import { DatagramBatch } from '../os/sockets.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'

const RECEIVE_SLOTS = 32
const SEND_SLOTS = 64
/** Longer datagrams than this leave one by one. */
const SEND_SLOT_LEN = 2048
const DATAGRAM_LEN_MAX = 65_536
/** What one message for the kernel to cut may hold: 64 segments, and less than an IP packet. */
const SEGMENTS_MAX = 64
const SEGMENTED_BYTES_MAX = 65_000
/**
 * A refusal may be the kernel's for ever (an old one, a device that cannot finish checksums) or this path's (segments
 * above its MTU): so it is tried again, seldom.
 */
const SINGLE_FLUSHES = 1000

/** Memory for system calls, shared by all sockets of a set: what is read is passed on at once, what is sent soon. */
export class UdpBatches {
  #receive: DatagramBatch | undefined
  #send: DatagramBatch | undefined
  #sendLong: DatagramBatch | undefined
  /** Whose datagrams fill the send batch now, and how many. */
  #fd = -1
  #count = 0
  readonly #lengths = new Uint16Array(SEND_SLOTS)
  readonly #ports = new Uint16Array(SEND_SLOTS)
  readonly #addresses = new Uint32Array(SEND_SLOTS)
  /** Flushes to go without cut messages, after the kernel has refused one. */
  #singleFlushes = 0

  get receive(): DatagramBatch {
    this.#receive ??= new DatagramBatch(RECEIVE_SLOTS, DATAGRAM_LEN_MAX)
    return this.#receive
  }

  /** Copies the datagram; it leaves with the next flush, or when the batch is full or another socket's turn. */
  send(fd: number, bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (this.#fd !== fd || this.#count === SEND_SLOTS) this.flush()
    if (bytes.length > SEND_SLOT_LEN) {
      this.flush()
      this.#sendLong ??= new DatagramBatch(1, DATAGRAM_LEN_MAX)
      this.#sendLong.set(0, bytes, address, port)
      this.#sendLong.send(fd, 0, 1)
      return
    }
    this.#fd = fd
    this.#send ??= new DatagramBatch(SEND_SLOTS, SEND_SLOT_LEN)
    const slot = this.#count++
    this.#send.set(slot, bytes, address, port)
    this.#lengths[slot] = bytes.length
    this.#ports[slot] = port
    this.#addresses[slot] = address
  }

  flush(): void {
    if (this.#count === 0) return
    const batch = this.#send as DatagramBatch
    const sentSlots = this.#singleFlushes > 0 ? 0 : this.#sendMessages(batch)
    if (this.#singleFlushes > 0) this.#singleFlushes--
    if (sentSlots < this.#count) this.#sendSingly(batch, sentSlots)
    this.#count = 0
    this.#fd = -1
  }

  /** @returns how many slots are done with; fewer than all when the kernel does not cut messages */
  #sendMessages(batch: DatagramBatch): number {
    /** First slot of each message. */
    const firsts: number[] = []
    for (let slot = 0; slot < this.#count; ) {
      const count = this.#runLength(slot)
      batch.setMessage(firsts.length, slot, count, count > 1 ? (this.#lengths[slot] as number) : 0)
      firsts.push(slot)
      slot += count
    }
    for (let sent = 0; sent < firsts.length; ) {
      const n = batch.send(this.#fd, sent, firsts.length)
      if (n < 0 && REFUSES_SEGMENTS.has(errnoName())) {
        this.#singleFlushes = SINGLE_FLUSHES
        return firsts[sent] as number
      }
      // A message that cannot be sent is lost, as on any network; those behind it may be luckier.
      sent += Math.max(1, n)
    }
    return this.#count
  }

  #sendSingly(batch: DatagramBatch, from: number): void {
    for (let slot = from; slot < this.#count; slot++) batch.setMessage(slot, slot, 1, 0)
    for (let sent = from; sent < this.#count; ) sent += Math.max(1, batch.send(this.#fd, sent, this.#count))
  }

  /** Datagrams from `first` on that one message may carry: same destination, same length but for a shorter last. */
  #runLength(first: number): number {
    const len = this.#lengths[first] as number
    const most = len === 0 ? 1 : Math.min(SEGMENTS_MAX, Math.floor(SEGMENTED_BYTES_MAX / len))
    let count = 1
    while (count < most && first + count < this.#count) {
      const slot = first + count
      const next = this.#lengths[slot] as number
      if (this.#addresses[slot] !== this.#addresses[first] || this.#ports[slot] !== this.#ports[first]) break
      if (next > len || next === 0) break
      count++
      if (next < len) break
    }
    return count
  }
}

/** What `sendmmsg` says where UDP_SEGMENT is unknown, or the way out cannot do it. */
const REFUSES_SEGMENTS = new Set(['EINVAL', 'EIO', 'ENOPROTOOPT', 'EOPNOTSUPP', 'EMSGSIZE'])
