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

/** A socket whose datagrams travel in the batches. */
export interface DatagramSender {
  readonly fd: number
  /** The kernel refused a datagram to this destination. */
  notSent(errno: string, address: Ipv4Address, port: number): void
}

/** Memory for system calls, shared by all sockets of a set: what is read is passed on at once, what is sent soon. */
export class UdpBatches {
  #receive: DatagramBatch | undefined
  #send: DatagramBatch | undefined
  #sendLong: DatagramBatch | undefined
  /** Whose datagrams fill the send batch now, and how many. */
  #sender: DatagramSender | undefined
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
  send(sender: DatagramSender, bytes: Uint8Array, address: Ipv4Address, port: number): void {
    if (this.#sender !== sender || this.#count === SEND_SLOTS) this.flush()
    if (bytes.length > SEND_SLOT_LEN) {
      this.flush()
      this.#sendLong ??= new DatagramBatch(1, DATAGRAM_LEN_MAX)
      this.#sendLong.set(0, bytes, address, port)
      if (sendSome(this.#sendLong, sender.fd, 0, 1) < 0) sender.notSent(errnoName(), address, port)
      return
    }
    this.#sender = sender
    this.#send ??= new DatagramBatch(SEND_SLOTS, SEND_SLOT_LEN)
    const slot = this.#count++
    this.#send.set(slot, bytes, address, port)
    this.#lengths[slot] = bytes.length
    this.#ports[slot] = port
    this.#addresses[slot] = address
  }

  /** What this sender has gathered leaves now, as its socket is set up now. */
  flushOf(sender: DatagramSender): void {
    if (this.#sender === sender) this.flush()
  }

  flush(): void {
    if (this.#count === 0) return
    const batch = this.#send as DatagramBatch
    const sender = this.#sender as DatagramSender
    const sentSlots = this.#singleFlushes > 0 ? 0 : this.#sendMessages(batch, sender)
    if (this.#singleFlushes > 0) this.#singleFlushes--
    if (sentSlots < this.#count) this.#sendSingly(batch, sender, sentSlots)
    this.#count = 0
    this.#sender = undefined
  }

  /** @returns how many slots are done with; fewer than all when the kernel does not cut messages */
  #sendMessages(batch: DatagramBatch, sender: DatagramSender): number {
    /** First slot of each message. */
    const firsts: number[] = []
    for (let slot = 0; slot < this.#count; ) {
      const count = this.#runLength(slot)
      batch.setMessage(firsts.length, slot, count, count > 1 ? (this.#lengths[slot] as number) : 0)
      firsts.push(slot)
      slot += count
    }
    for (let sent = 0; sent < firsts.length; ) {
      const n = sendSome(batch, sender.fd, sent, firsts.length)
      const first = firsts[sent] as number
      const isCut = (firsts[sent + 1] ?? this.#count) - first > 1
      if (n < 0 && isCut && REFUSES_SEGMENTS.has(errnoName())) {
        this.#singleFlushes = SINGLE_FLUSHES
        return first
      }
      if (n < 0) this.#notSent(sender, first)
      // A message that cannot be sent is lost, as on any network; those behind it may be luckier.
      sent += Math.max(1, n)
    }
    return this.#count
  }

  #sendSingly(batch: DatagramBatch, sender: DatagramSender, from: number): void {
    for (let slot = from; slot < this.#count; slot++) batch.setMessage(slot, slot, 1, 0)
    for (let sent = from; sent < this.#count; ) {
      const n = sendSome(batch, sender.fd, sent, this.#count)
      if (n < 0) this.#notSent(sender, sent)
      sent += Math.max(1, n)
    }
  }

  #notSent(sender: DatagramSender, slot: number): void {
    sender.notSent(errnoName(), this.#addresses[slot] as Ipv4Address, this.#ports[slot] as number)
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

const NOT_WORTH_ANOTHER_TRY = new Set(['EAGAIN', 'EMSGSIZE'])

/**
 * A socket that hears of errors (IP_RECVERR) fails once with each, whatever it is asked next: so what fails is tried again.
 * @returns as `DatagramBatch.send`
 */
function sendSome(batch: DatagramBatch, fd: number, from: number, to: number): number {
  const n = batch.send(fd, from, to)
  return n < 0 && !NOT_WORTH_ANOTHER_TRY.has(errnoName()) ? batch.send(fd, from, to) : n
}
