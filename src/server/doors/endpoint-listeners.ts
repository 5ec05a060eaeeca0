// Listening sockets for a list of endpoints that changes at run time. A port that is taken is told once and tried again, since the other
// program may go.

import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { Endpoint } from '../config/values.ts'
import { formatEndpoint } from '../config/values.ts'
import { listensOn } from '../host-network.ts'
import type { Log } from '../log.ts'

const RETRY_MS = 5_000
/** An administration connection may be silent for hours; one whose peer is gone without a word would keep its place for ever. */
const KEEP_ALIVE_MS = 60_000

export interface ListenerRow extends Endpoint {
  /** The port that was really opened, where 0 is configured. */
  readonly boundPort: number | undefined
  /** Why it does not listen. */
  readonly error: string | undefined
}

interface Listening {
  readonly endpoint: Endpoint
  server: Server | undefined
  error: string | undefined
  retry: NodeJS.Timeout | undefined
}

export class EndpointListeners {
  readonly #listening = new Map<string, Listening>()
  readonly #log: Log
  readonly #accept: (socket: Socket) => void

  constructor(log: Log, accept: (socket: Socket) => void) {
    this.#log = log
    this.#accept = accept
  }

  /** Opens and closes until they are these; connections of a closed one go on. */
  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    const wanted = new Map(endpoints.map((endpoint) => [formatEndpoint(endpoint), endpoint]))
    for (const [name, listening] of this.#listening) {
      if (wanted.has(name)) continue
      this.#listening.delete(name)
      stop(listening)
      this.#log.info('a listener was closed', { listen: name })
    }
    const fresh = [...wanted].filter(([name]) => !this.#listening.has(name))
    await Promise.all(
      fresh.map(([name, endpoint]) => {
        const listening: Listening = { endpoint, server: undefined, error: undefined, retry: undefined }
        this.#listening.set(name, listening)
        return this.#open(name, listening)
      }),
    )
  }

  rows(): ListenerRow[] {
    return Array.from(this.#listening.values(), ({ endpoint, server, error }) => {
      const address = server?.address()
      return { ...endpoint, boundPort: typeof address === 'object' ? address?.port : undefined, error }
    })
  }

  close(): void {
    const all = [...this.#listening.values()]
    this.#listening.clear()
    for (const listening of all) stop(listening)
  }

  /** Resolves when it listens, or has failed for the first time. */
  #open(name: string, listening: Listening): Promise<void> {
    const { host, port } = listening.endpoint
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, this.#accept)
    listening.server = server
    return new Promise((resolve) => {
      server.on('error', (error) => {
        resolve()
        if (this.#listening.get(name) !== listening) return
        // One connection could not be accepted, for want of memory say: the next may be.
        if (server.listening) return
        if (listening.error === undefined) {
          this.#log.warn('cannot listen; trying again until it is possible', { listen: name, reason: error.message })
        }
        listening.error = error.message
        clearTimeout(listening.retry)
        listening.retry = setTimeout(() => void this.#open(name, listening), RETRY_MS)
      })
      server.listen(host === '*' ? { port } : { host, port }, () => {
        listening.error = undefined
        const address = server.address()
        if (typeof address === 'object' && address !== null) server.once('close', listensOn(address.port))
        this.#log.info('listening', { listen: name })
        resolve()
      })
    })
  }
}

function stop(listening: Listening): void {
  clearTimeout(listening.retry)
  listening.server?.close()
}
