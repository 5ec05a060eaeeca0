// `npm run bench -- administrators`: the throughput of a bulk download while administrators watch a long NAT session table, beside the
// same download unwatched, interleaved; how long a page takes them; and what one costs the server in processor time, which is
// the figure to trust on a machine that has other work. Not a timed test.
//
// The administrators' own programs take from the same processors: "of another server" is the download while as many ask as often for as many
// bytes, but of a program that knows nothing but one stored page. What the server takes is the difference to that.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, sleep, waitFor } from '../test/e2e/support/shell.ts'
import { Bed, OUTSIDE_ADDRESS, sweepLeftovers } from './bed.ts'
import { exactProcessSeconds } from './machine.ts'
import { LAUNCHER, loadProgram } from './places.ts'
import { median } from './statistics.ts'

const ADMINISTRATORS = 200
const SESSIONS = 10_000
const PAGE_ROWS = 100
const PAGE_BYTES = 32_500
const FLOWS = 8
/** Longer than the longest period, so that everybody asks within it. */
const SECONDS = 6
const ROUNDS = 4
const COST_SECONDS = 6
const PASSWORD = 'only for this benchmark'
const TLS_DOOR = '127.0.0.1:5555'
const PLAIN_DOOR = '127.0.0.1:5580'
const OTHER_SERVER = '127.0.0.1:5999'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const lastLine = (program: Program): string => program.stdout.trim().split('\n').at(-1) ?? ''

/** Who watches what, how often. */
interface Watchers {
  readonly name: string
  readonly door: string
  readonly kind: 'tls' | 'plain'
  /** Each his own page, moving on each time, or all the first one. */
  readonly pages: 'own' | 'same'
  readonly periodMs: number
}

interface Download {
  readonly mbps: number
  /** Processor time of the server. */
  readonly seconds: number
}

/** What the administrators saw, and how many processors they took themselves. */
interface Seen {
  readonly pages: number
  readonly perSecond: number
  readonly failed: number
  readonly cores: number
  readonly p50Us: number
  readonly p99Us: number
}

const OWN: Watchers = { name: 'own pages, every 1 s', door: TLS_DOOR, kind: 'tls', pages: 'own', periodMs: 1_000 }
const WATCHED: readonly Watchers[] = [
  { ...OWN, name: 'of another server, every 1 s', door: OTHER_SERVER },
  OWN,
  { ...OWN, name: 'the same page, every 1 s', pages: 'same' },
  { ...OWN, name: 'own pages, every 5 s', periodMs: 5_000 },
]
const COSTS: readonly Watchers[] = [
  OWN,
  { ...OWN, name: 'the same page, every 1 s', pages: 'same' },
  { ...OWN, name: 'own pages, every 1 s, without TLS', door: PLAIN_DOOR, kind: 'plain' },
]

