// The highest rate of datagrams one way at which (nearly) none is lost: trials of a fixed length, their rate trebled until
// something is lost, then bisected. A trial is repeated before it counts as failed: one hiccup of the machine is not the
// NAT's limit.

import { connectDatagrams, Datagrams, EPOLLIN, Epoll, sleepMicroseconds } from './calls.ts'
import { sendPaced } from './paced.ts'
import {
  KIND_BLAST,
  KIND_DATA,
  KIND_QUERY,
  KIND_SENT,
  TRIAL_GRACE_MS,
  TRIAL_MAGIC,
  TRIAL_MESSAGE_LEN,
  UDP_BLAST_PORT,
  UDP_SINK_PORT,
} from './protocol.ts'

const LOSS_ALLOWED = 0.005
/** So lossy a trial is not repeated. */
const LOSS_CLEAR = 0.3
const TRIAL_MS = 400
const TRIES = 3
const FIRST_RATE = 16_000
const TRIALS_MAX = 20
const BISECTIONS = 4
/** When less of the rate is offered than this, the sender is the limit. */
const OFFERED_SHARE = 0.85
const ANSWER_TIMEOUT_MS = 4_000

interface Outcome {
  loss: number
  offeredPerSecond: number
  receivedPerSecond: number
}

export function udpLossless(target: number, size: number, direction: 'up' | 'down'): Record<string, number> {
  const trial = direction === 'up' ? upTrial : downTrial
  let best = 0
  let senderIsLimit = 0
  let low = 0
  let high = 0
  let bisections = 0
  let trials = 0
  for (let rate = FIRST_RATE; trials < TRIALS_MAX && bisections < BISECTIONS; ) {
    let outcome: Outcome = { loss: 1, offeredPerSecond: 0, receivedPerSecond: 0 }
    for (let again = 0; again < TRIES; again++) {
      outcome = trial(target, size, Math.round(rate))
      trials++
      const isFine = outcome.loss <= LOSS_ALLOWED && outcome.offeredPerSecond >= rate * OFFERED_SHARE
      if (isFine || outcome.loss > LOSS_CLEAR) break
    }
    const isLossless = outcome.loss <= LOSS_ALLOWED
    if (isLossless) best = Math.max(best, outcome.receivedPerSecond)
    if (isLossless && outcome.offeredPerSecond < rate * OFFERED_SHARE) {
      senderIsLimit = 1
      break
    }
    if (isLossless) low = rate
    else high = rate
    if (low === 0 && rate < 200) break
    if (high === 0) rate *= 3
    else if (low === 0) rate /= 4
    else {
      rate = Math.sqrt(low * high)
      bisections++
    }
  }
  if (best === 0) throw new Error('no rate without loss was found')
  return { perSecond: best, mbps: (best * size * 8) / 1e6, senderIsLimit, trials }
}

let lastNumber = Math.floor(performance.timeOrigin) & 0xffff_ffff

/** A socket that asks, and the question it may have to repeat. */
class Asker {
  readonly fd: number
  readonly datagrams = new Datagrams(64, 2048, true)
  readonly number = (lastNumber = (lastNumber + 1) >>> 0)
  readonly #epoll = new Epoll(16)

  constructor(target: number, port: number) {
    this.fd = connectDatagrams(target, port)
    this.#epoll.add(this.fd, EPOLLIN, 0)
  }

  say(kind: number, durationMs = 0, size = 0, rate = 0): void {
    const { view } = this.datagrams
    for (const [index, word] of [TRIAL_MAGIC, this.number, kind, durationMs, size, rate].entries())
      view.setUint32(index * 4, word)
    this.datagrams.setLength(0, TRIAL_MESSAGE_LEN)
    this.datagrams.send(this.fd, 0, 1)
    this.datagrams.setLength(0, this.datagrams.slotLen)
  }

  /** Hands every datagram of this trial to `take`. @returns how many came */
  receive(timeoutMs: number, take: (kind: number, at: number) => void): number {
    if (this.#epoll.wait(timeoutMs) === 0) return 0
    const count = Math.max(0, this.datagrams.receive(this.fd))
    const { view, slotLen } = this.datagrams
    for (let slot = 0; slot < count; slot++) {
      const at = slot * slotLen
      if (view.getUint32(at) === TRIAL_MAGIC && view.getUint32(at + 4) === this.number)
        take(view.getUint32(at + 8), at + 16)
    }
    return count
  }
}

function upTrial(target: number, size: number, rate: number): Outcome {
  const asker = new Asker(target, UDP_SINK_PORT)
  let inTime = 0
  let total = 0
  const ask = (): boolean => {
    let isAnswered = false
    asker.say(KIND_QUERY)
    asker.receive(200, (kind, at) => {
      if (kind !== KIND_QUERY) return
      isAnswered = true
      inTime = asker.datagrams.view.getUint32(at)
      total = asker.datagrams.view.getUint32(at + 4)
    })
    return isAnswered
  }
  // First a question, so that neither ARP nor the new session costs datagrams.
  for (let tries = 0; tries < 10 && !ask(); tries++);
  const sent = sendPaced(asker.fd, asker.datagrams, { number: asker.number, size, rate, durationMs: TRIAL_MS })
  for (let slot = 0; slot < asker.datagrams.slots; slot++) asker.datagrams.setLength(slot, asker.datagrams.slotLen)
  // A question queues behind the data: the same answer twice means that all has arrived.
  const endAt = performance.now() + ANSWER_TIMEOUT_MS
  for (let last = -1; performance.now() < endAt; ) {
    sleepMicroseconds(40_000)
    if (!ask()) continue
    if (total === last && total > 0) break
    last = total
  }
  return outcomeOf(sent.datagrams, sent.elapsedMs, inTime)
}

function downTrial(target: number, size: number, rate: number): Outcome {
  const asker = new Asker(target, UDP_BLAST_PORT)
  const { view } = asker.datagrams
  const endAt = performance.now() + TRIAL_MS + ANSWER_TIMEOUT_MS
  let firstAt = 0
  let lastAt = 0
  let inTime = 0
  let sent = 0
  let elapsedMs = 0
  let saidAt = Number.NEGATIVE_INFINITY
  for (let now = performance.now(); now < endAt; now = performance.now()) {
    const isOver = firstAt > 0 && now > firstAt + TRIAL_MS + TRIAL_GRACE_MS
    if (sent > 0 && now - lastAt > 100) break
    if (firstAt === 0 && now - saidAt > 300) {
      asker.say(KIND_BLAST, TRIAL_MS, size, rate)
      saidAt = now
    } else if (isOver && now - saidAt > 100) {
      asker.say(KIND_SENT)
      saidAt = now
    }
    asker.receive(20, (kind, at) => {
      const receivedAt = performance.now()
      if (kind === KIND_DATA) {
        lastAt = receivedAt
        firstAt ||= receivedAt
        if (receivedAt - firstAt <= TRIAL_MS + TRIAL_GRACE_MS) inTime++
      } else if (kind === KIND_SENT) {
        sent = view.getUint32(at)
        elapsedMs = view.getUint32(at + 4) / 1000
      }
    })
  }
  return outcomeOf(sent, elapsedMs, inTime)
}

function outcomeOf(sent: number, elapsedMs: number, inTime: number): Outcome {
  const seconds = Math.max(elapsedMs, 1) / 1000
  return {
    loss: sent === 0 ? 1 : 1 - inTime / sent,
    offeredPerSecond: sent / seconds,
    receivedPerSecond: inTime / seconds,
  }
}
