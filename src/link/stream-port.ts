// A connection of framed Ethernet as one port of the hub, whatever carries its bytes (stream-transport.ts).
//
// The medium is reliable and local, but its frames come from a guest's own stack, so they are handed in as COMPLETE and the
// stack verifies their checksums. Frames out are gathered in a write batch, written once per turn of the event loop, and
// dropped when the peer does not read (write-batch.ts).
// A peer that sends an impossible length is cut off, once, with that reason; the hub lives on.

import type { Attachable, Attachment, Port, PortIdentity } from '../hub/port.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE } from '../wire/offload.ts'
import { FRAME_LEN_MAX, FrameReader } from './framing.ts'
import type { StreamTransport, StreamTransportEvents } from './stream-transport.ts'
import type { WriteBatchStats } from './write-batch.ts'
import { WriteBatch } from './write-batch.ts'

/** A batch this large is written without waiting for the end of the turn. */
const WRITE_EARLY_BYTES = 131_072

const FINISH_MS_MAX = 1_000

export interface StreamEvents {
  attached?(sessionName: string): void
  /** Called once per connection. `reason` is for people. */
  detached?(sessionName: string, reason: string): void
}

export interface StreamLinkStats extends WriteBatchStats {
  rxFrames: number
  rxBytes: number
}

/** One connection as a port. */
export class StreamPort implements Port, StreamTransportEvents {
  readonly identity: PortIdentity
  readonly #batch: WriteBatch
  readonly #reader: FrameReader
  readonly #attachment: Attachment
  readonly #events: StreamEvents
  #transport: StreamTransport | undefined
  #isScheduled = false
  #isClosed = false
  #isFinishing = false
  #finished: (() => void) | undefined
  #rxFrames = 0
  #rxBytes = 0
  readonly #writeNow = (): void => {
    this.#isScheduled = false
    if (!this.#isClosed) this.#batch.flush()
  }

  /** @throws when the hub is full */
  constructor(hub: Attachable, identity: PortIdentity, events: StreamEvents) {
    this.identity = identity
    this.#events = events
    this.#batch = new WriteBatch((bytes, written) => this.#write(bytes, written))
    this.#reader = new FrameReader((frame) => this.#input(frame))
    this.#attachment = hub.attach(this)
  }

  /** To be called right after, with what the port's bytes come and go by. */
  open(transport: StreamTransport): void {
    this.#transport = transport
    this.#events.attached?.(this.sessionName)
  }

  get sessionName(): string {
    return this.#attachment.sessionName
  }

  get stats(): StreamLinkStats {
    return { rxFrames: this.#rxFrames, rxBytes: this.#rxBytes, ...this.#batch.stats }
  }

  output(frame: Uint8Array, offload: Offload): void {
    if (!this.#isClosed && !this.#isFinishing) this.#batch.add(frame, offload)
  }

  flush(): void {
    if (this.#batch.queuedBytes >= WRITE_EARLY_BYTES) this.#batch.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(this.#writeNow)
    }
  }

  /** Takes what was read; borrowed until return. */
  received(chunk: Uint8Array): void {
    if (this.#isClosed) return
    let isSound = true
    try {
      isSound = this.#reader.push(chunk)
      // Also when the connection was closed on the way: other ports have received something.
      this.#attachment.flush()
    } catch (error) {
      this.end(`internal fault: ${(error as Error).stack}`)
    }
    if (!isSound) this.end(`the peer announced a frame of more than ${FRAME_LEN_MAX} bytes`)
  }

  gone(reason: string): void {
    this.end(reason)
  }

  close(): void {
    this.end('disconnected by an administrator')
  }

  end(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#attachment.detach()
    this.#batch.clear()
    this.#transport?.destroy()
    this.#events.detached?.(this.sessionName, reason)
    this.#finished?.()
  }

  async finish(): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FINISH_MS_MAX)
      // Reading goes on until the peer closes too: closing with something unread would reset the connection.
      this.#finished = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#isFinishing = true
      this.#batch.flush()
      this.#endWhenDrained()
    })
    this.end('closed')
  }

  #endWhenDrained(): void {
    if (this.#isFinishing && this.#batch.queuedBytes === 0) this.#transport?.end()
  }

  #input(frame: Uint8Array): void {
    // The connection may be closed from inside the hub, by an administrator's rule on a frame before this one.
    if (this.#isClosed) return
    this.#rxFrames += 1
    this.#rxBytes += frame.length
    this.#attachment.input(frame, COMPLETE)
  }

  #write(bytes: Uint8Array, written: () => void): boolean {
    return (
      this.#transport?.write(bytes, () => {
        written()
        this.#endWhenDrained()
      }) ?? false
    )
  }
}
