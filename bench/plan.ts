// What a run visits in each repetition, and how long that takes.

import type { Options } from './options.ts'
import type { LongPath, System } from './system.ts'
import { product, systemNamed } from './systems.ts'
import { pathSeconds } from './workloads.ts'

/** A system in one arrangement, and what is done to it there. */
export interface Entry {
  /** Column of the table: the system's name, with what sets this arrangement apart. */
  readonly key: string
  readonly system: System
  readonly mtu: number
  readonly path?: LongPath
  readonly guests?: number
  readonly workloads: readonly string[]
}

/** The MTU at which super-frames are a guest's ordinary packets. */
export const LARGE_MTU = 65_520
const PASST = 'passt'

/** Guests on one hub. */
export const GUEST_COUNTS = [1, 10, 100]

export const guestsKey = (guests: number): string => `securenat ${guests} guests`

export function pathKey(system: string, { rttMs, lossPercent }: LongPath): string {
  return `${system} ${rttMs} ms ${lossPercent} %`
}

export function makePlan(options: Options): Entry[] {
  const { mtu, compare } = options
  const own = product('securenat', options.link, options.gso)
  const peers = options.peers.map(systemNamed)
  const ceilings = options.kernel ? [systemNamed('kernel')] : []
  const workloads = options.only.filter((name) => name !== 'path' && name !== 'guests')
  // Many flows are a matter of the product alone: peers are compared at one and eight.
  const common = workloads.filter((name) => name !== 'flows')
  const entry = (system: System, list: readonly string[], key = system.name, at = mtu): Entry => ({
    key,
    system,
    mtu: at,
    workloads: list,
  })
  const plan = [
    ...ceilings.map((system) => entry(system, common)),
    entry(own, workloads),
    ...peers.map((system) => entry(system, common)),
  ]
  if (compare && options.only.includes('tcp')) {
    const bulk = ['tcp']
    const large = [product('securenat', options.link, options.gso), ...peers.filter(({ name }) => name !== PASST)]
    plan.push(
      entry(systemNamed('node-proxy'), bulk),
      entry(product('securenat', options.link, false), bulk, 'securenat --no-gso'),
      entry(product('securenat', 'stream', true), bulk, 'securenat stream'),
      entry(systemNamed(PASST), bulk, 'passt stream'),
      entry(systemNamed('wire'), bulk),
      ...large.map((system) => entry(system, bulk, `${system.name} mtu ${LARGE_MTU}`, LARGE_MTU)),
    )
  }
  for (const path of options.paths)
    for (const system of [...ceilings, own]) plan.push({ ...entry(system, ['path'], pathKey(system.name, path)), path })
  if (options.only.includes('guests') && options.link === 'tap')
    for (const guests of GUEST_COUNTS) plan.push({ ...entry(own, ['guests'], guestsKey(guests)), guests })
  return plan.filter((item) => item.workloads.length > 0)
}

/** A rough guess, for people who wait. */
export function estimateMinutes(plan: readonly Entry[], options: Options): number {
  const { seconds, idleSeconds, sessions } = options
  const START_S = 2
  const SAMPLE_S = 0.6
  const cost: Record<string, [load: number, samples: number]> = {
    start: [idleSeconds + 0.5, 1],
    tcp: [seconds * 4, 4],
    rr: [seconds + 0.4, 2],
    http: [seconds * 1.5 + 3, 3],
    udp: [seconds * 1.5 + 0.6, 3],
    udpmax: [60, 4],
    dns: [seconds + 0.4, 2],
    idle: [sessions.reduce((sum, count) => sum + idleSeconds + 1 + count / 2_000, 0), sessions.length],
    flows: [(seconds + 2) * 6, 6],
    guests: [(seconds + 4) * 2, 2],
  }
  let total = 0
  for (const { workloads, path } of plan) {
    for (const name of workloads) {
      const [load, samples] = cost[name] ?? [pathSeconds(seconds, path?.rttMs ?? 0) * 2, 2]
      total += START_S + load + samples * SAMPLE_S
    }
  }
  return (total * options.reps) / 60
}
