// Ports over a byte stream with framed Ethernet: a QEMU machine's `-netdev stream`, passt, gvproxy, or another hub.
// Here are the two ways to come to one: guests are waited for on a Unix socket, or somebody's socket is joined.
// What waits is Linux's own socket where that is to be had, since it is faster, else Node's; both behave alike.

import { chmodSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import type { Attachable } from '../hub/port.ts'
import { close } from '../os/files.ts'
import { LibcUnavailable } from '../os/libc.ts'
import { LinuxStream } from './linux-stream.ts'
import type { StreamEvents, StreamLinkStats } from './stream-port.ts'
import { StreamPort } from './stream-port.ts'
import { NodeStream } from './stream-transport.ts'
import { UnixListener } from './unix-listener.ts'

/** Read at once where Node lets us bring the buffer. It is shared: what is read is consumed before the next read. */
const READ_BUFFER_LEN = 262_144
const LISTEN_BACKLOG = 64

export interface StreamListener {
  readonly path: string
  readonly connectionCount: number
  /** Cuts off every connection and removes the socket. */
  close(): Promise<void>
}

/** Waits for guests on a Unix socket that only this user may open. @throws when the path cannot be listened on, or is too long for a socket */
export async function listenStream(path: string, hub: Attachable, events: StreamEvents = {}): Promise<StreamListener> {
  try {
    return listenLinuxStream(path, hub, events)
  } catch (error) {
    if (error instanceof LibcUnavailable) return listenNodeStream(path, hub, events)
    throw error
  }
}

function listenLinuxStream(path: string, hub: Attachable, events: StreamEvents): StreamListener {
  const ports = new Set<StreamPort>()
  const listener = new UnixListener(path, 'stream', (fd) => {
    const port = openPort(hub, path, events, ports, () => close(fd))
    if (port === undefined) return
    try {
      port.open(new LinuxStream(fd, port))
    } catch (error) {
      close(fd)
      port.end(error instanceof Error ? error.message : String(error))
    }
  })
  return {
    path,
    get connectionCount() {
      return ports.size
    },
    async close() {
      listener.close()
      for (const port of ports) port.end('the server stopped')
    },
  }
}

export async function listenNodeStream(
  path: string,
  hub: Attachable,
  events: StreamEvents = {},
): Promise<StreamListener> {
  const ports = new Set<StreamPort>()
  const server = createServer((socket) => {
    const port = openPort(hub, path, events, ports, () => socket.destroy())
    if (port === undefined) return
    port.open(new NodeStream(socket, port))
    socket.on('data', (chunk) => port.received(chunk))
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
function openPort(
  hub: Attachable,
  path: string,
  events: StreamEvents,
  ports: Set<StreamPort>,
  refuse: () => void,
): StreamPort | undefined {
  try {
    const port: StreamPort = new StreamPort(
      hub,
      { kind: 'QEMU', userName: '', hostName: path },
      {
        ...events,
        detached(session, reason) {
          ports.delete(port)
          events.detached?.(session, reason)
        },
      },
    )
    ports.add(port)
    return port
  } catch (error) {
    refuse()
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
      port?.received(buffer.subarray(0, length))
      return true
    },
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, onread, noDelay: true } as Parameters<typeof connect>[0] & object)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      const hostName = 'path' in address ? address.path : `${address.host}:${address.port}`
      port = new StreamPort(hub, { kind: 'STREAM', userName: '', hostName }, events)
      port.open(new NodeStream(socket, port))
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
