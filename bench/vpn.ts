// `npm run bench -- vpn`: one real vpnclient, now connected to this server, now to the original vpnserver with its SecureNAT in
// user mode, interleaved: TCP up and down through the NAT, one flow and eight, the server's processor time for a GB, and
// request/response latency. Next to the server, and with a round-trip time between guest and NAT: the client's TCP connections
// to the server then go over a wire that holds every frame for half of it (load/long-path.ts). Not a timed test.

import { parseArgs } from 'node:util'
import { must, waitFor } from '../test/e2e/support/shell.ts'
import { VpnClient, VpnSite } from '../test/e2e/support/softether.ts'
import { OUTSIDE_ADDRESS, World } from '../test/e2e/support/world.ts'
import { loadProgram } from './places.ts'
import { alignedTable } from './report.ts'
import { median } from './statistics.ts'
import { type Contender, startContenders } from './vpn-contenders.ts'

const USAGE = `npm run bench -- vpn [OPTIONS]    needs root, iperf3, softether-vpnserver, softether-vpnclient

  --rounds N           how often each server is visited (default 3)
  --secs N             seconds of a bulk transfer (default 3; twice that over a long path)
  --connections N      TCP connections of the client's session (default 8)
  --rtt MS,MS          round-trip times between guest and NAT, 0: none (default 0,40)
  --flows N,N          TCP flows at once (default 1,8)
  --also LAUNCHER      another build of this server as a further column
`
const IPERF_PORT = 5301
const LONG_DEVICE = 'long0'
const WIRE_QUEUE = '20000'
const RATES = { 0: { up: 3, down: 2 }, long: { up: 10, down: 10 } } as const
const COST_MAX = 0.5

/** The figures of one server, by row. */
type Figures = Map<string, number[]>

interface Row {
  readonly title: string
  readonly digits: number
  /** Of our figure to the original's. */
  readonly goal: { readonly atLeast: number } | { readonly atMost: number } | undefined
}

const string = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    ...{ rounds: string, secs: string, connections: string, rtt: string, flows: string },
    ...{ also: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
  },
})
const numbers = (text: string): number[] => text.split(',').map(Number)
const options = {
  rounds: Number(values.rounds ?? 3),
  seconds: Number(values.secs ?? 3),
  connections: Number(values.connections ?? 8),
  rtts: numbers(values.rtt ?? '0,40'),
  flows: numbers(values.flows ?? '1,8'),
}
const rows = new Map<string, Row>()

if (values.help === true) process.stdout.write(USAGE)
else await main()

async function main(): Promise<void> {
  const world = await World.create()
  try {
    const load = world.outside.spawn(loadProgram('server', OUTSIDE_ADDRESS))
    await waitFor('the load server', 10_000, () => /ready/.test(load.log))
    const contenders = await startContenders(world, values.also ?? [])
    const figures = new Map(contenders.map((contender) => [contender, new Map<string, number[]>()]))
    const site = await VpnSite.create(world, 'client')
    const addresses = new Map<number, string>()
    for (const rtt of options.rtts)
      addresses.set(rtt, rtt === 0 ? site.serverAddress : await longWire(world, site, rtt, addresses.size))
    const client = await VpnClient.start(site)
    for (let round = 0; round < options.rounds; round++) {
      for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse())
        for (const [rtt, address] of addresses)
          await measure(world, client, contender, rtt, address, figures.get(contender)!)
    }
    const sysctl = ['sysctl', '-n', 'net.ipv4.tcp_congestion_control']
    report(figures, (await site.namespace.must(sysctl)).trim())
  } finally {
    await world.destroy()
  }
}

/** @returns the server's address on it */
async function longWire(world: World, { namespace }: VpnSite, rtt: number, number: number): Promise<string> {
  const device = `${LONG_DEVICE}${number}`
  const ends = [namespace.path, device, world.server.path, device]
  const wire = world.outside.spawn(loadProgram('long-path', ...ends, rtt, 0))
  await waitFor('the long wire', 5_000, () => /ready/.test(wire.log))
  // What waits for the wire's program is not to be lost for want of room.
  for (const place of [namespace, world.server]) await place.ip('link', 'set', device, 'txqueuelen', WIRE_QUEUE)
  await namespace.ip('addr', 'add', `10.78.${number}.2/24`, 'dev', device)
  await world.server.ip('addr', 'add', `10.78.${number}.1/24`, 'dev', device)
  return `10.78.${number}.1`
}

