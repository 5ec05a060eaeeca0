// What a socket of linux-sockets.ts and the set it is in are to each other.

import type { UdpBatches } from './linux-udp-batches.ts'

/** What the two kinds of socket have in common. */
export interface LinuxSocket {
  readonly fd: number
  /** Kept by the set: tells an event of a closed socket from one of its descriptor's next owner. */
  generation: number
  /** On the list of those still ready. */
  isListed: boolean
  /** Does what the socket is ready for, within its turn. */
  run(events: number): void
  /** Hands gathered bytes to the kernel. */
  flushOutput(): void
}

/** What a socket may ask of its set. */
export interface LinuxSocketSet {
  register(socket: LinuxSocket): boolean
  forget(socket: LinuxSocket): void
  /** Ready, or with something to say, but not now. */
  list(socket: LinuxSocket): void
  /** Has gathered output for the next flush. */
  wantsFlush(socket: LinuxSocket): void
  readonly udp: UdpBatches
}
