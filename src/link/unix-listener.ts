// A Unix socket of our own on which connections are taken as they come, one a turn of the event loop.

import { rmSync } from 'node:fs'
import { close } from '../os/files.ts'
import { OsError, type Poll, poll } from '../os/libc.ts'
import { acceptUnix, listenUnix, type UnixSocketType } from '../os/unix-socket.ts'

const BACKLOG = 64
/** When no more descriptors are to be had, a connection stays waiting so long. */
const ACCEPT_PAUSE_MS = 1_000

export class UnixListener {
  readonly #path: string
  readonly #socket: number
  readonly #connected: (fd: number) => void
  #poll: Poll | undefined
  #pause: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param connected takes over a connection's descriptor @throws LibcUnavailable, OsError */
  constructor(path: string, type: UnixSocketType, connected: (fd: number) => void) {
    this.#path = path
    this.#connected = connected
    this.#socket = listenUnix(path, BACKLOG, type)
    this.#watch()
  }

  /** Also removes the socket's file. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#pause)
    this.#poll?.close()
    close(this.#socket)
    rmSync(this.#path, { force: true })
  }

  #watch(): void {
    this.#poll = poll(this.#socket, { readable: true }, () => this.#accept())
  }

  /** The event loop tells again while more are waiting. */
  #accept(): void {
    let fd: number | undefined
    try {
      fd = acceptUnix(this.#socket)
    } catch (error) {
      if (!(error instanceof OsError)) throw error
      this.#poll?.close()
      this.#pause = setTimeout(() => this.#watch(), ACCEPT_PAUSE_MS)
      return
    }
    if (fd !== undefined) this.#connected(fd)
  }
}
