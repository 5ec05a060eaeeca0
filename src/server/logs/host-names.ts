// Names of outside addresses, asked of the host's own resolver, for the lines of the security log (R51).
//
// Nothing waits for them but a line of text, and that no longer than LOOKUP_MS_MAX. Answers are remembered, "no name" more
// briefly; past LOOKUPS_MAX questions at a time an address simply has no name. A name is whatever the owner of an address block
// wants: only what looks like a host name is taken.

import { Resolver } from 'node:dns/promises'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { formatIpv4 } from '../../wire/ipv4-address.ts'

export const LOOKUPS_MAX = 64
export const LOOKUP_MS_MAX = 2000
/** Addresses whose name, or lack of one, is remembered. */
export const HOST_NAMES_MAX = 4096
const NAME_KEPT_MS = 600_000
const NO_NAME_KEPT_MS = 60_000
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/

type Answered = (name: string | undefined) => void

export interface HostNamesDeps {
  reverse(address: string): Promise<readonly string[]>
  /** Monotonic milliseconds. */
  now(): number
  setTimer(delayMs: number, callback: () => void): () => void
}

export class HostNames {
  readonly stats = { lookups: 0, timedOut: 0, notAskedLookupsMax: 0 }
  readonly #deps: HostNamesDeps
  /** In the order in which they were learned. */
  readonly #known = new Map<Ipv4Address, { name: string | undefined; until: number }>()
  readonly #asking = new Map<Ipv4Address, Answered[]>()

  constructor(deps: HostNamesDeps) {
    this.#deps = deps
  }

  /** Calls `answered` once: at once when the answer is known or cannot be asked for, else within LOOKUP_MS_MAX. */
  lookup(address: Ipv4Address, answered: Answered): void {
    const known = this.#known.get(address)
    if (known !== undefined && known.until > this.#deps.now()) {
      answered(known.name)
      return
    }
    const waiting = this.#asking.get(address)
    if (waiting !== undefined) {
      waiting.push(answered)
    } else if (this.#asking.size >= LOOKUPS_MAX) {
      this.stats.notAskedLookupsMax += 1
      answered(undefined)
    } else {
      this.#ask(address, [answered])
    }
  }

  #ask(address: Ipv4Address, waiting: Answered[]): void {
    this.stats.lookups += 1
    this.#asking.set(address, waiting)
    const end = (name: string | undefined): void => {
      if (this.#asking.get(address) !== waiting) return
      cancel()
      this.#asking.delete(address)
      this.#learn(address, name)
      for (const answered of waiting) answered(name)
    }
    const cancel = this.#deps.setTimer(LOOKUP_MS_MAX, () => {
      this.stats.timedOut += 1
      end(undefined)
    })
    this.#deps.reverse(formatIpv4(address)).then(
      (names) => end(names.find((name) => HOST_NAME.test(name))),
      () => end(undefined),
    )
  }

  #learn(address: Ipv4Address, name: string | undefined): void {
    this.#known.delete(address)
    if (this.#known.size >= HOST_NAMES_MAX) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest)
        break
      }
    }
    this.#known.set(address, { name, until: this.#deps.now() + (name === undefined ? NO_NAME_KEPT_MS : NAME_KEPT_MS) })
  }
}

/** Asks the resolvers that this computer uses now. */
export function systemReverse(nameservers: () => readonly Ipv4Address[]): (address: string) => Promise<string[]> {
  let resolver: Resolver | undefined
  let used: readonly Ipv4Address[] = []
  return (address) => {
    resolver ??= new Resolver({ timeout: LOOKUP_MS_MAX, tries: 1 })
    const wanted = nameservers()
    if (wanted.length > 0 && wanted !== used) resolver.setServers(wanted.map(formatIpv4))
    used = wanted
    return resolver.reverse(address)
  }
}
