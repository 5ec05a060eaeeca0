// A TAP device as a port of a hub: the guest is a Linux kernel, in this network namespace or in another.
//
// The descriptor is read and written by non-blocking calls in this process; the event loop says when to read. All frames
// are read into one buffer, handed in one by one (borrowed until return, so the next read may overwrite them), and
// flushed together. Frames out are written at once, without a copy: a header and the frame, wherever it lies, by writev.
// With `gso` both directions carry super-frames and unfinished checksums (vnet-header.ts); without, frames out are
// split and finished here.

import type { Attachable, Attachment, Port, PortIdentity } from '../hub/port.ts'
import { close, transfer } from '../os/files.ts'
import type { Poll } from '../os/libc.ts'
import { addressOf, errnoName, poll, setWord64 } from '../os/libc.ts'
import type { Offload } from '../wire/offload.ts'
import { isChecksumUnfinished } from '../wire/offload.ts'
import { Segmenter } from '../wire/segmentation.ts'
import type { TapDevice, TapRequest } from './tap-device.ts'
import { openTap } from './tap-device.ts'
import { readVnetHeader, VNET_HEADER_LEN, writeVnetHeader } from './vnet-header.ts'

/** A packet of 65,535 bytes, its Ethernet header and two VLAN tags. */
const FRAME_LEN_MAX = 65_535 + 22
/** Handed in per wake-up; then other links have their turn. */
const FRAMES_PER_WAKE_MAX = 64
const BYTES_PER_WAKE_MAX = 1_048_576

/** After so many wake-ups in a row with one short frame each, the read that would find nothing more is left out, */
const LONE_WAKES_MIN = 16
/** save in one wake-up of so many, which finds out whether it is still so. */
const LONE_CHECK_EVERY = 16
const LONE_FRAME_LEN_MAX = 512

/** Wake-ups' worth of frames that are still taken from a device whose owner is done with it. */
const LAST_WAKES_MAX = 16

/** From a fault of the program in a session to the next session of the same device. */
const FAULT_PAUSE_MS = 1000

const IOVEC_LEN = 16

export interface TapEvents {
  /** The link ended by itself: the device is gone. */
  closed?(reason: string): void
  /** The link is over, whoever ended it: itself, its owner, or an administrator. Called once, after `closed`. */
  detached?(): void
}

export interface TapLinkStats {
  rxFrames: number
  rxBytes: number
  txFrames: number
  txBytes: number
  /** From the kernel, but of a kind that is not passed on. */
  droppedUnsupported: number
  /** Its headers do not agree with its offload note. */
  droppedMalformed: number
  /** The kernel has no room. */
  droppedQueueFull: number
  /** The interface is down. */
  droppedDown: number
  /** The kernel does not take it, for another reason. */
  droppedRefused: number
}

export interface TapLinkOptions {
  readonly gso: boolean
  /** For people: `tap0` or `tap0@guest`. */
  readonly hostName: string
}

export class TapLink implements Port {
  readonly identity: PortIdentity
  readonly device: TapDevice
  readonly stats: TapLinkStats = {
    rxFrames: 0,
    rxBytes: 0,
    txFrames: 0,
    txBytes: 0,
    droppedUnsupported: 0,
    droppedMalformed: 0,
    droppedQueueFull: 0,
    droppedDown: 0,
    droppedRefused: 0,
  }
  readonly #events: TapEvents
  readonly #hub: Attachable
  #attachment: Attachment
  readonly #poll: Poll
  readonly #gso: boolean
  #isClosed = false
  /** Wake-ups in a row that had one short frame: a guest that waits for an answer before it sends more. */
  #loneWakes = 0

  readonly #read = transfer().read
  readonly #writev = transfer().writev

  readonly #rxBuffer = new Uint8Array(new ArrayBuffer(VNET_HEADER_LEN + FRAME_LEN_MAX))
  readonly #rxAddress = addressOf(this.#rxBuffer)
  /** The view of the last frame's length: most frames are as long as the one before. */
  #rxFrame = this.#rxBuffer.subarray(VNET_HEADER_LEN)

  /** Two iovecs and the virtio-net header they begin with. */
  readonly #txBuffer = new Uint8Array(new ArrayBuffer(128))
  readonly #txAddress = addressOf(this.#txBuffer)
  readonly #txIovecs = new Uint32Array(this.#txBuffer.buffer, 0, (2 * IOVEC_LEN) / 4)
  readonly #txHeader = this.#txBuffer.subarray(2 * IOVEC_LEN)
  readonly #segmenter = new Segmenter()
  #txSegment: Uint8Array | undefined

