// `npm run bench -- administrators`: the throughput of a bulk download while administrators watch a long NAT session table, beside the
// same download unwatched, interleaved; how long a page takes them; and what one costs the server in processor time, which is
// the figure to trust on a machine that has other work. Not a timed test.

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
const FLOWS = 8
const SECONDS = 3
const ROUNDS = 3
const PASSWORD = 'only for this benchmark'
const DOOR = '127.0.0.1:5555'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const lastLine = (program: Program): string => program.stdout.trim().split('\n').at(-1) ?? ''

interface Download {
  readonly mbps: number
  /** Processor time of the server. */
  readonly seconds: number
}

interface Watching extends Download {
  readonly pages: number
  readonly perSecond: number
  readonly rows: number
  readonly failed: number
  readonly p50Us: number
  readonly p99Us: number
}

await sweepLeftovers()
const bed = await Bed.create()
try {
  const load = bed.outside.spawn(loadProgram('server', OUTSIDE_ADDRESS))
  await load.waitForOutput(/ready/, 10_000)
  const guest = await bed.newPlace('guest')
  const state = join(bed.directory, 'state')
  mkdirSync(state, { mode: 0o700 })
  const argv = [
    LAUNCHER,
    'serve',
    '--state',
    state,
    '--listen',
    DOOR,
    '--no-web',
    '--tap',
    `DEFAULT:tap0@${guest.name}`,
  ]
  const server = bed.server.spawn(argv, { env: { SECURENAT_ADMIN_PASSWORD: PASSWORD } })
  await waitFor('the TAP device', 30_000, async () => {
    if (!server.running) throw new Error(`the server ended\n${server.log}`)
    return (await bed.server.run(['ip', '-n', guest.name, 'link', 'show', 'tap0'])).status === 0
  })
  await guest.ip('link set tap0 up', 'addr add 192.168.30.5/24 dev tap0', 'route add default via 192.168.30.1')

  const idle = guest.spawn(loadProgram('client', 'idle', OUTSIDE_ADDRESS, SESSIONS))
  await idle.waitForOutput(/"opened"/, 60_000)
  print(`idle sessions: ${lastLine(idle)}`)

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
  const watching = async (): Promise<Program> => {
    const parameters = [DOOR, PASSWORD, ADMINISTRATORS, SESSIONS, PAGE_ROWS]
    const administrators = bed.server.spawn(loadProgram('administrators', ...parameters))
    await administrators.waitForOutput(/"ready"/, 60_000)
    return administrators
  }
  const ended = async (administrators: Program): Promise<Omit<Watching, keyof Download>> => {
    administrators.endInput()
    await administrators.waitForExit(10_000)
    return JSON.parse(lastLine(administrators)) as Omit<Watching, keyof Download>
  }
  const watched = async (): Promise<Watching> => {
    const administrators = await watching()
    administrators.write('go\n')
    const measured = await download()
    return { ...(await ended(administrators)), ...measured }
  }
  /** Processor time of the server for one page, µs: without any download. */
  const cost = async (): Promise<number> => {
    const administrators = await watching()
    administrators.write('go\n')
    const before = exactProcessSeconds([server.pid])
    await sleep(SECONDS * 1000)
    const used = exactProcessSeconds([server.pid]) - before
    const { pages } = await ended(administrators)
    return (used * 1e6) / pages
  }

  const quiet: Download[] = []
  const loud: Watching[] = []
  await download()
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push(await download())
    loud.push(await watched())
  }
  const of = <T>(samples: readonly T[], figure: (sample: T) => number): number => median(samples.map(figure))
  const [alone, beside] = [of(quiet, ({ mbps }) => mbps), of(loud, ({ mbps }) => mbps)]
  print(`${ADMINISTRATORS} administrators over TLS, each a page of ${PAGE_ROWS} of ${SESSIONS} NAT sessions a second`)
  print('| download | Mbit/s | of alone | server CPU s | pages/s | failed | p50 ms | p99 ms |')
  print('| --- | --- | --- | --- | --- | --- | --- | --- |')
  print(`| alone | ${alone.toFixed(0)} | 1 | ${of(quiet, ({ seconds }) => seconds).toFixed(2)} | | | | |`)
  const cells = [
    ...[beside.toFixed(0), (beside / alone).toFixed(2), of(loud, ({ seconds }) => seconds).toFixed(2)],
    ...[of(loud, ({ perSecond }) => perSecond).toFixed(0), of(loud, ({ failed }) => failed).toFixed(0)],
    ...[(of(loud, ({ p50Us }) => p50Us) / 1000).toFixed(1), (of(loud, ({ p99Us }) => p99Us) / 1000).toFixed(1)],
  ]
  print(`| watched | ${cells.join(' | ')} |`)
  print(`one page costs the server ${(await cost()).toFixed(0)} µs of processor time, TLS and HTTP included`)
} finally {
  await bed.destroy()
}
