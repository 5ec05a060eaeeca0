// Waits for descriptors in the event loop: libuv's uv_poll_t, straight from Node's own libuv.
//
// koffi's `node.poll` does the same, but makes an object of three properties for every wake-up, which costs more than the
// wake-up itself. It serves where libuv's functions are not to be found, and in worker threads, whose loop is another.

import { isMainThread } from 'node:worker_threads'
import { addressOf, bind, callback, LibcUnavailable, libraryPoll, OsError } from './libc.ts'

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

/** uv.h: the number of uv_poll_t among the types of handles, and what it may be started for. */
const UV_POLL = 8
const UV_READABLE = 1
const UV_WRITABLE = 2

interface Libuv {
  readonly loop: number
  readonly handleLen: number
  readonly init: (loop: number, handle: number, fd: number) => number
  readonly start: (handle: number, events: number, ready: number) => number
  readonly close: (handle: number, closed: number) => void
  readonly ref: (handle: number) => void
  readonly unref: (handle: number) => void
  readonly ready: number
  readonly closed: number
}

/** By the address of the uv_poll_t, which lives in `memory` until libuv has let go of it. */
const watches = new Map<number, { readonly memory: Uint8Array; readonly ready: (status: number) => void }>()
/** A collected handle of koffi's stops polling silently. */
const libraryHandles = new Set<object>()
let libuv: Libuv | undefined | null = null

function bound(): Libuv | undefined {
  if (!isMainThread) return undefined
  try {
    return {
      loop: bind('uv_default_loop', 'uintptr_t', [])(),
      handleLen: bind('uv_handle_size', 'size_t', ['int'])(UV_POLL),
      init: bind('uv_poll_init', 'int', ['uintptr_t', 'uintptr_t', 'int']),
      start: bind('uv_poll_start', 'int', ['uintptr_t', 'int', 'uintptr_t']),
      close: bind('uv_close', 'int', ['uintptr_t', 'uintptr_t']),
      ref: bind('uv_ref', 'int', ['uintptr_t']),
      unref: bind('uv_unref', 'int', ['uintptr_t']),
      ready: callback(['uintptr_t', 'int', 'int'], (handle, status) => watches.get(handle!)?.ready(status!)),
      closed: callback(['uintptr_t'], (handle) => watches.delete(handle!)),
    }
  } catch (error) {
    if (error instanceof LibcUnavailable) throw error
    return undefined
  }
}

/**
 * Level-triggered, on any pollable descriptor (TAP, socket, epoll). `ready` gets a negative errno in `status` when the
 * descriptor is in error, after which it is not called again. An exception in `ready` becomes an uncaught one.
 */
export function poll(fd: number, interest: PollInterest, ready: (status: number) => void): Poll {
  const caught = (status: number): void => {
    try {
      ready(status)
    } catch (error) {
      // Left to koffi it would stay pending until some later call into it.
      setImmediate(() => {
        throw error
      })
    }
  }
  if (libuv === null) libuv = bound()
  return libuv === undefined ? pollByLibrary(fd, interest, caught) : pollByLibuv(libuv, fd, interest, caught)
}

function pollByLibuv(uv: Libuv, fd: number, interest: PollInterest, ready: (status: number) => void): Poll {
  const memory = new Uint8Array(new ArrayBuffer(uv.handleLen))
  const handle = addressOf(memory)
  let isOpen = true
  if (uv.init(uv.loop, handle, fd) < 0) throw new OsError('uv_poll_init', `descriptor ${fd}`)
  const events = (interest.readable === true ? UV_READABLE : 0) | (interest.writable === true ? UV_WRITABLE : 0)
  watches.set(handle, { memory, ready: (status) => isOpen && ready(status) })
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    uv.close(handle, uv.closed)
  }
  if (uv.start(handle, events, uv.ready) < 0) {
    close()
    throw new OsError('uv_poll_start', `descriptor ${fd}`)
  }
  return {
    close,
    ref: () => isOpen && uv.ref(handle),
    unref: () => isOpen && uv.unref(handle),
  }
}

function pollByLibrary(fd: number, interest: PollInterest, ready: (status: number) => void): Poll {
  const handle = libraryPoll(fd, interest, ready)
  libraryHandles.add(handle)
  return {
    close() {
      if (libraryHandles.delete(handle)) handle.close()
    },
    ref: () => handle.ref(),
    unref: () => handle.unref(),
  }
}
