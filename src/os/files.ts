// Descriptors: open, read, write, ioctl, close. What waits does not belong here; see `poll` in libc.ts.

import { bind, bindOnce, check } from './libc.ts'

export const O_RDONLY = 0
export const O_RDWR = 2
export const O_NONBLOCK = 0o4000
export const O_CLOEXEC = 0o2000000

const F_SETFD = 2
const F_DUPFD_CLOEXEC = 1030
const F_GETFL = 3
const F_SETFL = 4
const LOCK_EX = 2
const LOCK_NB = 4

const calls = bindOnce(() => ({
  open: bind('open', 'int', ['str', 'int', 'int']),
  close: bind('close', 'int', ['int']),
  dup2: bind('dup2', 'int', ['int', 'int']),
  fcntl: bind('fcntl', 'int', ['int', 'int', 'size_t']),
  ioctl: bind('ioctl', 'int', ['int', 'size_t', 'uintptr_t']),
  flock: bind('flock', 'int', ['int', 'int']),
}))

/** For the packet path: raw results, -1 with `errno()`. */
export const transfer = bindOnce(() => ({
  read: bind('read', 'intptr_t', ['int', 'uintptr_t', 'size_t']),
  write: bind('write', 'intptr_t', ['int', 'uintptr_t', 'size_t']),
  writev: bind('writev', 'intptr_t', ['int', 'uintptr_t', 'int']),
}))

/** @throws OsError */
export function open(path: string, flags: number): number {
  return check(calls().open(path, flags | O_CLOEXEC, 0), `open ${path}`)
}

export function close(fd: number): void {
  calls().close(fd)
}

/** The copy is not closed by exec. @throws OsError */
export function dup2(from: number, to: number): void {
  check(calls().dup2(from, to), 'dup2')
}

/** @throws OsError */
export function duplicate(fd: number): number {
  return check(calls().fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl')
}

/** Makes a descriptor what a program expects of its stdin: inherited, and blocking. */
export function makeOrdinary(fd: number): void {
  const { fcntl } = calls()
  fcntl(fd, F_SETFD, 0)
  const flags = fcntl(fd, F_GETFL, 0)
  if (flags >= 0 && (flags & O_NONBLOCK) !== 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK)
}

/** @throws OsError */
export function makeNonBlocking(fd: number): void {
  const flags = check(calls().fcntl(fd, F_GETFL, 0), 'fcntl')
  if ((flags & O_NONBLOCK) === 0) check(calls().fcntl(fd, F_SETFL, flags | O_NONBLOCK), 'fcntl')
}

/** A lock that the kernel takes away when the last copy of the descriptor is gone. @returns whether it is ours now */
export function tryLock(fd: number): boolean {
  return calls().flock(fd, LOCK_EX | LOCK_NB) === 0
}

/** @param address of the argument structure @throws OsError named `name` */
export function ioctl(fd: number, request: number, address: number, name: string): void {
  check(calls().ioctl(fd, request, address), name)
}
