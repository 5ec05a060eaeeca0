// What the machine did while a sample was taken: processor time of given processes, and of those that are none of ours.

import { readdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { sleep } from '../test/e2e/support/shell.ts'

/** USER_HZ: the unit of /proc/stat, 100 on every Linux in use. */
const TICKS_PER_SECOND = 100
const PF_KTHREAD = 0x0020_0000
const WATCH_MS = 500
const QUIET_SHARE = 0.15
const QUIET_LOOK_MS = 300

/** So much taken by others makes a sample doubtful: processors, and share of all processor time. */
export const FOREIGN_CORES_MAX = 0.25
export const STEAL_SHARE_MAX = 0.05

export interface Surroundings {
  /** Processors used by processes that are not ours. */
  foreignCores: number
  /** Share of the machine's processor time that its host gave to others. */
  steal: number
  /** Share of the machine that was busy just before. */
  busyBefore: number
  load1: number
}

export function isDisturbed({ foreignCores, steal }: Surroundings): boolean {
  return foreignCores > FOREIGN_CORES_MAX || steal > STEAL_SHARE_MAX
}

/** Seconds since boot, over all processors. */
interface MachineTime {
  busy: number
  total: number
  steal: number
}

export function machineTime(): MachineTime {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1)
  // user nice system idle iowait irq softirq steal; guest time is part of user.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const total = ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND
  const idle = ((ticks[3] ?? 0) + (ticks[4] ?? 0)) / TICKS_PER_SECOND
  return { busy: total - idle, total, steal: (ticks[7] ?? 0) / TICKS_PER_SECOND }
}

interface ProcessTime {
  parent: number
  seconds: number
  isKernel: boolean
}

function readStat(pid: number | string): ProcessTime {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name in parentheses may hold anything, spaces and parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    parent: Number(fields[1]),
    seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    isKernel: (Number(fields[6]) & PF_KTHREAD) !== 0,
  }
}

/** NaN when one of them has ended. */
export function processSeconds(pids: readonly number[]): number {
  return sumOf(pids, (pid) => readStat(pid).seconds)
}

/** The same to the nanosecond, for processes that hardly do anything; its threads' times, as the scheduler counts them. */
export function exactProcessSeconds(pids: readonly number[]): number {
  return sumOf(pids, (pid) => {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'))
    return nanoseconds.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1e9
  })
}

/** Resident memory in bytes; NaN when one of them has ended. */
export function residentBytes(pids: readonly number[]): number {
  return sumOf(pids, (pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
  })
}

function sumOf(pids: readonly number[], read: (pid: number) => number): number {
  try {
    return pids.reduce((sum, pid) => sum + read(pid), 0)
  } catch {
    return Number.NaN
  }
}

function allProcesses(): Map<number, ProcessTime> {
  const found = new Map<number, ProcessTime>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      found.set(Number(name), readStat(name))
    } catch {
      // It ended between the two reads.
    }
  }
  return found
}

/** Waits until the machine has little else to do, `patienceMs` at most. @returns the busy share it ended with */
export async function waitForQuiet(patienceMs: number): Promise<number> {
  for (const endAt = performance.now() + patienceMs; ; ) {
    const before = machineTime()
    await sleep(QUIET_LOOK_MS)
    const after = machineTime()
    const busy = (after.busy - before.busy) / Math.max(0.01, after.total - before.total)
    if (busy < QUIET_SHARE || performance.now() >= endAt) return busy
  }
}

/** Adds up, while a sample is taken, what processes that do not descend from this one use. */
export class Watch {
  readonly #startedAt = performance.now()
  readonly #machine = machineTime()
  readonly #busyBefore: number
  readonly #timer: NodeJS.Timeout
  #seen = allProcesses()
  #foreignSeconds = 0

  constructor(busyBefore: number) {
    this.#busyBefore = busyBefore
    // Looked at often, so that processes that live for a moment are seen as well.
    this.#timer = setInterval(() => this.#look(), WATCH_MS)
  }

  stop(): Surroundings {
    clearInterval(this.#timer)
    this.#look()
    const after = machineTime()
    const elapsed = Math.max(0.1, (performance.now() - this.#startedAt) / 1000)
    return {
      foreignCores: this.#foreignSeconds / elapsed,
      steal: (after.steal - this.#machine.steal) / Math.max(0.01, after.total - this.#machine.total),
      busyBefore: this.#busyBefore,
      load1: loadavg()[0] ?? 0,
    }
  }

  #look(): void {
    const now = allProcesses()
    for (const [pid, { seconds, isKernel }] of now) {
      if (isKernel || descendsFromUs(pid, now)) continue
      this.#foreignSeconds += Math.max(0, seconds - (this.#seen.get(pid)?.seconds ?? 0))
    }
    this.#seen = now
  }
}

function descendsFromUs(pid: number, processes: ReadonlyMap<number, ProcessTime>): boolean {
  for (let at = pid; at > 1; at = processes.get(at)?.parent ?? 0) if (at === process.pid) return true
  return false
}
