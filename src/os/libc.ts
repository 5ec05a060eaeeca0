// Calls into the C library: the only file that knows koffi.
//
// koffi is optional and Linux's layouts are assumed by the callers, so nothing is loaded before it is first needed, and
// importing this file is safe everywhere. Memory is passed by numeric address (as fast as passing a Uint8Array, and it may
// point anywhere into a slab); the address of an ArrayBuffer never changes, so it is asked for once and remembered.
// Calls are synchronous and must not block: descriptors on the packet path are non-blocking.

import { createRequire } from 'node:module'

type Koffi = typeof import('koffi')

interface CTypes {
  int: number
  uint: number
  size_t: number
  /** `ssize_t` and pointers that come back. */
  intptr_t: number
  /** An address as a number, see `addressOf`; 0 is NULL. */
  uintptr_t: number
  str: string
}
type CType = keyof CTypes
type Arguments<A extends readonly CType[]> = { -readonly [I in keyof A]: CTypes[A[I]] }

/** Why there is no C library to call, in words for the user. */
export class LibcUnavailable extends Error {
  override readonly name = 'LibcUnavailable'
}

/** A failed system call. `code` is the errno's name, such as `EPERM`. */
export class OsError extends Error {
  override readonly name = 'OsError'
  readonly code: string
  readonly call: string
  constructor(call: string, code: string) {
    super(`${call}: ${code}`)
    this.call = call
    this.code = code
  }
}

let koffi: Koffi | undefined
let library: ReturnType<Koffi['load']> | undefined
let failure: LibcUnavailable | undefined

function loaded(): Koffi {
  if (koffi !== undefined) return koffi
  if (failure !== undefined) throw failure
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi
    library = koffi.load(null)
    return koffi
  } catch (error) {
    koffi = undefined
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    failure = new LibcUnavailable(`the optional package koffi does not load here (${reason})`)
    throw failure
  }
}

/** The structure layouts of src/os are those of 64-bit little-endian Linux. */
export function requireLinux(what: string): void {
  if (process.platform !== 'linux') throw new LibcUnavailable(`${what} needs Linux; this is ${process.platform}`)
  if (!['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch))
    throw new LibcUnavailable(`${what} needs a 64-bit little-endian processor; this is ${process.arch}`)
  loaded()
}

/** A C function as a JavaScript one. Bind once and keep it: binding costs some 50 µs, a call 0.14 µs and the system call. */
export function bind<R extends CType, const A extends readonly CType[]>(
  name: string,
  result: R,
  parameters: A,
): (...values: Arguments<A>) => CTypes[R] {
  loaded()
  return library!.func(name, result, [...parameters]) as unknown as (...values: Arguments<A>) => CTypes[R]
}

/** Binds a set of functions when it is first asked for, so that a platform without koffi can import the file. */
export function bindOnce<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** The number of the last error of this thread. */
export function errno(): number {
  return loaded().errno()
}

let names: Map<number, string> | undefined

export function errnoName(number = errno()): string {
  if (names === undefined) {
    names = new Map()
    // Two names share a number (EAGAIN and EWOULDBLOCK): the first in alphabetical order is the usual one.
    for (const [name, value] of Object.entries(loaded().os.errno).sort(([a], [b]) => (a < b ? -1 : 1)))
      if (!names.has(value)) names.set(value, name)
  }
  return names.get(number) ?? `errno ${number}`
}

/** The number of an errno on this platform, for comparisons that cost nothing. */
export function errnoNumber(name: string): number {
  return loaded().os.errno[name] ?? -1
}

/** Passes a result through, or throws the `OsError` that a negative one stands for. */
export function check(result: number, call: string): number {
  if (result < 0) throw new OsError(call, errnoName())
  return result
}

const bases = new WeakMap<ArrayBufferLike, number>()
let lastBuffer: ArrayBufferLike | undefined
let lastBase = 0

/**
 * The address of the first byte. Valid as long as the buffer lives, so the caller keeps it referenced during the call.
 * Reading `.buffer` first matters: it moves a small array out of the moving heap for good.
 */
export function addressOf(bytes: Uint8Array): number {
  const buffer = bytes.buffer
  if (buffer !== lastBuffer) {
    let base = bases.get(buffer)
    if (base === undefined) {
      base = Number(loaded().address(buffer))
      bases.set(buffer, base)
    }
    lastBuffer = buffer
    lastBase = base
  }
  return lastBase + bytes.byteOffset
}

/** Writes a 64-bit pointer or size into a structure seen as 32-bit words. A BigUint64Array would box every value. */
export function setWord64(words: Uint32Array, index: number, value: number): void {
  words[index] = value % 0x1_0000_0000
  words[index + 1] = value / 0x1_0000_0000
}

/** Waits for a descriptor in the event loop. Close it before closing the descriptor. */
export interface Poll {
  close(): void
  ref(): void
  unref(): void
}

export interface PollInterest {
  readable?: boolean
  writable?: boolean
}

// A collected handle stops polling silently, so the open ones are referenced from here.
const openPolls = new Set<object>()

/**
 * Level-triggered, on any pollable descriptor (TAP, socket, epoll). `ready` gets a negative errno in `status` when the
 * descriptor is in error, after which it is not called again. An exception in `ready` becomes an uncaught one.
 */
export function poll(fd: number, interest: PollInterest, ready: (status: number) => void): Poll {
  // The declaration of koffi 3.3 leaves out the first argument of the callback.
  const open = loaded().node.poll as unknown as (
    fd: number,
    interest: PollInterest,
    callback: (status: number) => void,
  ) => import('koffi').node.PollHandle
  const handle = open(fd, interest, (status) => {
    try {
      ready(status)
    } catch (error) {
      // Left to koffi it would stay pending until some later call into it.
      setImmediate(() => {
        throw error
      })
    }
  })
  openPolls.add(handle)
  return {
    close() {
      if (openPolls.delete(handle)) handle.close()
    },
    ref: () => handle.ref(),
    unref: () => handle.unref(),
  }
}
