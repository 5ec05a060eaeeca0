// Echo sockets of linux-sockets.ts. Where this process is in a group of net.ipv4.ping_group_range each session has an ICMP
// datagram socket, whose identifier is the socket's port; where it may open raw sockets instead, all sessions share one,
// and the identifier tells whose reply it is. Everything leaves at once: pings are few, and wait for nothing.

import {
  localPort,
  MessageReader,
  pingSocket,
  queueErrors,
  rawPingSocket,
  receiveTtl,
  sendTo,
  setDontFragment,
  setTtl,
} from '../os/icmp-sockets.ts'
import { errnoName } from '../os/libc.ts'
import { bindIpv4, closeSocket, EPOLLERR, EPOLLIN } from '../os/sockets.ts'
import { getU8, getU16 } from '../wire/bytes.ts'
import { emitIcmp, ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, ICMP_HEADER_LEN, ICMP_UNREACHABLE } from '../wire/icmpv4.ts'
import { IPV4_HEADER_LEN } from '../wire/ipv4.ts'
import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import type { LinuxSocket, LinuxSocketSet } from './linux-socket.ts'
import { codeOf, drainErrors } from './linux-socket-errors.ts'
import type { OutsideError, PingSocket, PingSocketEvents } from './sockets.ts'
import { UnexplainedRequests } from './unexplained-requests.ts'

const MESSAGE_LEN_MAX = 65_536
/** Messages read per turn. */
const READ_PER_TURN = 64

/** What this process may open: found out by opening. */
export type PingKind = 'datagram' | 'raw' | 'none'

export function pingKind(): PingKind {
  for (const [kind, open] of [
    ['datagram', pingSocket],
    ['raw', rawPingSocket],
  ] as const) {
    const fd = open()
    if (fd < 0) continue
    closeSocket(fd)
    return kind
  }
  return 'none'
}

/** Sends one echo request. @returns the name of the errno, if it did not leave */
function sendRequest(
  fd: number,
  message: Uint8Array,
  address: Ipv4Address,
  { ttl, dontFragment }: { ttl: number; dontFragment: boolean },
): string | undefined {
  setTtl(fd, ttl)
  setDontFragment(fd, dontFragment)
  // The first call after an error has come fails with that error and is used up by it.
  if (sendTo(fd, message, address) >= 0) return undefined
  if (errnoName() !== 'EMSGSIZE' && sendTo(fd, message, address) >= 0) return undefined
  return errnoName()
}

function requestMessage(identifier: number, sequence: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(ICMP_HEADER_LEN + body.length)
  message.set(body, ICMP_HEADER_LEN)
  emitIcmp(message, 0, ICMP_ECHO_REQUEST, 0, identifier, sequence, body.length)
  return message
}

/** What to tell about a request that did not leave; nothing when the error queue tells it, or nobody is to blame. */
function unsent(errno: string, address: Ipv4Address, message: Uint8Array): OutsideError | undefined {
  const code = errno === 'EMSGSIZE' ? undefined : codeOf(errno)
  if (code === undefined) return undefined
  return { type: ICMP_UNREACHABLE, code, reporter: ANY_IPV4, address, port: 0, mtu: 0, payload: message }
}

let reader: MessageReader | undefined

/** Reads echo replies; each message begins `headerLen` bytes into what a socket gives. */
function readReplies(
  fd: number,
  reply: (identifier: number, message: Uint8Array, address: Ipv4Address, ttl: number) => void,
  hasIpHeader: boolean,
): boolean {
  reader ??= new MessageReader(MESSAGE_LEN_MAX)
  for (let read = 0; read < READ_PER_TURN; read++) {
    const length = reader.receive(fd)
    if (length < 0) return false
    const { bytes, address, ttl } = reader
    const start = hasIpHeader ? (getU8(bytes, 0) & 15) * 4 : 0
    if (length < start + ICMP_HEADER_LEN || (hasIpHeader && length < IPV4_HEADER_LEN)) continue
    const message = bytes.subarray(start, length)
    if (message[0] === ICMP_ECHO_REPLY) {
      reply(getU16(message, 4), message, address as Ipv4Address, hasIpHeader ? getU8(bytes, 8) : ttl)
    }
  }
  return true
}

/** A session's own ICMP datagram socket. */
export class LinuxPingSocket implements PingSocket, LinuxSocket {
  readonly fd: number
  readonly identifier: number
  generation = 0
  isListed = false
  readonly #set: LinuxSocketSet
  readonly #events: PingSocketEvents
  #isClosed = false
  #hasFailed = false
  #unsent: OutsideError[] = []

  constructor(set: LinuxSocketSet, preferredIdentifier: number, events: PingSocketEvents) {
    this.#set = set
    this.#events = events
    this.fd = pingSocket()
    const isBound = this.fd >= 0 && (bindIpv4(this.fd, 0, preferredIdentifier) === 0 || bindIpv4(this.fd, 0, 0) === 0)
    this.identifier = isBound ? localPort(this.fd) : 0
    if (isBound && set.register(this)) {
      queueErrors(this.fd)
      receiveTtl(this.fd)
      return
    }
    this.#hasFailed = true
    set.list(this)
  }

