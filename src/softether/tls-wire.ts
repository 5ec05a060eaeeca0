// A TLS connection as the wire of a tunnel, and the way to close one, for either side.

import type { TLSSocket } from 'node:tls'
import type { Wire } from './tunnel-connection.ts'

/** For the peer to answer our close_notify. */
const CLOSE_GRACE_MS = 3_000

/** @param fault what went wrong here while the peer took what was written; left out: thrown */
export function wireOf(socket: TLSSocket, fault?: (error: unknown) => void): Wire {
  let isEnded = false
  return {
    write(bytes, written) {
      // Whether it has arrived or the stream has ended: the bytes are their owner's again, who would miss them else.
      if (isEnded || socket.destroyed) return true
      socket.write(bytes, () => {
        try {
          written()
        } catch (error) {
          if (fault === undefined) throw error
          fault(error)
        }
      })
      return false
    },
    end() {
      if (isEnded) return
      isEnded = true
      closeGracefully(socket)
    },
  }
}

/** close_notify, FIN, and a while for the peer's (protocol reference 2.3). */
export function closeGracefully(socket: TLSSocket): void {
  if (socket.destroyed) return
  socket.end()
  // Somebody must read what still comes, or the peer's own end is never seen.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS)
  socket.once('close', () => clearTimeout(timer))
}
