// What a system under measurement is, and how a NAT behind a TAP is started: in the server's namespace, with `tap0` in a
// guest's. The guest takes its address by DHCP, and from then on all systems are alike.

import { type Program, run, waitFor } from '../test/e2e/support/shell.ts'
import { type Bed, OUTSIDE_ADDRESS, type Place } from './bed.ts'
import { monotonicMs } from './load/clock.ts'
import type { FirstLease } from './load/first-lease.ts'
import { loadProgram } from './places.ts'

export const LEASE_TIMEOUT_MS = 15_000
export const TAP = 'tap0'
export const GUEST_ADDRESS = '10.0.2.15'
export const GATEWAY = '10.0.2.2'
/** Last number of the second guest's address. */
const FIRST_STATIC = 101

export type Kind = 'product' | 'peer' | 'ceiling'

/** A wire between the guest and what is measured, with a round-trip time and a loss. */
export interface LongPath {
  readonly rttMs: number
  readonly lossPercent: number
}

export interface StartOptions {
  readonly mtu: number
  readonly path?: LongPath
  /** Guests on the product's hub, each with a TAP in a namespace of its own; default 1. */
  readonly guests?: number
}

/** A system that runs, ready for load. */
export interface Running {
  /** The NAT itself: its processor time and memory. Empty for the kernel. */
  readonly natPids: readonly number[]
  /** Helpers that carry frames between the TAP and the NAT. */
  readonly linkPids: readonly number[]
  readonly clients: Place
  /** Where there are several, all of them; `clients` is the first. */
  readonly guests: readonly Place[]
  /** Where the servers are, and under which address the clients reach them. */
  readonly servers: Place
  readonly serverAddress: string
  readonly target: string
  readonly dns: string | undefined
  /** From the start of the NAT's program to the guest's lease; undefined without DHCP. */
  readonly leaseMs: number | undefined
  stop(): Promise<void>
}

export interface System {
  readonly name: string
  readonly kind: Kind
  /** The program it needs, and the Debian package that has it. */
  readonly program?: { name: string; package: string }
  /** One line: name and version. */
  about(): Promise<string>
  start(bed: Bed, options: StartOptions): Promise<Running>
}

/** What a start has put up so far, to be taken down together. */
export class Parts {
  readonly programs: Program[] = []
  readonly places: Place[] = []
  readonly bed: Bed

  constructor(bed: Bed) {
    this.bed = bed
  }

  async place(kind: string): Promise<Place> {
    const place = await this.bed.newPlace(kind)
    this.places.push(place)
    return place
  }

  spawn(place: Place, argv: readonly string[]): Program {
    const program = place.spawn(argv)
    this.programs.push(program)
    return program
  }

  remove(): Promise<void> {
    return this.bed.remove(this.places, this.programs)
  }
}

/** What is particular to one NAT behind a TAP. */
export interface NatKind {
  /** The NAT's command line. @param tapPlaces the namespaces in which it makes `tap0`: but for the product, one */
  command(tapPlaces: readonly [Place, ...Place[]], directory: string, mtu: number): string[]
  /** What else carries frames: started before the NAT, or as soon as it is there. */
  link?(parts: Parts, tapPlace: Place, directory: string, mtu: number): Promise<Program>
  readonly dns: string
}

export async function startNat(bed: Bed, kind: NatKind, { mtu, path, guests = 1 }: StartOptions): Promise<Running> {
  const parts = new Parts(bed)
  try {
    const guest = await parts.place('guest')
    const tapPlace = path === undefined ? guest : await parts.place('link')
    if (path !== undefined) {
      await startLongPath(parts, guest, tapPlace, path)
      await tapPlace.ip('link add br0 type bridge', 'link set far0 master br0', 'link set br0 up')
    }
    const others: Place[] = []
    while (others.length + 1 < guests) others.push(await parts.place('guest'))
    const directory = bed.newDirectory('nat')
    const asker = parts.spawn(guest, loadProgram('client', 'lease', TAP, LEASE_TIMEOUT_MS))
    await asker.waitForOutput(/ready/, 5_000)
    const nat = await bed.prepare(kind.command([tapPlace, ...others], directory, mtu))
    parts.programs.push(nat.program)
    const startedAt = monotonicMs()
    nat.start()
    const link = await kind.link?.(parts, tapPlace, directory, mtu)
    if (path !== undefined) {
      await waitForLink(tapPlace, TAP, nat.program)
      await tapPlace.ip(`link set ${TAP} up master br0`)
    }
    const lease = await leaseFrom(asker, nat.program)
    await guest.ip(
      `link set ${TAP} mtu ${mtu}`,
      `addr add ${lease.address}/${lease.prefix} dev ${TAP}`,
      `route add default via ${lease.gateway}`,
    )
    for (const [index, place] of others.entries()) await configureByHand(place, lease, index)
    return {
      natPids: [nat.program.pid],
      linkPids: link === undefined ? [] : [link.pid],
      clients: guest,
      guests: [guest, ...others],
      servers: bed.outside,
      serverAddress: OUTSIDE_ADDRESS,
      target: OUTSIDE_ADDRESS,
      dns: kind.dns,
      leaseMs: lease.at - startedAt,
      stop: () => parts.remove(),
    }
  } catch (error) {
    await parts.remove()
    throw error
  }
}

/** Only the first guest asks for a lease: a hundred clients at once would be another measurement. */
async function configureByHand(place: Place, lease: FirstLease, index: number): Promise<void> {
  const address = lease.address.replace(/\d+$/, String(FIRST_STATIC + index))
  const route = `route add default via ${lease.gateway}`
  await place.ip(`addr add ${address}/${lease.prefix} dev ${TAP}`, route)
}

async function leaseFrom(asker: Program, nat: Program): Promise<FirstLease> {
  await asker.waitForExit(LEASE_TIMEOUT_MS + 5_000)
  const answer = JSON.parse(asker.stdout.trim().split('\n').at(-1) ?? '{}') as FirstLease | { error?: string }
  if ('address' in answer) return answer
  throw new Error(`the guest got no lease: ${nat.log}`)
}

export async function waitForLink(place: Place, link: string, nat: Program): Promise<void> {
  await waitFor(`${link} in ${place.name}`, LEASE_TIMEOUT_MS, async () => {
    if (!nat.running) throw new Error(`it ended\n${nat.log}`)
    return (await run(['ip', '-n', place.name, 'link', 'show', link])).status === 0
  })
}

export async function startLongPath(parts: Parts, near: Place, far: Place, path: LongPath): Promise<void> {
  const ends = [near.path, TAP, far.path, 'far0']
  const wire = parts.spawn(parts.bed.server, loadProgram('long-path', ...ends, path.rttMs, path.lossPercent))
  await wire.waitForOutput(/ready/, 5_000)
}

/** TAP, MTU and socket: the bridge program that carries a TAP over a NAT's stream socket. */
export async function startBridge(parts: Parts, tapPlace: Place, mtu: number, socket: string): Promise<Program> {
  return parts.spawn(tapPlace, loadProgram('bridge', TAP, mtu, socket))
}