async function measure(
  world: World,
  client: VpnClient,
  contender: Contender,
  rtt: number,
  serverAddress: string,
  figures: Figures,
): Promise<void> {
  const { namespace, device } = client
  const { connections: tcpConnections } = options
  await client.connect({ port: contender.port, password: 'pw1', tcpConnections, serverAddress })
  await client.waitForConnections(tcpConnections)
  await namespace.ip('addr', 'replace', '192.168.30.77/24', 'dev', device)
  await namespace.ip('neigh', 'flush', 'dev', device)
  await namespace.ip('route', 'replace', `${OUTSIDE_ADDRESS}/32`, 'via', '192.168.30.1')
  const where = rtt === 0 ? '' : `, ${rtt} ms away`
  const add = (title: string, value: number, digits: number, goal: Row['goal']): void => {
    rows.set(title, { title, digits, goal })
    figures.set(title, [...(figures.get(title) ?? []), value])
  }
  for (const flows of options.flows) {
    for (const direction of ['up', 'down'] as const) {
      const before = contender.cpuSeconds()
      const { bytes, bits_per_second: rate } = await transfer(world, client, flows, direction, rtt)
      const cpu = ((contender.cpuSeconds() - before) / bytes) * 1e9
      const what = `${direction} ${flows}${where}`
      add(`TCP ${what}, Mbit/s`, rate / 1e6, 0, { atLeast: RATES[rtt === 0 ? 0 : 'long'][direction] })
      add(`CPU s/GB of the server, ${what}`, cpu, 2, { atMost: COST_MAX })
    }
  }
  const { stdout } = await namespace.run(loadProgram('client', 'rr', OUTSIDE_ADDRESS, 2))
  const { p50Us, p99Us } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { p50Us: number; p99Us: number }
  // Most of it is the path's own where there is one.
  add(`request/response p50${where}, µs`, p50Us, 0, rtt === 0 ? { atMost: COST_MAX } : undefined)
  add(`request/response p99${where}, µs`, p99Us, 0, undefined)
}

async function transfer(
  world: World,
  { namespace }: VpnClient,
  flows: number,
  direction: 'up' | 'down',
  rtt: number,
): Promise<{ bytes: number; bits_per_second: number }> {
  const sink = world.outside.spawn(['iperf3', '-s', '-1', '-p', String(IPERF_PORT)])
  await waitFor('iperf3', 5_000, async () =>
    (await must(['ip', 'netns', 'exec', world.outside.name, 'ss', '-Htln', `sport = :${IPERF_PORT}`])).includes('LIST'),
  )
  const seconds = rtt === 0 ? options.seconds : 2 * options.seconds
  const run = [
    'iperf3',
    '-c',
    OUTSIDE_ADDRESS,
    '-p',
    String(IPERF_PORT),
    '-t',
    String(seconds),
    '-P',
    String(flows),
    '-J',
  ]
  const reverse = direction === 'down' ? ['-R'] : []
  const { stdout } = await namespace.run([...run, ...reverse], { timeoutMs: 60_000 })
  await sink.stop('SIGKILL')
  const { end } = JSON.parse(stdout) as { end: { sum_received: { bytes: number; bits_per_second: number } } }
  return end.sum_received
}

function report(figures: ReadonlyMap<Contender, Figures>, congestionControl: string): void {
  const contenders = [...figures.keys()]
  const original = figures.get(contenders.at(-1)!)!
  const lines = [...rows.values()].map(({ title, digits, goal }) => {
    const theirs = median(original.get(title)!)
    const cells = contenders.map((contender) => {
      const samples = figures.get(contender)!.get(title)!
      const text = (value: number): string => value.toFixed(digits)
      const spread = `[${text(Math.min(...samples))}–${text(Math.max(...samples))}]`
      return { figure: `${text(median(samples))} ${spread}`, ratio: median(samples) / theirs }
    })
    const ratios = cells.slice(0, -1).map(({ ratio }) => ratio.toFixed(2))
    return [title, ...cells.map(({ figure }) => figure), ratios.join(', '), goalText(goal, cells[0]!.ratio)]
  })
  const head = [
    `through a vpnclient, ${options.connections} TCP connections`,
    ...contenders.map(({ name }) => name),
    'ratio to vpnserver',
    'goal',
  ]
  process.stdout.write(`kernels use ${congestionControl}\n\n${alignedTable(head, lines).join('\n')}\n`)
}

function goalText(goal: Row['goal'], ratio: number): string {
  if (goal === undefined) return ''
  const [text, isReached] =
    'atLeast' in goal ? [`≥ ${goal.atLeast}`, ratio >= goal.atLeast] : [`≤ ${goal.atMost}`, ratio <= goal.atMost]
  return `${text}: ${isReached ? 'reached' : 'missed'}`
}
