// `npm run bench -- neighbours`: the latency of one guest's connection while another guest floods the hub, kind by kind,
// beside its latency in quiet, interleaved (the goal: within twice), and what a frame of the flood costs the server, which
// is the figure to trust on a machine that has other work. Not a timed test.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, waitFor } from '../test/e2e/support/shell.ts'
import { floods } from '../test/support/floods.ts'
import { Bed, OUTSIDE_ADDRESS, sweepLeftovers } from './bed.ts'
import { LAUNCHER, loadProgram } from './places.ts'
import { median } from './statistics.ts'

const RATE = 5000
const SECONDS = 2
const ROUNDS = 3
/** Routed to the outside, where nobody has it. */
const SILENT = '198.18.0.77'
const GATEWAY_MAC = 0 as Parameters<typeof floods>[0]['gatewayMac']
const KINDS = Object.keys(floods({ gatewayMac: GATEWAY_MAC, server: 0 as never, silent: 0 as never }))

interface Latency {
  p50Us: number
  p99Us: number
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

await sweepLeftovers()
const bed = await Bed.create()
try {
  const load = bed.outside.spawn(loadProgram('server', OUTSIDE_ADDRESS))
  await load.waitForOutput(/ready/, 10_000)
  const guest = await bed.newPlace('guest')
  const state = join(bed.directory, 'state')
  const socket = join(state, 'hubs', 'DEFAULT.sock')
  const server = bed.server.spawn([
    LAUNCHER,
    'serve',
    '--state',
    state,
    '--no-web',
    '--tap',
    `DEFAULT:tap0@${guest.name}`,
  ])
  await waitFor('the hub', 30_000, () => existsSync(socket))
  await guest.ip('link set tap0 up', 'addr add 192.168.30.5/24 dev tap0', 'route add default via 192.168.30.1')

  const latency = async (): Promise<Latency> => {
    const { stdout } = await guest.run(loadProgram('client', 'rr', OUTSIDE_ADDRESS, SECONDS))
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Latency
  }
  const flooded = async (kind: string): Promise<Latency> => {
    const flood = bed.server.spawn(loadProgram('flood', socket, kind, RATE, OUTSIDE_ADDRESS, SILENT))
    await flood.waitForOutput(/ready/, 10_000)
    const measured = await latency()
    await flood.stop('SIGKILL')
    return measured
  }
  /** Seconds of processor time that the server has used. */
  const cpuSeconds = (): number => {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }
  /** Processor time of the server for one frame, µs. */
  const cost = async (kind: string): Promise<number> => {
    const flood = bed.server.spawn(loadProgram('flood', socket, kind, RATE, OUTSIDE_ADDRESS, SILENT))
    await flood.waitForOutput(/ready/, 10_000)
    const before = cpuSeconds()
    await sleep(SECONDS * 1000)
    const used = cpuSeconds() - before
    await flood.stop('SIGKILL')
    return (used * 1e6) / (RATE * SECONDS)
  }
  await latency()
  print(`${RATE} frames a second, ${ROUNDS} rounds`)
  print('| flood by another guest | server µs/frame | p50 µs | of quiet | p99 µs | of quiet |')
  print('| --- | --- | --- | --- | --- | --- |')
  for (const kind of KINDS) {
    const quiet: Latency[] = []
    const loud: Latency[] = []
    for (let round = 0; round < ROUNDS; round++) {
      quiet.push(await latency())
      loud.push(await flooded(kind))
    }
    const each = await cost(kind)
    const of = (samples: Latency[], name: keyof Latency): number => median(samples.map((sample) => sample[name]))
    const [p50, p99] = [of(loud, 'p50Us'), of(loud, 'p99Us')]
    const ratios = [p50 / of(quiet, 'p50Us'), p99 / of(quiet, 'p99Us')].map((ratio) => ratio.toFixed(2))
    print(`| ${kind} | ${each.toFixed(0)} | ${p50.toFixed(0)} | ${ratios[0]} | ${p99.toFixed(0)} | ${ratios[1]} |`)
  }
} finally {
  await bed.destroy()
}
