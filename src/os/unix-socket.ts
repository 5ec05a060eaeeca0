// Unix sockets with a name in the file system (unix(7)): sequenced packets, for the messages of fd-passing.ts, since Node has
// no such sockets and could not receive descriptors; and streams, where Node's own would be too slow.
// All are non-blocking; `poll` says when something is there.

import { fchmodSync } from 'node:fs'
import { close } from './files.ts'
import { addressOf, bind, bindOnce, check, errnoName, OsError, requireLinux } from './libc.ts'

const AF_UNIX = 1
const TYPES = { stream: 1, packets: 5 } as const
export type UnixSocketType = keyof typeof TYPES
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
/** Of the name, with its terminating zero. */
const PATH_ROOM = 108

const calls = bindOnce(() => ({
  socket: bind('socket', 'int', ['int', 'int', 'int']),
  bind: bind('bind', 'int', ['int', 'uintptr_t', 'uint']),
  listen: bind('listen', 'int', ['int', 'int']),
  accept4: bind('accept4', 'int', ['int', 'uintptr_t', 'uintptr_t', 'int']),
  connect: bind('connect', 'int', ['int', 'uintptr_t', 'uint']),
}))

/** Waits for connections under a name that only this user may open. @throws OsError */
export function listenUnix(path: string, backlog: number, type: UnixSocketType = 'packets'): number {
  return openSocket(type, (fd) => {
    // The new file takes the socket's own mode, so there is no moment at which others may connect.
    fchmodSync(fd, 0o600)
    withAddress(path, (address, length) => check(calls().bind(fd, address, length), `bind ${path}`))
    check(calls().listen(fd, backlog), `listen ${path}`)
  })
}

/** `undefined`: nobody waits. @throws OsError, such as `EMFILE` */
export function acceptUnix(listener: number): number | undefined {
  const fd = calls().accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC)
  if (fd >= 0) return fd
  const code = errnoName()
  if (code === 'EAGAIN' || code === 'EINTR' || code === 'ECONNABORTED') return undefined
  throw new OsError('accept4', code)
}

/** @throws OsError: `ENOENT` or `ECONNREFUSED` when nobody listens there */
export function connectUnix(path: string): number {
  return openSocket('packets', (fd) => {
    withAddress(path, (address, length) => check(calls().connect(fd, address, length), `connect ${path}`))
  })
}

function openSocket(type: UnixSocketType, prepare: (fd: number) => void): number {
  requireLinux('a Unix socket of our own')
  const fd = check(calls().socket(AF_UNIX, TYPES[type] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket')
  try {
    prepare(fd)
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

function withAddress(path: string, use: (address: number, length: number) => void): void {
  if (Buffer.byteLength(path) >= PATH_ROOM) throw new OsError(`bind ${path}`, 'ENAMETOOLONG')
  // Larger than needed: a small array might be moved by the collector, see `addressOf`.
  const bytes = Buffer.alloc(256)
  bytes.writeUInt16LE(AF_UNIX)
  const length = bytes.write(path, 2)
  use(addressOf(bytes), 2 + length + 1)
}
