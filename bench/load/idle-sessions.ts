// Opens many connections, each of which must echo a byte, and then does nothing with them until it is told to `check`
// that every one still answers. What happens in between is the caller's to measure.

import { readSync, writeSync } from 'node:fs'
import { addressOf } from '../../src/os/libc.ts'
import { closeFd, connectSoon, EPOLLIN, EPOLLOUT, Epoll, read, socketError, write } from './calls.ts'
import { ECHO_PORT } from './protocol.ts'

const IN_FLIGHT_MAX = 64
const CHECKED_AT_ONCE = 256
const OPEN_TIMEOUT_MS = 25_000
const CHECK_TIMEOUT_MS = 8_000
/** Without any progress for so long the rest is given up. */
const STALL_MS = 4_000

type State = 'CLOSED' | 'CONNECTING' | 'ASKED' | 'OPEN'

const say = (fields: Record<string, number>): void => void writeSync(1, `${JSON.stringify(fields)}\n`)

export function idleSessions(target: number, wanted: number): void {
  const sessions = new IdleSessions()
  say(sessions.open(target, wanted))
  const line = Buffer.alloc(64)
  while (readSync(0, line) > 0) say(sessions.check())
}

class IdleSessions {
  readonly #fds: number[] = []
  readonly #states: State[] = []
  readonly #epoll = new Epoll(256)
  readonly #byte = new Uint8Array(new ArrayBuffer(256))
  readonly #address = addressOf(this.#byte)
  #answered = 0
  #failed = 0
  #progressAt = 0

  open(target: number, wanted: number): Record<string, number> {
    const startedAt = performance.now()
    this.#progressAt = startedAt
    const isDone = (): boolean => this.#answered + this.#failed >= wanted
    while (!isDone() && !this.#hasStalled(startedAt + OPEN_TIMEOUT_MS)) {
      while (this.#fds.length < wanted && this.#fds.length - this.#answered - this.#failed < IN_FLIGHT_MAX)
        this.#connect(target)
      this.#step()
    }
    return { opened: this.#answered, failed: this.#failed, openMs: this.#progressAt - startedAt }
  }

  check(): Record<string, number> {
    const startedAt = performance.now()
    this.#progressAt = startedAt
    this.#answered = 0
    this.#failed = 0
    let asked = 0
    for (let index = 0; ; ) {
      for (; index < this.#fds.length && asked - this.#answered - this.#failed < CHECKED_AT_ONCE; index++) {
        if (this.#states[index] !== 'OPEN' || write(this.#fds[index]!, this.#address, 1) !== 1) continue
        this.#states[index] = 'ASKED'
        asked++
      }
      const isDone = index === this.#fds.length && this.#answered + this.#failed >= asked
      if (isDone || this.#hasStalled(startedAt + CHECK_TIMEOUT_MS)) break
      this.#step()
    }
    return { alive: this.#answered }
  }

  #hasStalled(endAt: number): boolean {
    const now = performance.now()
    return now > endAt || now - this.#progressAt > STALL_MS
  }

  #connect(target: number): void {
    const fd = connectSoon(target, ECHO_PORT)
    const index = this.#fds.push(fd) - 1
    this.#states[index] = fd < 0 ? 'CLOSED' : 'CONNECTING'
    if (fd < 0) this.#failed++
    else this.#epoll.add(fd, EPOLLOUT, index)
  }

  #step(): void {
    const count = this.#epoll.wait(100)
    for (let event = 0; event < count; event++) this.#ready(this.#epoll.tagAt(event))
  }

  #ready(index: number): void {
    const fd = this.#fds[index]!
    const state = this.#states[index]
    if (state === 'CONNECTING') {
      if (socketError(fd) !== 0 || write(fd, this.#address, 1) !== 1) {
        this.#close(index, true)
        return
      }
      this.#states[index] = 'ASKED'
      this.#epoll.modify(fd, EPOLLIN, index)
      return
    }
    if (read(fd, this.#address, 16) <= 0) {
      this.#close(index, state === 'ASKED')
    } else {
      if (state === 'ASKED') this.#answered++
      this.#states[index] = 'OPEN'
      this.#progressAt = performance.now()
    }
  }

  #close(index: number, isFailure: boolean): void {
    closeFd(this.#fds[index]!)
    this.#states[index] = 'CLOSED'
    if (isFailure) this.#failed++
  }
}
