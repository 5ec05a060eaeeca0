// Datagrams of many UDP sockets on their way through recvmmsg and sendmmsg.

import { DatagramBatch } from '../os/sockets.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'

const RECEIVE_SLOTS = 32
const SEND_SLOTS = 64
/** Longer datagrams than this leave one by one. */
const SEND_SLOT_LEN = 2048
const DATAGRAM_LEN_MAX = 65_536

/** Memory for system calls, shared by all sockets of a set: what is read is passed on at once, what is sent soon. */
export class UdpBatches {
  #receive: DatagramBatch | undefined
  #send: DatagramBatch | undefined
  #sendLong: DatagramBatch | undefined
  /** Whose datagrams fill the send batch now, and how many. */
  #fd = -1
  #count = 0

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
    this.#send.set(this.#count++, bytes, address, port)
  }

  flush(): void {
    let sent = 0
    while (sent < this.#count) {
      const n = (this.#send as DatagramBatch).send(this.#fd, sent, this.#count)
      // A datagram that cannot be sent is lost, as on any network; those behind it may be luckier.
      sent += Math.max(1, n)
    }
    this.#count = 0
    this.#fd = -1
  }
}
