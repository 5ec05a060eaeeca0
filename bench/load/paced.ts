// A paced sender of datagrams: as many a second as asked for, in small batches, without bursts to catch up.

import { beExact, type Datagrams, sleepMicroseconds } from './calls.ts'
import { KIND_DATA, TRIAL_MAGIC } from './protocol.ts'

const BATCH = 32
const PAUSE_US = 100

export interface Trial {
  readonly number: number
  readonly size: number
  /** Datagrams a second. */
  readonly rate: number
  readonly durationMs: number
}

export interface Sent {
  datagrams: number
  elapsedMs: number
}

/** Sends from the first slots of `datagrams`, whose addresses are already right. Blocks until the trial is over. */
export function sendPaced(fd: number, datagrams: Datagrams, trial: Trial): Sent {
  beExact()
  for (let slot = 0; slot < BATCH; slot++) {
    const at = slot * datagrams.slotLen
    datagrams.view.setUint32(at, TRIAL_MAGIC)
    datagrams.view.setUint32(at + 4, trial.number)
    datagrams.view.setUint32(at + 8, KIND_DATA)
    datagrams.view.setUint32(at + 12, trial.durationMs)
    datagrams.setLength(slot, trial.size)
  }
  const perMs = trial.rate / 1000
  const startedAt = performance.now()
  const endAt = startedAt + trial.durationMs
  let baseAt = startedAt
  let sentSinceBase = 0
  let sent = 0
  for (let now = startedAt; now < endAt; now = performance.now()) {
    let due = Math.floor((now - baseAt) * perMs) - sentSinceBase
    if (due > perMs + 8) {
      // More than a millisecond behind: send less rather than a burst nobody asked for.
      baseAt = now
      sentSinceBase = 0
      due = 1
    }
    while (due > 0) {
      const count = datagrams.send(fd, 0, Math.min(due, BATCH))
      if (count <= 0) break
      sent += count
      sentSinceBase += count
      due -= count
    }
    sleepMicroseconds(PAUSE_US)
  }
  return { datagrams: sent, elapsedMs: performance.now() - startedAt }
}
