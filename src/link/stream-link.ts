// Ports over a byte stream with framed Ethernet: a QEMU machine's `-netdev stream`, passt, gvproxy, or another hub.
//
// Each connection is one port of the hub. The medium is reliable and local, but its frames come from a guest's own stack,
// so they are handed in as COMPLETE and the stack verifies their checksums. Frames out are gathered in a write batch,
// written once per turn of the event loop, and dropped when the peer does not read (write-batch.ts).
// A peer that sends an impossible length is cut off, once, with that reason; the hub lives on.

import { chmodSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import type { Attachable, Attachment, Port, PortIdentity } from '../hub/port.ts'
import type { Offload } from '../wire/offload.ts'
import { COMPLETE } from '../wire/offload.ts'
import { FRAME_LEN_MAX, FrameReader } from './framing.ts'
import type { WriteBatchStats } from './write-batch.ts'
import { WriteBatch } from './write-batch.ts'

/** Read at once where Node lets us bring the buffer. It is shared: what is read is consumed before the next read. */
const READ_BUFFER_LEN = 262_144
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
class StreamPort implements Port {
  readonly identity: PortIdentity
  readonly #socket: Socket
  readonly #batch: WriteBatch
  readonly #reader: FrameReader
  readonly #attachment: Attachment
  readonly #events: StreamEvents
  #isScheduled = false
  #isClosed = false
  #isFinishing = false
  #rxFrames = 0
  #rxBytes = 0
  readonly #writeNow = (): void => {
    this.#isScheduled = false
    if (!this.#isClosed) this.#batch.flush()
  }

  constructor(socket: Socket, hub: Attachable, identity: PortIdentity, events: StreamEvents) {
    this.#socket = socket
    this.identity = identity
    this.#events = events
    this.#batch = new WriteBatch((bytes, written) => this.#write(bytes, written))
    this.#reader = new FrameReader((frame) => this.#input(frame))
    this.#attachment = hub.attach(this)
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(error.code ?? error.message))
    socket.on('end', () => this.end('the peer closed the connection'))
    socket.on('close', () => this.end('the connection is closed'))
    events.attached?.(this.sessionName)
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
  receive(chunk: Uint8Array): void {
    if (this.#isClosed) return
    const isSound = this.#reader.push(chunk)
    // Also when the connection was closed on the way: other ports have received something.
    this.#attachment.flush()
    if (!isSound) this.end(`the peer announced a frame of more than ${FRAME_LEN_MAX} bytes`)
  }

  close(): void {
    this.end('disconnected by an administrator')
  }

  end(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#attachment.detach()
    this.#batch.clear()
    this.#socket.destroy()
    this.#events.detached?.(this.sessionName, reason)
  }

  async finish(): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FINISH_MS_MAX)
      // Reading goes on until the peer closes too: closing with something unread would reset the connection.
      this.#socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      this.#isFinishing = true
      this.#batch.flush()
      this.#endWhenDrained()
    })
    this.end('closed')
  }

  #endWhenDrained(): void {
    if (this.#isFinishing && this.#batch.queuedBytes === 0) this.#socket.end()
  }

  #input(frame: Uint8Array): void {
    // The connection may be closed from inside the hub, by an administrator's rule on a frame before this one.
    if (this.#isClosed) return
    this.#rxFrames += 1
    this.#rxBytes += frame.length
    this.#attachment.input(frame, COMPLETE)
  }

  #write(bytes: Uint8Array, written: () => void): boolean {
    const socket = this.#socket
    let isTaken = false
    // Called later, but for a write that the kernel took at once there is no need to wait: nothing refers to the bytes.
    socket.write(bytes, () => {
      if (isTaken) return
      written()
      this.#endWhenDrained()
    })
    isTaken = socket.writableLength === 0
    return isTaken
  }
}

export interface StreamListener {
  readonly path: string
  readonly connectionCount: number
  /** Cuts off every connection and removes the socket. */
  close(): Promise<void>
}

const LISTEN_BACKLOG = 64

/** Waits for guests on a Unix socket that only this user may open. @throws when the path cannot be listened on, or is too long for a socket */
export async function listenStream(path: string, hub: Attachable, events: StreamEvents = {}): Promise<StreamListener> {
  const ports = new Set<StreamPort>()
  const server = createServer((socket) => {
    const identity: PortIdentity = { kind: 'QEMU', userName: '', hostName: path }
    const port = refuseOnError(socket, events, () => new StreamPort(socket, hub, identity, events))
    if (port === undefined) return
    ports.add(port)
    socket.once('close', () => ports.delete(port))
    socket.on('data', (chunk) => port.receive(chunk))
  })
  await listenPrivately(server, path)
  return {
    path,
    get connectionCount() {
      return ports.size
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const port of ports) port.end('the server stopped')
      await closed
    },
  }
}

/** A full hub refuses a connection; that is told and costs nobody else anything. */
function refuseOnError(socket: Socket, events: StreamEvents, open: () => StreamPort): StreamPort | undefined {
  try {
    return open()
  } catch (error) {
    socket.destroy()
    events.detached?.('', error instanceof Error ? error.message : String(error))
    return undefined
  }
}

async function listenPrivately(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
  })
  // bind(2) happens inside listen(): with this mask there is no moment at which others may connect.
  const mask = isMainThread ? process.umask(0o177) : undefined
  try {
    server.listen({ path, backlog: LISTEN_BACKLOG })
  } finally {
    if (mask !== undefined) process.umask(mask)
  }
  await listening
  if (process.platform !== 'win32') chmodSync(path, 0o600)
}

export interface StreamConnection {
  readonly sessionName: string
  readonly stats: StreamLinkStats
  /** Writes what is waiting, then closes; takes a second at most, whatever the peer does. */
  close(): Promise<void>
}

/** A Unix socket's path, or a TCP address. */
export type StreamAddress = { readonly path: string } | { readonly host: string; readonly port: number }

let sharedReadBuffer: Buffer | undefined

/** Joins a hub, or a machine, at the other end. @throws when it cannot be reached */
export function connectStream(
  address: StreamAddress,
  hub: Attachable,
  events: StreamEvents = {},
): Promise<StreamConnection> {
  const buffer = (sharedReadBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_LEN))
  let port: StreamPort | undefined
  const onread = {
    buffer,
    callback(length: number): boolean {
      port?.receive(buffer.subarray(0, length))
      return true
    },
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, onread, noDelay: true } as Parameters<typeof connect>[0] & object)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      const hostName = 'path' in address ? address.path : `${address.host}:${address.port}`
      port = new StreamPort(socket, hub, { kind: 'STREAM', userName: '', hostName }, events)
      const connected = port
      resolve({
        get sessionName() {
          return connected.sessionName
        },
        get stats() {
          return connected.stats
        },
        close: () => connected.finish(),
      })
    })
  })
}
