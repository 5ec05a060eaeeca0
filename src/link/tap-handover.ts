// Giving a TAP device to a running server: the descriptor goes through a Unix socket, and the server reads and writes
// the device itself, super-frames included. This is the giver's side, and what both sides say; tap-listener.ts is the taker's.
//
// One JSON text per message, over a sequenced-packet socket. The giver: an offer with the descriptor. The taker: the
// session, or why not; later why the session ended. The connection is the session's life: when either side closes it,
// the link is closed and, unless it is persistent, the device is gone.

import { receiveMessage, sendMessage } from '../os/fd-passing.ts'
import { close } from '../os/files.ts'
import { OsError, type Poll, poll } from '../os/libc.ts'
import { SHUT_WR, shutdown } from '../os/sockets.ts'
import { connectUnix } from '../os/unix-socket.ts'
import { TapError } from './tap-device.ts'

const VERSION = 1
/** Longest offer, and longest name in it. */
export const TAP_OFFER_BYTES_MAX = 1_024
const NAME_LEN_MAX = 255

/** A server that does not answer is stuck. */
const ANSWER_MS_MAX = 10_000
/** Waiting for the server to take the last frames. */
const FINISH_MS_MAX = 1_000

export interface TapOffer {
  /** For people: `tap0` or `tap0@guest`. */
  readonly name: string
  /** Super-frames and unfinished checksums. */
  readonly gso: boolean
}

/** What the taker says. `mtu`: largest IP packet that the hub's router takes. */
export type TapAnswer =
  | { readonly session: string; readonly mtu: number }
  | { readonly error: string }
  | { readonly ended: string }

export function formatTapOffer({ name, gso }: TapOffer): string {
  return JSON.stringify({ version: VERSION, name, gso })
}

/** A sentence says why it is none. */
export function parseTapOffer(text: string): TapOffer | string {
  const value = parseObject(text)
  if (value === undefined) return 'the offer is not a JSON object'
  const { version, name, gso } = value
  if (version !== VERSION) return `the offer has version ${String(version)}; this server takes version ${VERSION}`
  if (typeof name !== 'string' || name.length > NAME_LEN_MAX || !/^[^\s\p{C}]+$/u.test(name))
    return `the offer's name must be 1 to ${NAME_LEN_MAX} visible letters`
  if (typeof gso !== 'boolean') return 'the offer does not say whether super-frames are wanted'
  return { name, gso }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

export interface TapSession {
  readonly session: string
  readonly mtu: number
}

/** A connection to a server's socket for TAP devices; carries one device. */
export class TapHandover {
  readonly #socket: number
  readonly #poll: Poll
  /** What came before anybody asked. */
  #early: TapAnswer | undefined
  #onMessage: ((answer: TapAnswer | undefined) => void) | undefined
  #ended: ((reason: string) => void) | undefined
  #isOver = false
  #isClosed = false

  /** @throws OsError when nobody listens there */
  static connect(path: string): TapHandover {
    return new TapHandover(connectUnix(path))
  }

  private constructor(socket: number) {
    this.#socket = socket
    this.#poll = poll(socket, { readable: true }, (status) => this.#readable(status))
  }

  /** The descriptor is closed here, whatever comes of it. @param ended called once, unless we close @throws TapError */
  async give(fd: number, offer: TapOffer, ended: (reason: string) => void): Promise<TapSession> {
    try {
      sendMessage(this.#socket, formatTapOffer(offer), fd)
    } catch (error) {
      // The server has closed already, and may have said why.
      if (!(error instanceof OsError)) throw error
    } finally {
      close(fd)
    }
    const answer = await this.#answer()
    if (answer === undefined) throw new TapError('REFUSED', 'the server closed the connection without an answer')
    if (!('session' in answer))
      throw new TapError('REFUSED', `the server does not take the TAP device: ${answerText(answer)}`)
    this.#ended = ended
    if (this.#isOver) queueMicrotask(() => this.#tell('the connection is closed'))
    return answer
  }

  /** Lets the server take what the device still holds, then closes; takes a second at most. */
  async close(): Promise<void> {
    this.#ended = undefined
    if (this.#isClosed) return
    if (!this.#isOver) {
      await within(FINISH_MS_MAX, (done) => {
        this.#onMessage = (answer) => {
          if (answer === undefined) done(undefined)
        }
        shutdown(this.#socket, SHUT_WR)
      })
    }
    this.#isClosed = true
    this.#poll.close()
    close(this.#socket)
  }

  async #answer(): Promise<TapAnswer | undefined> {
    const late = { error: `no answer within ${ANSWER_MS_MAX / 1_000} s` }
    const answer = await within(
      ANSWER_MS_MAX,
      (done: (answer: TapAnswer | undefined) => void) => {
        this.#onMessage = done
        if (this.#isOver || this.#early !== undefined) done(this.#early)
      },
      late,
    )
    this.#onMessage = undefined
    return answer
  }

  #readable(status: number): void {
    if (this.#isClosed || this.#isOver) return
    let answer: TapAnswer | undefined
    try {
      answer = this.#receive()
    } catch (error) {
      if (error instanceof OsError && error.code === 'EAGAIN') return
      throw error
    }
    if (answer === undefined || status < 0) {
      this.#isOver = true
      this.#poll.close()
    }
    if (this.#onMessage === undefined) this.#early ??= answer
    this.#onMessage?.(answer)
    if (answer === undefined) this.#tell('the connection is closed')
    else if ('ended' in answer) this.#tell(answer.ended)
  }

  /** A server that closed with something unread of ours resets the connection before what it said can be read. */
  #receive(): TapAnswer | undefined {
    const message = receiveMessage(this.#socket) ?? receiveMessage(this.#socket)
    for (const fd of message?.fds ?? []) close(fd)
    return message === undefined ? undefined : (parseObject(message.text) as TapAnswer | undefined)
  }

  #tell(reason: string): void {
    const ended = this.#ended
    this.#ended = undefined
    ended?.(reason)
  }
}

function answerText(answer: TapAnswer): string {
  if ('error' in answer) return answer.error
  return 'ended' in answer ? answer.ended : 'its answer is not understood'
}

/** What `start` reports, or `late` when it does not in time. */
function within<T>(
  ms: number,
  start: (done: (value: T | undefined) => void) => void,
  late?: T,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(late), ms)
    start((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}
