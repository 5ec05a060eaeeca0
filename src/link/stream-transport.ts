// The byte stream under a stream link: what it needs of one, and Node's own sockets as such. linux-stream.ts is the other.

import type { Socket } from 'node:net'

export interface StreamTransportEvents {
  /** Borrowed until return. */
  received(bytes: Uint8Array): void
  /** Once: the peer has closed, or the connection broke. Never from within a call of the transport. */
  gone(reason: string): void
}

export interface StreamTransport {
  /**
   * Writes the bytes, which stay untouched until `written` is called (also when the transport is destroyed); true when they
   * are taken already, and then it is not. One write at a time.
   */
  write(bytes: Uint8Array, written: () => void): boolean
  /** Nothing more will be written; reading goes on. */
  end(): void
  /** Closes at once; no event follows. */
  destroy(): void
}

/** Bytes are pushed in by whoever reads the socket: `onread` for one that we open, `data` for one that we accept. */
export class NodeStream implements StreamTransport {
  readonly #socket: Socket
  #isDestroyed = false

  constructor(socket: Socket, events: Pick<StreamTransportEvents, 'gone'>) {
    this.#socket = socket
    const once = (reason: string): void => {
      if (!this.#isDestroyed) events.gone(reason)
    }
    socket.on('error', (error: NodeJS.ErrnoException) => once(error.code ?? error.message))
    socket.on('end', () => once('the peer closed the connection'))
    socket.on('close', () => once('the connection is closed'))
  }

  write(bytes: Uint8Array, written: () => void): boolean {
    let isTaken = false
    // Called later, but for a write that the kernel took at once there is no need to wait: nothing refers to the bytes.
    this.#socket.write(bytes, () => {
      if (!isTaken) written()
    })
    isTaken = this.#socket.writableLength === 0
    return isTaken
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#isDestroyed = true
    this.#socket.destroy()
  }
}
