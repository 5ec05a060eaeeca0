// The resolvers that queries go to, in order, and which of them is asked first: the one that answered last. While that is
// not the first of the list, a question now and then begins there all the same, and it is taken again when it answers.

import type { Ipv4Address } from '../../wire/ipv4-address.ts'

export interface Upstream {
  readonly address: Ipv4Address
  readonly port: number
}

/** How often a resolver that stopped answering is tried again. */
export const FIRST_RETRY_MS = 30_000

export class Upstreams {
  #list: readonly Upstream[] = []
  #preferred = 0
  #triedFirstAt = 0

  get list(): readonly Upstream[] {
    return this.#list
  }

  /** Which of the list is asked first. */
  get preferred(): number {
    return this.#preferred
  }

  /** @returns whether that is a change */
  configure(list: readonly Upstream[]): boolean {
    const isSame =
      list.length === this.#list.length && list.every((server, index) => isEqual(server, this.#list[index]))
    if (isSame) return false
    this.#list = list
    this.#preferred = 0
    return true
  }

  at(turn: number): Upstream | undefined {
    return this.#list[turn % Math.max(1, this.#list.length)]
  }

  /** Where in the list a new question begins. */
  begin(now: number): number {
    if (this.#preferred === 0 || now - this.#triedFirstAt < FIRST_RETRY_MS) return this.#preferred
    this.#triedFirstAt = now
    return 0
  }

  answered(upstream: Upstream, now: number): void {
    if (this.#list[this.#preferred] === upstream) return
    const index = this.#list.indexOf(upstream)
    if (index < 0) return
    this.#preferred = index
    this.#triedFirstAt = now
  }
}

function isEqual(a: Upstream, b: Upstream | undefined): boolean {
  return b !== undefined && a.address === b.address && a.port === b.port
}
