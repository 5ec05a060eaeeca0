// A hub of one port, for the tests of links: keeps what the port hands in, and hands out what the test wants.

import type { Attachable, Attachment, Port } from '../../src/hub/port.ts'
import type { Offload } from '../../src/wire/offload.ts'
import { COMPLETE } from '../../src/wire/offload.ts'

export interface ReceivedFrame {
  frame: Uint8Array
  offload: Offload
}

export class TestHub implements Attachable {
  readonly received: ReceivedFrame[] = []
  /** Frames received when each flush came. */
  readonly flushedAfter: number[] = []
  detachCount = 0
  #port: Port | undefined

  attach(port: Port): Attachment {
    if (this.#port !== undefined) throw new Error('this hub takes one port')
    this.#port = port
    return {
      sessionName: `SID-${port.identity.kind}-1`,
      input: (frame, offload) => {
        if (this.#port === undefined) throw new Error('a frame was handed in after the port detached')
        this.received.push({ frame: Uint8Array.from(frame), offload })
      },
      flush: () => {
        this.flushedAfter.push(this.received.length)
      },
      detach: () => {
        this.detachCount += 1
        this.#port = undefined
      },
    }
  }

  get port(): Port {
    if (this.#port === undefined) throw new Error('no port is attached')
    return this.#port
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.sendWith(COMPLETE, frame)
    this.#port?.flush()
  }

  sendWith(offload: Offload, frame: Uint8Array): void {
    // Lent, as a hub lends it: overwritten as soon as the port returns.
    const lent = Uint8Array.from(frame)
    this.#port?.output(lent, offload)
    lent.fill(0xee)
  }

  flush(): void {
    this.#port?.flush()
  }
}