  request(
    address: Ipv4Address,
    sequence: number,
    body: Uint8Array,
    options: { ttl: number; dontFragment: boolean },
  ): void {
    if (this.#isClosed || this.#hasFailed) return
    const message = requestMessage(this.identifier, sequence, body)
    const errno = sendRequest(this.fd, message, address, options)
    const error = errno === undefined ? undefined : unsent(errno, address, message)
    if (error === undefined) return
    this.#unsent.push(error)
    this.#set.list(this)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.fd < 0) return
    this.#set.forget(this)
    closeSocket(this.fd)
  }

  flushOutput(): void {}

  run(events: number): void {
    if (this.#isClosed) return
    if (this.#hasFailed) {
      this.close()
      this.#events.failed()
      return
    }
    for (const error of this.#unsent.splice(0)) this.#report(error)
    if (this.#isClosed) return
    if ((events & EPOLLERR) !== 0) drainErrors(this.fd, (error) => this.#report(error))
    if (this.#isClosed || (events !== 0 && (events & (EPOLLIN | EPOLLERR)) === 0)) return
    const hasMore = readReplies(
      this.fd,
      (_identifier, message, address, ttl) => {
        if (this.#isClosed) return
        this.#events.reply(address, getU16(message, 6), message.subarray(ICMP_HEADER_LEN), ttl)
      },
      false,
    )
    if (hasMore && !this.#isClosed) this.#set.list(this)
  }

  #report(error: OutsideError): void {
    if (!this.#isClosed) this.#events.unreached(error)
  }
}

/** The one raw socket, and the sessions that share it. */
export class LinuxRawPings implements LinuxSocket {
  readonly fd: number
  generation = 0
  isListed = false
  readonly #set: LinuxSocketSet
  readonly #sessions = new Map<number, RawPingSocket>()
  readonly #onEmpty: () => void
  #unsent: { session: RawPingSocket; error: OutsideError | undefined }[] = []
  /** Requests whose error, which does not say whose it is, will come by the error queue. */
  readonly #tooLong = new UnexplainedRequests<{ session: RawPingSocket; message: Uint8Array }>()
  /** There is more in the error queue than one turn takes. */
  #hasMoreErrors = false

  /** @param onEmpty the last session has gone, and the socket with it */
  constructor(set: LinuxSocketSet, onEmpty: () => void) {
    this.#set = set
    this.#onEmpty = onEmpty
    this.fd = rawPingSocket()
    if (this.fd < 0 || !set.register(this)) return
    queueErrors(this.fd)
  }

  open(preferredIdentifier: number, events: PingSocketEvents): PingSocket {
    let identifier = preferredIdentifier
    while (this.#sessions.has(identifier)) identifier = (identifier + 1) & 0xffff
    const session = new RawPingSocket(this, identifier, events)
    this.#sessions.set(identifier, session)
    if (this.fd < 0) this.tellLater(session, undefined)
    return session
  }

  forget(session: RawPingSocket): void {
    if (!this.#sessions.delete(session.identifier) || this.#sessions.size > 0) return
    this.#onEmpty()
    if (this.fd < 0) return
    this.#set.forget(this)
    closeSocket(this.fd)
  }

  /** @param error `undefined`: there is no socket */
  tellLater(session: RawPingSocket, error: OutsideError | undefined): void {
    this.#unsent.push({ session, error })
    this.#set.list(this)
  }

  wasTooLong(session: RawPingSocket, message: Uint8Array): void {
    this.#tooLong.add({ session, message })
  }

  flushOutput(): void {}

  run(events: number): void {
    for (const { session, error } of this.#unsent.splice(0)) {
      if (error === undefined) session.fail()
      else session.report(error)
    }
    if (this.#sessions.size === 0) return
    if ((events & EPOLLERR) !== 0 || this.#hasMoreErrors) {
      this.#hasMoreErrors = !drainErrors(this.fd, (error) => {
        if (error.payload.length >= ICMP_HEADER_LEN) this.#sessions.get(getU16(error.payload, 4))?.report(error)
        else {
          const about = this.#tooLong.next()
          about?.session.report({ ...error, payload: about.message })
        }
      })
      if (this.#hasMoreErrors) this.#set.list(this)
      else this.#tooLong.queueIsEmpty()
    }
    if (this.#sessions.size === 0 || (events !== 0 && (events & (EPOLLIN | EPOLLERR)) === 0)) return
    const hasMore = readReplies(
      this.fd,
      (identifier, message, address, ttl) => this.#sessions.get(identifier)?.reply(message, address, ttl),
      true,
    )
    if (hasMore && this.#sessions.size > 0) this.#set.list(this)
  }
}

class RawPingSocket implements PingSocket {
  readonly identifier: number
  readonly #shared: LinuxRawPings
  readonly #events: PingSocketEvents
  #isClosed = false

  constructor(shared: LinuxRawPings, identifier: number, events: PingSocketEvents) {
    this.#shared = shared
    this.identifier = identifier
    this.#events = events
  }

  request(
    address: Ipv4Address,
    sequence: number,
    body: Uint8Array,
    options: { ttl: number; dontFragment: boolean },
  ): void {
    if (this.#isClosed || this.#shared.fd < 0) return
    const message = requestMessage(this.identifier, sequence, body)
    const errno = sendRequest(this.#shared.fd, message, address, options)
    if (errno === 'EMSGSIZE') this.#shared.wasTooLong(this, message)
    const error = errno === undefined ? undefined : unsent(errno, address, message)
    if (error !== undefined) this.#shared.tellLater(this, error)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#shared.forget(this)
  }

  reply(message: Uint8Array, address: Ipv4Address, ttl: number): void {
    if (!this.#isClosed) this.#events.reply(address, getU16(message, 6), message.subarray(ICMP_HEADER_LEN), ttl)
  }

  report(error: OutsideError): void {
    if (!this.#isClosed) this.#events.unreached(error)
  }

  fail(): void {
    if (this.#isClosed) return
    this.close()
    this.#events.failed()
  }
}