await sweepLeftovers()
const bed = await Bed.create()
try {
  const load = bed.outside.spawn(loadProgram('server', OUTSIDE_ADDRESS))
  await load.waitForOutput(/ready/, 10_000)
  const guest = await bed.newPlace('guest')
  const state = join(bed.directory, 'state')
  mkdirSync(state, { mode: 0o700 })
  const argv = [LAUNCHER, 'serve', '--state', state, '--listen', TLS_DOOR, '--tap', `DEFAULT:tap0@${guest.name}`]
  const server = bed.server.spawn(argv, { env: { SECURENAT_ADMIN_PASSWORD: PASSWORD } })
  await waitFor('the TAP device', 30_000, async () => {
    if (!server.running) throw new Error(`the server ended\n${server.log}`)
    return (await bed.server.run(['ip', '-n', guest.name, 'link', 'show', 'tap0'])).status === 0
  })
  await guest.ip('link set tap0 up', 'addr add 192.168.30.5/24 dev tap0', 'route add default via 192.168.30.1')

  const idle = guest.spawn(loadProgram('client', 'idle', OUTSIDE_ADDRESS, SESSIONS))
  await idle.waitForOutput(/"opened"/, 60_000)
  print(`idle sessions: ${lastLine(idle)}`)
  const other = bed.server.spawn(loadProgram('stand-in', OTHER_SERVER, join(state, 'tls.pem'), PAGE_BYTES))
  await other.waitForOutput(/ready/, 10_000)

  const download = async (): Promise<Download> => {
    const client = guest.spawn(loadProgram('client', 'bulk', OUTSIDE_ADDRESS, 'down', FLOWS))
    await client.waitForOutput(/"flowing"|"error"/, 20_000)
    await sleep(500)
    const before = exactProcessSeconds([server.pid])
    client.write('go\n')
    await sleep(SECONDS * 1000)
    client.endInput()
    const seconds = exactProcessSeconds([server.pid]) - before
    await client.waitForExit(5_000)
    const { bytes, ms } = JSON.parse(lastLine(client)) as { bytes: number; ms: number }
    return { mbps: (bytes * 8) / ms / 1000, seconds }
  }
  /** What they saw meanwhile. */
  const watching = async <T>(watchers: Watchers, meanwhile: () => Promise<T>): Promise<Seen & T> => {
    const { door, kind, pages, periodMs } = watchers
    const parameters = [door, kind, pages, PASSWORD, ADMINISTRATORS, SESSIONS, PAGE_ROWS, periodMs]
    const administrators = bed.server.spawn(loadProgram('administrators', ...parameters))
    await administrators.waitForOutput(/"ready"/, 60_000)
    administrators.write('go\n')
    const measured = await meanwhile()
    administrators.endInput()
    await administrators.waitForExit(10_000)
    return { ...(JSON.parse(lastLine(administrators)) as Seen), ...measured }
  }
  const used = async (): Promise<{ readonly seconds: number }> => {
    const before = exactProcessSeconds([server.pid])
    await sleep(COST_SECONDS * 1000)
    return { seconds: exactProcessSeconds([server.pid]) - before }
  }

  const alone: Download[] = []
  const watched = WATCHED.map((watchers) => ({ watchers, samples: [] as (Seen & Download)[] }))
  // What comes first is slower: the machine code of neither path is made yet.
  await download()
  await watching(OWN, used)
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? watched : watched.toReversed()
    if (round % 2 === 0) alone.push(await download())
    for (const { watchers, samples } of order) samples.push(await watching(watchers, download))
    if (round % 2 === 1) alone.push(await download())
  }
  const of = <T>(samples: readonly T[], figure: (sample: T) => number): number => median(samples.map(figure))
  const speed = (samples: readonly Download[]): string[] => {
    const speeds = samples.map(({ mbps }) => mbps)
    const share = median(speeds) / of(alone, ({ mbps }) => mbps)
    const cpu = of(samples, ({ mbps, seconds }) => (seconds * 8000) / (mbps * SECONDS))
    const spread = `${Math.min(...speeds).toFixed(0)}–${Math.max(...speeds).toFixed(0)}`
    return [median(speeds).toFixed(0), spread, share.toFixed(2), cpu.toFixed(2)]
  }
  print(`${ADMINISTRATORS} administrators over TLS, each a page of ${PAGE_ROWS} of ${SESSIONS} NAT sessions`)
  print(
    '| they watch | Mbit/s | spread | of alone | server CPU s/GB | pages/s | failed | p50 ms | p99 ms | their own cores |',
  )
  print('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  print(`| nothing | ${speed(alone).join(' | ')} | | | | | |`)
  for (const { watchers, samples } of watched) {
    const cells = [
      ...[of(samples, ({ perSecond }) => perSecond).toFixed(0), of(samples, ({ failed }) => failed).toFixed(0)],
      ...[(of(samples, ({ p50Us }) => p50Us) / 1000).toFixed(1), (of(samples, ({ p99Us }) => p99Us) / 1000).toFixed(1)],
      of(samples, ({ cores }) => cores).toFixed(2),
    ]
    print(`| ${watchers.name} | ${speed(samples).join(' | ')} | ${cells.join(' | ')} |`)
  }
  print('a page costs, in microseconds of processor time, HTTP included, without any download:')
  print('| they watch | the server | their own programs |')
  print('| --- | --- | --- |')
  for (const watchers of COSTS) {
    const { seconds, pages, cores } = await watching(watchers, used)
    const [own, theirs] = [(seconds * 1e6) / pages, (cores * COST_SECONDS * 1e6) / pages]
    print(`| ${watchers.name} | ${own.toFixed(0)} | ${theirs.toFixed(0)} |`)
  }
} finally {
  await bed.destroy()
}
