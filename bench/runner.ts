// Runs a plan: every repetition visits every entry once, in alternating order, so that what the machine does over time
// falls on all alike. A sample that others disturbed is taken again while patience lasts, and else marked.

import type { Program } from '../test/e2e/support/shell.ts'
import { sleep } from '../test/e2e/support/shell.ts'
import type { Bed } from './bed.ts'
import { isDisturbed, type Surroundings, Watch, waitForQuiet } from './machine.ts'
import type { Options } from './options.ts'
import type { Entry } from './plan.ts'
import type { Running } from './system.ts'
import { type Metrics, WORKLOADS } from './workloads.ts'

/** Before each sample, for what the one before left in flight. */
const SETTLE_MS = 100
const QUIET_PATIENCE_MS = 3_000
const TAKES_MAX = 3

export interface Sample {
  readonly key: string
  readonly repetition: number
  readonly name: string
  readonly metrics: Metrics
  readonly surroundings?: Surroundings
  readonly isDisturbed: boolean
  readonly error?: string
}

export class Runner {
  readonly samples: Sample[] = []
  readonly #bed: Bed
  readonly #server: Program
  readonly #options: Options
  readonly #say: (line: string) => void
  #patienceMs: number

  constructor(bed: Bed, server: Program, options: Options, say: (line: string) => void) {
    this.#bed = bed
    this.#server = server
    this.#options = options
    this.#say = say
    this.#patienceMs = options.patienceSeconds * 1000
  }

  async run(plan: readonly Entry[]): Promise<void> {
    for (let repetition = 0; repetition < this.#options.reps; repetition++) {
      const order = repetition % 2 === 0 ? plan : [...plan].reverse()
      for (const entry of order) {
        const first = this.samples.length
        for (const workload of entry.workloads) await this.#visit(entry, workload, repetition)
        const brief = this.samples.slice(first).map(briefly).filter(Boolean).join(' ')
        this.#say(`${repetition + 1}/${this.#options.reps} ${entry.key}: ${brief}`)
      }
    }
  }

  async #visit(entry: Entry, workload: string, repetition: number): Promise<void> {
    const { key, system, mtu, path, guests = 1 } = entry
    const add = (name: string, metrics: Metrics, rest: Partial<Sample> = {}): void =>
      void this.samples.push({ key, repetition, name, metrics, isDisturbed: false, ...rest })
    let running: Running | undefined
    try {
      const busyBefore = await this.#quiet()
      const watch = new Watch(busyBefore)
      running = await system.start(this.#bed, { mtu, guests, ...(path === undefined ? {} : { path }) })
      const surroundings = watch.stop()
      // A start with many devices is another thing.
      if (running.leaseMs !== undefined && guests === 1 && path === undefined)
        add('lease', { leaseMs: running.leaseMs }, { surroundings, isDisturbed: isDisturbed(surroundings) })
      const { natPids } = running
      const { seconds, idleSeconds, sessions } = this.#options
      await WORKLOADS[workload]!({
        running,
        seconds,
        idleSeconds,
        sessions,
        rttMs: path?.rttMs ?? 0,
        server: this.#server,
        sample: async (name, measure) => void this.samples.push(await this.#sample(key, repetition, name, measure)),
      })
      if (natPids.some((pid) => !isAlive(pid))) add(workload, {}, { error: 'the NAT ended during this' })
    } catch (error) {
      add(workload, {}, { error: messageOf(error) })
    } finally {
      await running?.stop()
    }
  }

  async #sample(key: string, repetition: number, name: string, measure: () => Promise<Metrics>): Promise<Sample> {
    let best: Sample | undefined
    for (let take = 0; take < TAKES_MAX; take++) {
      const startedAt = performance.now()
      await sleep(SETTLE_MS)
      const watch = new Watch(await this.#quiet())
      let metrics: Metrics = {}
      let error: string | undefined
      try {
        metrics = await measure()
      } catch (caught) {
        error = messageOf(caught)
      }
      const surroundings = watch.stop()
      const sample = {
        ...{ key, repetition, name, metrics, surroundings, isDisturbed: isDisturbed(surroundings) },
        ...(error === undefined ? {} : { error }),
      }
      if (best === undefined || troubleOf(sample) < troubleOf(best)) best = sample
      if (!best.isDisturbed || best.error !== undefined || this.#patienceMs <= 0) break
      this.#patienceMs -= performance.now() - startedAt
    }
    return best!
  }

  async #quiet(): Promise<number> {
    const startedAt = performance.now()
    const busy = await waitForQuiet(Math.min(QUIET_PATIENCE_MS, Math.max(0, this.#patienceMs)))
    // One look is always taken and costs no patience.
    this.#patienceMs -= Math.max(0, performance.now() - startedAt - 400)
    return busy
  }
}

function troubleOf({ surroundings, error }: Sample): number {
  if (error !== undefined || surroundings === undefined) return Number.POSITIVE_INFINITY
  return surroundings.foreignCores + 2 * surroundings.steal
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function briefly({ name, metrics, error, isDisturbed }: Sample): string {
  if (error !== undefined) return `${name}: ${error.split('\n')[0]!.slice(0, 120)};`
  const value = metrics.mbps ?? metrics.perSecond ?? metrics.alive ?? metrics.rssMb
  return value === undefined ? '' : `${name} ${Math.round(value)}${isDisturbed ? '~' : ''}`
}
