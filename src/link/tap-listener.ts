// Where a running server takes over TAP devices that other processes of this user opened (tap-handover.ts is the giver's
// side and the protocol). Whoever may open the socket may do it; it has the mode of the other sockets.
//
// Life of a connection: silent → an offer with one descriptor → a TAP link, until the giver closes (or dies), the device
// goes away, an administrator disconnects the session, or the listener closes. The giver is told in every case but the
// first. What a descriptor really is, only the kernel knows: it is asked (tap-device.ts), and set up anew.
// Limits: connections, the length of an offer, the time until it comes; each has a counter.

import type { Attachable } from '../hub/port.ts'
import { receiveMessage, sendMessage } from '../os/fd-passing.ts'
import { close } from '../os/files.ts'
import { OsError, type Poll, poll } from '../os/libc.ts'
import { adoptTap } from './tap-device.ts'
import type { TapAnswer } from './tap-handover.ts'
import { parseTapOffer, TAP_OFFER_BYTES_MAX } from './tap-handover.ts'
import { TapLink } from './tap-link.ts'
import { UnixListener } from './unix-listener.ts'

/** Givers of one hub at a time; each costs two descriptors. */
export const TAP_CONNECTIONS_MAX = 1_024
/** Until a giver has made its offer: `run` connects before its namespace is there. */
export const TAP_OFFER_MS_MAX = 30_000

export interface TapListenerOptions {
  readonly hub: Attachable
  /** False: no super-frames, whatever a giver wants. */
  readonly gso: boolean
  /** Largest IP packet that the hub's router takes now. */
  readonly mtu: () => number
  /** Default: TAP_CONNECTIONS_MAX. */
  readonly connectionsMax?: number
  attached?(sessionName: string): void
  /** Called once for each that attached. `reason` is for people. */
  detached?(sessionName: string, reason: string): void
  refused?(reason: string): void
}

export interface TapListenerStats {
  attached: number
  refusedConnectionLimit: number
  /** Too long, not understood, without a descriptor, or a second one. */
  refusedBadOffer: number
  refusedTooSlow: number
  /** The descriptor is not that of such a TAP device, or the hub is full. */
  refusedDevice: number
}

export class TapListener {
  readonly stats: TapListenerStats = {
    attached: 0,
    refusedConnectionLimit: 0,
    refusedBadOffer: 0,
    refusedTooSlow: 0,
    refusedDevice: 0,
  }
  readonly #listener: UnixListener
  readonly #options: TapListenerOptions
  readonly #connections = new Set<Connection>()

  /** @throws LibcUnavailable where descriptors cannot be passed, OsError */
  constructor(path: string, options: TapListenerOptions) {
    this.#options = options
    this.#listener = new UnixListener(path, 'packets', (fd) => this.#accept(fd))
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Ends every link. */
  close(): void {
    this.#listener.close()
    for (const connection of this.#connections) connection.end('the server stopped')
  }

  #accept(fd: number): void {
    const connection = new Connection(fd, this.#options, this.stats, () => this.#connections.delete(connection))
    const limit = this.#options.connectionsMax ?? TAP_CONNECTIONS_MAX
    if (this.#connections.size >= limit) {
      connection.refuse('refusedConnectionLimit', `there are ${limit} connections already`)
      return
    }
    this.#connections.add(connection)
  }
}

class Connection {
  readonly #socket: number
  readonly #options: TapListenerOptions
  readonly #stats: TapListenerStats
  readonly #over: () => void
  readonly #poll: Poll
  readonly #deadline: NodeJS.Timeout
  #link: TapLink | undefined
  /** Why the link ended by itself. */
  #reason = 'disconnected by an administrator'
  #isOver = false

  constructor(socket: number, options: TapListenerOptions, stats: TapListenerStats, over: () => void) {
    this.#socket = socket
    this.#options = options
    this.#stats = stats
    this.#over = over
    this.#poll = poll(socket, { readable: true }, (status) => this.#readable(status))
    this.#deadline = setTimeout(
      () => this.refuse('refusedTooSlow', `no offer came within ${TAP_OFFER_MS_MAX / 1_000} s`),
      TAP_OFFER_MS_MAX,
    )
  }

  refuse(counter: Exclude<keyof TapListenerStats, 'attached'>, reason: string): void {
    if (this.#isOver) return
    this.#stats[counter] += 1
    this.#say({ error: reason })
    this.#leave()
    this.#options.refused?.(reason)
  }

  /** Closes the link at once, and tells the giver why. */
  end(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    const link = this.#link
    // First of all, so that the device is gone when the giver hears of it.
    link?.close()
    this.#say({ ended: reason })
    this.#leave()
    if (link !== undefined) this.#options.detached?.(link.sessionName, reason)
  }

  #readable(status: number): void {
    if (this.#isOver) return
    try {
      const message = receiveMessage(this.#socket, TAP_OFFER_BYTES_MAX)
      if (message === undefined) this.#giverIsGone()
      else if (this.#link === undefined) this.#take(message.text, message.fds)
      else {
        for (const fd of message.fds) close(fd)
        this.#stats.refusedBadOffer += 1
        this.end('the giver spoke after its offer')
      }
    } catch (error) {
      if (!(error instanceof OsError)) throw error
      if (error.code === 'EMSGSIZE') {
        const reason = `the offer is longer than ${TAP_OFFER_BYTES_MAX} bytes`
        if (this.#link === undefined) this.refuse('refusedBadOffer', reason)
        else this.end(reason)
      } else if (status < 0 || (error.code !== 'EAGAIN' && error.code !== 'EINTR')) this.#giverIsGone()
    }
  }

  #take(text: string, fds: readonly number[]): void {
    const [fd] = fds
    const offer = parseTapOffer(text)
    const problem =
      typeof offer === 'string' ? offer : fds.length !== 1 ? 'the offer has not one descriptor' : undefined
    if (typeof offer === 'string' || fd === undefined || problem !== undefined) {
      for (const each of fds) close(each)
      this.refuse('refusedBadOffer', problem ?? '')
      return
    }
    try {
      const gso = offer.gso && this.#options.gso
      this.#link = new TapLink(
        this.#options.hub,
        adoptTap(fd, gso),
        { gso, hostName: offer.name },
        {
          closed: (reason) => {
            this.#reason = reason
          },
          detached: () => this.end(this.#reason),
        },
      )
    } catch (error) {
      close(fd)
      this.refuse('refusedDevice', error instanceof Error ? error.message : String(error))
      return
    }
    clearTimeout(this.#deadline)
    const { sessionName } = this.#link
    this.#stats.attached += 1
    this.#options.attached?.(sessionName)
    this.#say({ session: sessionName, mtu: this.#options.mtu() })
  }

  /** What it has sent before is still delivered. */
  #giverIsGone(): void {
    const link = this.#link
    this.#reason = 'the peer closed the connection'
    if (link === undefined) this.#leave()
    else link.finish()
  }

  /** A giver that does not listen is told nothing. */
  #say(answer: TapAnswer): void {
    try {
      sendMessage(this.#socket, JSON.stringify(answer))
    } catch (error) {
      if (!(error instanceof OsError)) throw error
    }
  }

  #leave(): void {
    this.#isOver = true
    clearTimeout(this.#deadline)
    this.#poll.close()
    close(this.#socket)
    this.#over()
  }
}
