// The TCP connections to the server, for administrators: who takes one in adds it, and removes it when it has ended.

import type { ConnectionKind, ConnectionRow } from '../admin/management/connection.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'

export interface NewConnection {
  readonly kind: ConnectionKind
  readonly address: Ipv4Address
  readonly port: number
  readonly hostName: string
  /** Ends it. */
  close(): void
}

/** One of them, for who takes it in. */
export interface ConnectionHandle {
  /** `CID-3` */
  readonly name: string
  /** What has become known of it since. */
  update(known: Partial<Pick<ConnectionRow, 'kind' | 'clientProduct' | 'clientVersion' | 'clientBuild'>>): void
  remove(): void
}

export class Connections {
  readonly #rows = new Map<string, { row: ConnectionRow; close: () => void }>()
  readonly #wallClock: () => number
  #lastNumber = 0

  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  get count(): number {
    return this.#rows.size
  }

  add({ close, ...given }: NewConnection): ConnectionHandle {
    const name = `CID-${++this.#lastNumber}`
    const row = { name, ...given, connectedAt: this.#wallClock(), clientProduct: '', clientVersion: 0, clientBuild: 0 }
    const entry: { row: ConnectionRow; close: () => void } = { row, close }
    this.#rows.set(name, entry)
    return {
      name,
      update: (known) => {
        entry.row = { ...entry.row, ...known }
      },
      remove: () => {
        this.#rows.delete(name)
      },
    }
  }

  list(): ConnectionRow[] {
    return Array.from(this.#rows.values(), ({ row }) => row)
  }

  /** @returns whether there was such a connection */
  disconnect(name: string): boolean {
    const entry = this.#rows.get(name)
    entry?.close()
    return entry !== undefined
  }
}
