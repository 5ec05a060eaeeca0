// `npm run bench -- vpn`: one real vpnclient, now connected to this server, now to the original vpnserver with its SecureNAT in
// user mode, interleaved: TCP up and down through the NAT, one flow and eight, the server's processor time for a GB, and
// request/response latency. With a round-trip time between guest and NAT too, where the kernel has `netem`. Not a timed test.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SecureNatServer } from '../test/e2e/support/securenat.ts'
import { must, type Program, waitFor } from '../test/e2e/support/shell.ts'
import { VPN_PORT, VpnClient, VpnSite, writeVpnConfig } from '../test/e2e/support/softether.ts'
import { OUTSIDE_ADDRESS, World } from '../test/e2e/support/world.ts'
import { loadProgram } from './places.ts'
import { median } from './statistics.ts'

const ROUNDS = 3
const SECONDS = 3
const OURS_PORT = 5600
const PRIVATE = ['/var/lib/softether', '/var/log/softether', '/run/softether']

interface Figures {
  /** Mbit/s, and the server's processor seconds for a GB, by "up 1" and so on. */
  readonly rate: Map<string, number[]>
  readonly cpu: Map<string, number[]>
  readonly p50: number[]
}

interface Contender {
  readonly name: string
  readonly port: number
  readonly pid: () => number
  readonly figures: Figures
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const newFigures = (): Figures => ({ rate: new Map(), cpu: new Map(), p50: [] })

const world = await World.create()
try {
  const load = world.outside.spawn(loadProgram('server', OUTSIDE_ADDRESS))
  await waitFor('the load server', 10_000, () => /ready/.test(load.log))
  writeVpnConfig(join(world.directory, 'state'))
  const ours = await SecureNatServer.start(world, { args: ['--listen', `0.0.0.0:${OURS_PORT}`, '--no-web'] })
  const original = await startOriginal()
  const client = await VpnClient.start(await VpnSite.create(world, 'client'))
  const contenders: Contender[] = [
    { name: 'securenat', port: OURS_PORT, pid: () => ours.program.pid, figures: newFigures() },
    { name: 'vpnserver', port: VPN_PORT, pid: () => busiestChild(original.pid), figures: newFigures() },
  ]
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) await measure(client, contender)
  }
  report(contenders[0]!.figures, contenders[1]!.figures)
} finally {
  await world.destroy()
}

/** In the server's namespace, as ours: SecureNAT on, its ways around user mode off. */
async function startOriginal(): Promise<Program> {
  const binds = PRIVATE.map((path) => {
    const own = join(world.directory, `vpnserver${path.replaceAll('/', '-')}`)
    mkdirSync(own, { recursive: true })
    return `mkdir -p ${path} && mount --bind ${own} ${path} && `
  })
  const script = `${binds.join('')}exec /usr/libexec/softether/vpnserver/vpnserver execsvc`
  const program = world.server.spawn(['unshare', '--mount', '--propagation=private', 'sh', '-c', script])
  await waitFor('vpnserver', 20_000, async () =>
    (await must(['ip', 'netns', 'exec', world.server.name, 'ss', '-Htln', `sport = :${VPN_PORT}`])).includes('LISTEN'),
  )
  const commands = [
    'Hub DEFAULT',
    'ExtOptionSet DisableKernelModeSecureNAT /VALUE:1',
    'ExtOptionSet DisableIpRawModeSecureNAT /VALUE:1',
    'SecureNatEnable',
    'UserCreate u1 /GROUP:none /REALNAME:none /NOTE:none',
    'UserPasswordSet u1 /PASSWORD:pw1',
  ]
  for (const command of commands.slice(1)) {
    const hub = ['vpncmd', `localhost:${VPN_PORT}`, '/SERVER', '/ADMINHUB:DEFAULT', '/CMD', ...words(command)]
    await world.server.must(hub)
  }
  return program
}

function words(command: string): string[] {
  return command.split(' ')
}

/** `execsvc` has a child that does the work. */
function busiestChild(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.length === 0 ? pid : busiestChild(Number(children[0]))
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function measure(client: VpnClient, { port, pid, figures }: Contender): Promise<void> {
  const { namespace, device } = client
  await client.connect({ port, password: 'pw1', tcpConnections: 8 })
  await client.waitForConnections(8)
  await namespace.ip('addr', 'replace', '192.168.30.77/24', 'dev', device)
  await namespace.ip('route', 'replace', `${OUTSIDE_ADDRESS}/32`, 'via', '192.168.30.1')
  for (const flows of [1, 8]) {
    for (const direction of ['up', 'down']) {
      const sink = world.outside.spawn(['iperf3', '-s', '-1', '-p', '5301'])
      await waitFor('iperf3', 5_000, async () =>
        (await must(['ip', 'netns', 'exec', world.outside.name, 'ss', '-Htln', 'sport = :5301'])).includes('5301'),
      )
      const before = cpuSeconds(pid())
      const reverse = direction === 'down' ? ['-R'] : []
      const run = ['iperf3', '-c', OUTSIDE_ADDRESS, '-p', '5301', '-t', String(SECONDS), '-P', String(flows), '-J']
      const { stdout } = await namespace.run([...run, ...reverse], { timeoutMs: 60_000 })
      await sink.stop('SIGKILL')
      const { end } = JSON.parse(stdout) as { end: { sum_received: { bytes: number; bits_per_second: number } } }
      const { bytes, bits_per_second: rate } = end.sum_received
      add(figures.rate, `${direction} ${flows}`, rate / 1e6)
      add(figures.cpu, `${direction} ${flows}`, ((cpuSeconds(pid()) - before) / bytes) * 1e9)
    }
  }
  const { stdout } = await namespace.run(loadProgram('client', 'rr', OUTSIDE_ADDRESS, 2))
  figures.p50.push((JSON.parse(stdout.trim().split('\n').at(-1)!) as { p50Us: number }).p50Us)
}

function add(into: Map<string, number[]>, key: string, value: number): void {
  into.set(key, [...(into.get(key) ?? []), value])
}

function report(ours: Figures, theirs: Figures): void {
  print('| through a vpnclient, 8 TCP connections | securenat | vpnserver | ratio |')
  print('| --- | ---: | ---: | ---: |')
  const row = (what: string, a: number[], b: number[], digits: number): void => {
    const [x, y] = [median(a), median(b)]
    const cell = (values: number[]): string =>
      `${median(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}]`
    print(`| ${what} | ${cell(a)} | ${cell(b)} | ${(x / y).toFixed(2)} |`)
  }
  for (const [key, rates] of ours.rate) row(`TCP ${key}, Mbit/s`, rates, theirs.rate.get(key)!, 0)
  for (const [key, cpu] of ours.cpu) row(`CPU s/GB of the server, ${key}`, cpu, theirs.cpu.get(key)!, 2)
  row('request/response p50, µs', ours.p50, theirs.p50, 0)
}
