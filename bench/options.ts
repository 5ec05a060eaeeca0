// The command line of `npm run bench --`.

import { parseArgs } from 'node:util'
import type { LongPath } from './system.ts'
import type { ProductLink } from './systems.ts'
import { WORKLOADS } from './workloads.ts'

export const USAGE = `npm run bench -- [OPTIONS]        measures securenat beside slirp4netns and pasta; needs root

  --quick              about two minutes: short samples, two repetitions
  --compare            everything that has a goal, and the goals beside the figures (long)
  --only NAME,NAME     some of: ${Object.keys(WORKLOADS).join(' ')}
  --peers NAME,NAME    instead of slirp4netns,pasta: some of slirp4netns pasta passt; "none" for none
  --no-kernel          without the row of the kernel's own routing, the ceiling of the load generators
  --reps N             repetitions, interleaved (default 3)
  --secs N             seconds of a bulk transfer (default 3); other loads take a half of it
  --idle-secs N        seconds of doing nothing (default 3, with --compare 10)
  --sessions N,N       idle sessions to hold (default 1000, with --compare 1000,10000)
  --mtu N              MTU of the guest (default 1500)
  --link LINK          how the TAP reaches the server: tap (default), attach, stream (QEMU's framing)
  --no-gso             the product without super-frames
  --delay MS,MS        round-trip times of a long path between guest and NAT; with --loss, or --only path
  --loss PERCENT,...   losses of that path, each way (default 0,0.1,1 when there is a path)
  --patience SECONDS   to spend in all on waiting for a quiet machine and on repeating disturbed samples (default 60)
  --json FILE          everything measured, as JSON
`

export class UsageError extends Error {}

export interface Options {
  readonly compare: boolean
  readonly only: readonly string[]
  readonly peers: readonly string[]
  readonly kernel: boolean
  readonly reps: number
  readonly seconds: number
  readonly idleSeconds: number
  readonly sessions: readonly number[]
  readonly mtu: number
  readonly link: ProductLink
  readonly gso: boolean
  readonly paths: readonly LongPath[]
  readonly patienceSeconds: number
  readonly json: string | undefined
}

const DEFAULT_WORKLOADS = ['start', 'tcp', 'rr', 'http', 'udp', 'dns', 'idle']
const COMPARE_WORKLOADS = [...DEFAULT_WORKLOADS, 'udpmax', 'flows', 'guests']
const PEERS = ['slirp4netns', 'pasta', 'passt']
const LINKS: readonly ProductLink[] = ['tap', 'attach', 'stream']

/** @throws UsageError; undefined: only help is wanted */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const values = parse(argv)
  if (values.help) return undefined
  const quick = values.quick ?? false
  const compare = values.compare ?? false
  const wantsPath = values.delay !== undefined || values.loss !== undefined
  const only = values.only?.split(',') ?? (compare ? COMPARE_WORKLOADS : DEFAULT_WORKLOADS)
  for (const name of only) oneOf('--only', name, Object.keys(WORKLOADS))
  const workloads = wantsPath && values.only === undefined ? ['path'] : only
  const peers = values.peers === 'none' ? [] : (values.peers?.split(',') ?? ['slirp4netns', 'pasta'])
  for (const name of peers) oneOf('--peers', name, PEERS)
  const delays = numbers('--delay', values.delay ?? '20,100', 0, 2_000)
  const losses = numbers('--loss', values.loss ?? '0,0.1,1', 0, 50)
  return {
    compare,
    only: workloads,
    peers,
    kernel: !values['no-kernel'],
    reps: number('--reps', values.reps ?? (quick ? '2' : '3'), 1, 100),
    seconds: number('--secs', values.secs ?? (quick ? '1' : '3'), 1, 60),
    idleSeconds: number('--idle-secs', values['idle-secs'] ?? (quick ? '1' : compare ? '10' : '3'), 1, 120),
    sessions: numbers('--sessions', values.sessions ?? (compare ? '1000,10000' : '1000'), 1, 60_000),
    mtu: number('--mtu', values.mtu ?? '1500', 576, 65_520),
    link: oneOf('--link', values.link ?? 'tap', LINKS),
    gso: !values['no-gso'],
    paths: workloads.includes('path')
      ? delays.flatMap((rttMs) => losses.map((lossPercent) => ({ rttMs, lossPercent })))
      : [],
    patienceSeconds: number('--patience', values.patience ?? (quick ? '10' : '60'), 0, 36_000),
    json: values.json,
  }
}

function parse(argv: readonly string[]) {
  const string = { type: 'string' } as const
  const boolean = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h' },
        ...{ quick: boolean, compare: boolean, only: string, peers: string, 'no-kernel': boolean, reps: string },
        ...{ secs: string, 'idle-secs': string, sessions: string, mtu: string, link: string, 'no-gso': boolean },
        ...{ delay: string, loss: string, patience: string, json: string },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value)
  if (found === undefined) throw new UsageError(`${option} ${value}: there are ${allowed.join(', ')}`)
  return found
}

function number(option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (text === '' || !(value >= min && value <= max))
    throw new UsageError(`${option} ${text}: must be a number from ${min} to ${max}`)
  return value
}

function numbers(option: string, text: string, min: number, max: number): number[] {
  return text.split(',').map((part) => number(option, part, min, max))
}