  /** Takes over the device: it is closed with the link. */
  constructor(hub: Attachable, device: TapDevice, options: TapLinkOptions, events: TapEvents = {}) {
    this.device = device
    this.#gso = options.gso
    this.#events = events
    this.identity = { kind: 'TAP', userName: '', hostName: options.hostName }
    setWord64(this.#txIovecs, 0, this.#txAddress + 2 * IOVEC_LEN)
    setWord64(this.#txIovecs, 2, VNET_HEADER_LEN)
    this.#hub = hub
    this.#attachment = hub.attach(this)
    this.#poll = poll(device.fd, { readable: true }, (status) => this.#readable(status))
  }

  get sessionName(): string {
    return this.#attachment.sessionName
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  output(frame: Uint8Array, offload: Offload): void {
    if (this.#isClosed) return
    if (!this.#gso && isChecksumUnfinished(offload)) this.#outputFinished(frame, offload)
    else if (writeVnetHeader(this.#txHeader, frame, offload)) this.#write(frame, frame.length)
    else this.stats.droppedMalformed += 1
  }

  /** Nothing is held back. */
  flush(): void {}

  close(): void {
    this.#end(undefined)
  }

  /** The device stays, since a guest has its addresses on it: it has a new session after a while. */
  faulted(): void {
    setTimeout(() => {
      if (this.#isClosed) return
      try {
        this.#attachment = this.#hub.attach(this)
      } catch (error) {
        this.#end((error as Error).message)
      }
    }, FAULT_PAUSE_MS).unref()
  }

  /** Hands in what the device still holds, then closes: what was sent before is not lost. */
  finish(): void {
    for (let wakes = 0; wakes < LAST_WAKES_MAX && !this.#isClosed; wakes += 1)
      if (!this.#receive(FRAMES_PER_WAKE_MAX)) break
    this.#end(undefined)
  }

  #write(frame: Uint8Array, length: number): void {
    const iovecs = this.#txIovecs
    setWord64(iovecs, 4, addressOf(frame))
    iovecs[6] = length
    if (this.#writev(this.device.fd, this.#txAddress, 2) < 0) {
      this.#writeFailed()
      return
    }
    this.stats.txFrames += 1
    this.stats.txBytes += length
  }

  #outputFinished(frame: Uint8Array, offload: Offload): void {
    const segmenter = this.#segmenter
    const count = segmenter.begin(frame, offload)
    if (count === 0) this.stats.droppedMalformed += 1
    const segment = (this.#txSegment ??= new Uint8Array(new ArrayBuffer(FRAME_LEN_MAX)))
    this.#txHeader.fill(0, 0, VNET_HEADER_LEN)
    for (let index = 0; index < count; index += 1) this.#write(segment, segmenter.write(frame, index, segment, 0))
  }

  #writeFailed(): void {
    const { stats } = this
    const code = errnoName()
    if (code === 'EAGAIN' || code === 'ENOBUFS' || code === 'ENOMEM') stats.droppedQueueFull += 1
    else if (code === 'EIO') stats.droppedDown += 1
    else stats.droppedRefused += 1
  }

  #readable(status: number): void {
    if (status < 0) {
      this.#end('the TAP device was removed')
      return
    }
    try {
      const expectsOne = this.#loneWakes >= LONE_WAKES_MIN && this.#loneWakes % LONE_CHECK_EVERY !== 0
      this.#receive(expectsOne ? 1 : FRAMES_PER_WAKE_MAX)
    } catch (error) {
      this.#end(`internal fault: ${(error as Error).stack}`)
    }
  }

  /** @param most frames; what is left wakes again @returns whether there may be more */
  #receive(most: number): boolean {
    const { fd } = this.device
    let isEmpty = false
    const bytesBefore = this.stats.rxBytes
    let count = 0
    for (; count < most; count += 1) {
      const length = this.#read(fd, this.#rxAddress, this.#rxBuffer.length)
      if (length < 0) {
        isEmpty = true
        this.#readFailed()
        break
      }
      this.#input(length)
      if (this.#isClosed) break
      if (this.stats.rxBytes - bytesBefore > BYTES_PER_WAKE_MAX) break
    }
    this.#loneWakes = count === 1 && this.#rxFrame.length <= LONE_FRAME_LEN_MAX ? this.#loneWakes + 1 : 0
    // Also when the link was closed on the way: other ports have received something.
    this.#attachment.flush()
    return !isEmpty
  }

  #input(length: number): void {
    const { stats } = this
    const frameLen = length - VNET_HEADER_LEN
    if (frameLen !== this.#rxFrame.length) {
      if (frameLen < 0) return
      this.#rxFrame = this.#rxBuffer.subarray(VNET_HEADER_LEN, length)
    }
    const offload = readVnetHeader(this.#rxBuffer, this.#rxFrame)
    if (offload === undefined) {
      stats.droppedUnsupported += 1
      return
    }
    stats.rxFrames += 1
    stats.rxBytes += frameLen
    this.#attachment.input(this.#rxFrame, offload)
  }

  #readFailed(): void {
    const code = errnoName()
    if (code !== 'EAGAIN' && code !== 'EINTR') this.#end(`the TAP device cannot be read (${code})`)
  }

  #end(reason: string | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#attachment.detach()
    this.#poll.close()
    close(this.device.fd)
    if (reason !== undefined) this.#events.closed?.(reason)
    this.#events.detached?.()
  }
}

/** Opens a TAP device and joins it to the hub. @throws TapError */
export function openTapLink(hub: Attachable, request: TapRequest, events: TapEvents = {}): TapLink {
  const device = openTap(request)
  const hostName = request.netns === undefined ? device.name : `${device.name}@${request.netns}`
  try {
    return new TapLink(hub, device, { gso: request.gso, hostName }, events)
  } catch (error) {
    close(device.fd)
    throw error
  }
}
