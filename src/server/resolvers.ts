// The DNS servers this computer uses now, for the DNS redirect (R30).
//
// Asked on every query of a guest, so the answer is remembered, and the file's time is looked at no more than once a
// second: no watcher, no timer, and a change is followed within a second of the next query.

import { getServers } from 'node:dns'
import { readFileSync, statSync } from 'node:fs'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { ipv4, parseIpv4 } from '../wire/ipv4-address.ts'

const RECHECK_MS = 1000
/** resolv.conf(5): with no nameserver line the one on this computer is meant. */
const LOCAL_RESOLVER = ipv4('127.0.0.1')

export interface ResolvConf {
  readonly nameservers: readonly Ipv4Address[]
  /** Of the `domain` line, else the first of `search` (R42); empty without one. */
  readonly domain: string
}

/** Reads resolv.conf(5). IPv6 name servers are skipped; when there are no others the list is empty. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: Ipv4Address[] = []
  let hasNameserver = false
  let domain = ''
  for (const line of text.split('\n')) {
    const [keyword, value] = line.trim().split(/\s+/)
    if (value === undefined) continue
    if (keyword === 'nameserver') {
      hasNameserver = true
      const address = parseIpv4(value)
      if (address !== undefined && !nameservers.includes(address)) nameservers.push(address)
    } else if (keyword === 'domain' || keyword === 'search') {
      // The last of such lines counts. A lone dot says: no domain.
      domain = value === '.' ? '' : value.replace(/\.$/, '')
    }
  }
  return { nameservers: hasNameserver ? nameservers : [LOCAL_RESOLVER], domain }
}

/** What the file system is asked; tests answer themselves. */
export interface ResolverFile {
  /** Changes when the file does; throws when there is none. */
  stamp(): string
  read(): string
}

export class HostResolvers {
  readonly #file: ResolverFile | undefined
  readonly #now: () => number
  #checkedAt = Number.NEGATIVE_INFINITY
  #stamp: string | undefined
  #current: ResolvConf = { nameservers: [], domain: '' }

  /** @param file `undefined` where the system has no resolv.conf and is asked itself */
  constructor(file: ResolverFile | undefined, now: () => number) {
    this.#file = file
    this.#now = now
  }

  nameservers(): readonly Ipv4Address[] {
    return this.#read().nameservers
  }

  domain(): string {
    return this.#read().domain
  }

  #read(): ResolvConf {
    const now = this.#now()
    if (now - this.#checkedAt < RECHECK_MS) return this.#current
    this.#checkedAt = now
    if (this.#file === undefined) {
      const servers = getServers()
      const stamp = servers.join()
      if (stamp !== this.#stamp) {
        const nameservers = servers.map(parseIpv4).filter((server) => server !== undefined)
        this.#current = { nameservers, domain: '' }
        this.#stamp = stamp
      }
      return this.#current
    }
    try {
      const stamp = this.#file.stamp()
      if (stamp !== this.#stamp) {
        this.#current = parseResolvConf(this.#file.read())
        this.#stamp = stamp
      }
    } catch {
      // Without the file the C library asks the resolver on this computer, and so does a guest of ours.
      if (this.#stamp !== '') this.#current = parseResolvConf('')
      this.#stamp = ''
    }
    return this.#current
  }
}

/** The one of this system. */
export function systemResolverFile(platform: string, path = '/etc/resolv.conf'): ResolverFile | undefined {
  if (platform === 'win32') return undefined
  return {
    stamp: () => {
      const { mtimeMs, size, ino } = statSync(path)
      return `${mtimeMs} ${size} ${ino}`
    },
    read: () => readFileSync(path, 'utf8'),
  }
}
