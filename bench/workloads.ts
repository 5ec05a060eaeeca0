// What is done to a system, and which figures come of it. Every workload gets a freshly started system, so that what one
// leaves behind cannot slow the next.

import { cpus } from 'node:os'
import { must, type Program, sleep } from '../test/e2e/support/shell.ts'
import { IPERF_PORT } from './load/protocol.ts'
import { exactProcessSeconds, machineTime, processSeconds, residentBytes } from './machine.ts'
import { loadProgram } from './places.ts'
import type { Running } from './system.ts'

/** Figures by name; not a number: not measured. */
export type Metrics = Record<string, number>

export interface WorkloadContext {
  readonly running: Running
  /** Length of a bulk transfer; other loads last for a half of it. */
  readonly seconds: number
  readonly idleSeconds: number
  /** Of the path between guest and NAT, when there is a long one. */
  readonly rttMs: number
  readonly sessions: readonly number[]
  /** The servers' process, which counts what bulk flows bring to it. */
  readonly server: Program
  /** Takes one sample, and watches the machine meanwhile. */
  sample(name: string, measure: () => Promise<Metrics>): Promise<void>
}

export type Workload = (context: WorkloadContext) => Promise<void>

/** Runs a load generator in the guest. */
async function load(
  { running }: WorkloadContext,
  parameters: readonly (string | number)[],
  cpu?: number,
): Promise<Metrics> {
  const pinned = cpu === undefined ? [] : ['taskset', '-c', String(cpu)]
  const { stdout, stderr } = await running.clients.run([...pinned, ...loadProgram('client', ...parameters)])
  return resultOf(stdout.trim().split('\n').at(-1) ?? '', stderr)
}

function resultOf(line: string, stderr: string): Metrics {
  const result = JSON.parse(line === '' ? '{}' : line) as Metrics & { error?: string }
  if (result.error !== undefined || line === '') throw new Error(result.error ?? `no result: ${stderr.slice(0, 300)}`)
  return result
}

/** Puts everything of the bed on one processor, or on all again: without cross-processor wake-ups figures repeat. */
async function pin({ running }: WorkloadContext, cpu: number | undefined, server: Program): Promise<void> {
  const list = cpu === undefined ? `0-${cpus().length - 1}` : String(cpu)
  const pids = [server.pid, ...running.natPids, ...running.linkPids]
  for (const pid of pids) await must(['taskset', '-apc', list, String(pid)])
}

const PINNED_CPU = 0

async function withPinned<T>(context: WorkloadContext, body: () => Promise<T>): Promise<T> {
  await pin(context, PINNED_CPU, context.server)
  try {
    return await body()
  } finally {
    await pin(context, undefined, context.server)
  }
}

interface IperfReport {
  error?: string
  end?: {
    sum_received?: { bytes: number; bits_per_second: number }
    sum_sent?: { retransmits?: number }
    streams?: { receiver?: { bits_per_second: number } }[]
  }
}

/** One transfer by iperf3, and the processor time it took. */
async function transfer(
  context: WorkloadContext,
  direction: string,
  flows: number,
  seconds: number,
  more: readonly string[] = [],
): Promise<Metrics> {
  const { running } = context
  const server = running.servers.spawn(['iperf3', '-s', '-1', '-B', running.serverAddress, '--forceflush'])
  try {
    await server.waitForOutput(/Server listening/, 5_000)
    const natBefore = processSeconds(running.natPids)
    const linkBefore = processSeconds(running.linkPids)
    const machineBefore = machineTime().busy
    const reverse = direction === 'down' ? ['-R'] : []
    const options = ['-t', String(seconds), '-P', String(flows), '-J', '--connect-timeout', '5000', ...reverse, ...more]
    const command = ['iperf3', '-c', running.target, '-p', String(IPERF_PORT), ...options]
    const { stdout } = await running.clients.run(command, { timeoutMs: (seconds + 15) * 1000 })
    const machine = machineTime().busy - machineBefore
    const report = JSON.parse(stdout || '{}') as IperfReport
    const received = report.end?.sum_received
    if (received === undefined || received.bytes === 0) throw new Error(`iperf3: ${report.error ?? 'nothing received'}`)
    const gigabytes = received.bytes / 1e9
    const perFlow = (report.end?.streams ?? []).map(({ receiver }) => receiver?.bits_per_second ?? 0)
    return {
      mbps: received.bits_per_second / 1e6,
      retransmits: report.end?.sum_sent?.retransmits ?? Number.NaN,
      /** 1: all flows got the same. */
      slowestShare: (Math.min(...perFlow) * perFlow.length) / perFlow.reduce((sum, value) => sum + value, 0),
      machineCpuPerGb: machine / gigabytes,
      ...(running.natPids.length > 0 && { natCpuPerGb: (processSeconds(running.natPids) - natBefore) / gigabytes }),
      ...(running.linkPids.length > 0 && { linkCpuPerGb: (processSeconds(running.linkPids) - linkBefore) / gigabytes }),
    }
  } finally {
    await server.stop('SIGKILL')
  }
}

async function tcp(context: WorkloadContext): Promise<void> {
  for (const direction of ['up', 'down'])
    for (const flows of [1, 8])
      await context.sample(`tcp_${direction}_${flows}`, () => transfer(context, direction, flows, context.seconds))
}

/** Asked for by name: namespaces may have been given another. */
const CUBIC = ['-C', 'cubic']

const PATH_ROUND_TRIPS = 60

/** A window needs round trips to grow. */
export function pathSeconds(seconds: number, rttMs: number): number {
  return Math.ceil(seconds + (PATH_ROUND_TRIPS * rttMs) / 1000)
}

/** One flow each way over a long path. */
async function path(context: WorkloadContext): Promise<void> {
  const seconds = pathSeconds(context.seconds, context.rttMs)
  for (const direction of ['up', 'down'])
    await context.sample(`path_${direction}`, () => transfer(context, direction, 1, seconds, CUBIC))
}

async function rr(context: WorkloadContext): Promise<void> {
  const { running, seconds } = context
  await context.sample('rr', () => load(context, ['rr', running.target, seconds / 2]))
  await withPinned(context, () =>
    context.sample('rr_pinned', () => load(context, ['rr', running.target, seconds / 2], PINNED_CPU)),
  )
}

async function http(context: WorkloadContext): Promise<void> {
  const { running, seconds } = context
  await context.sample('http_seq', () => load(context, ['http', running.target, 1, seconds / 2]))
  await withPinned(context, () =>
    context.sample('http_seq_pinned', () => load(context, ['http', running.target, 1, seconds / 2], PINNED_CPU)),
  )
  await context.sample('http_64', async () => {
    const metrics = await load(context, ['http', running.target, 64, seconds * 0.75])
    if (running.natPids.length === 0) return metrics
    const rssAfterMb = residentBytes(running.natPids) / 1e6
    await sleep(2_000)
    return { ...metrics, rssAfterMb, rssLaterMb: residentBytes(running.natPids) / 1e6 }
  })
}

async function udp(context: WorkloadContext): Promise<void> {
  const { running, seconds } = context
  for (const [name, size, window] of [
    ['udp_rr', 64, 1],
    ['udp_echo64', 64, 64],
    ['udp_echo1400', 1400, 64],
  ] as const)
    await context.sample(name, () => load(context, ['udp', running.target, size, window, seconds / 2]))
}

async function udpMax(context: WorkloadContext): Promise<void> {
  for (const direction of ['up', 'down'])
    for (const size of [64, 1400])
      await context.sample(`udpmax_${direction}_${size}`, () =>
        load(context, ['udpmax', context.running.target, size, direction]),
      )
}

async function dns(context: WorkloadContext): Promise<void> {
  const { running, seconds } = context
  if (running.dns === undefined) return
  for (const window of [1, 32])
    await context.sample(`dns_${window}`, () => load(context, ['dns', running.dns!, window, seconds / 2]))
}

async function idle(context: WorkloadContext): Promise<void> {
  const { running, idleSeconds } = context
  for (const count of context.sessions) {
    await context.sample(`idle_${count}`, async () => {
      const before = residentBytes(running.natPids)
      const holder = running.clients.spawn(loadProgram('client', 'idle', running.target, count))
      try {
        const opened = resultOf((await holder.waitForOutput(/^\{.*"opened".*\}$/m, 40_000))[0], holder.stderr)
        await sleep(500)
        const rss = residentBytes(running.natPids)
        const cpuBefore = exactProcessSeconds(running.natPids)
        await sleep(idleSeconds * 1000)
        const idleCores = (exactProcessSeconds(running.natPids) - cpuBefore) / idleSeconds
        holder.write('check\n')
        const checked = resultOf((await holder.waitForOutput(/^\{.*"alive".*\}$/m, 12_000))[0], holder.stderr)
        return {
          opened: opened.opened!,
          alive: checked.alive!,
          openedPerSecond: (opened.opened! / opened.openMs!) * 1000,
          ...(running.natPids.length > 0 && { bytesPerSession: (rss - before) / opened.opened!, idleCores }),
        }
      } finally {
        await holder.stop('SIGKILL')
      }
    })
  }
}

/** Nothing: what comes of the start alone, and of doing nothing. */
async function start(context: WorkloadContext): Promise<void> {
  const { running, idleSeconds } = context
  if (running.leaseMs === undefined) return
  await context.sample('start', async () => {
    await sleep(500)
    const rssMb = residentBytes(running.natPids) / 1e6
    const cpuBefore = exactProcessSeconds(running.natPids)
    await sleep(idleSeconds * 1000)
    return { rssMb, idleCores: (exactProcessSeconds(running.natPids) - cpuBefore) / idleSeconds }
  })
}

async function readServerBytes(server: Program): Promise<{ sunkBytes: number; at: number }> {
  const before = server.stdout.length
  server.write('?\n')
  for (let tries = 0; tries < 500; tries++) {
    const line = server.stdout.slice(before)
    if (line.endsWith('\n')) return JSON.parse(line) as { sunkBytes: number; at: number }
    await sleep(2)
  }
  throw new Error('the load server does not answer')
}

async function manyFlows(
  context: WorkloadContext,
  direction: string,
  flows: number,
  namespaces: readonly string[] = [],
): Promise<Metrics> {
  const { running, seconds, server } = context
  const client = running.clients.spawn(
    loadProgram('client', 'bulk', running.target, direction, flows, namespaces.join(',')),
  )
  try {
    await client.waitForOutput(/"flowing"|"error"/, 20_000)
    await sleep(500)
    client.write('go\n')
    const before = await readServerBytes(server)
    const cpuBefore = processSeconds(running.natPids)
    await sleep(seconds * 1000)
    const after = await readServerBytes(server)
    const cpu = processSeconds(running.natPids) - cpuBefore
    client.endInput()
    await client.waitForExit(5_000)
    const result = resultOf(client.stdout.trim().split('\n').at(-1) ?? '', client.stderr)
    const bytes = direction === 'up' ? after.sunkBytes - before.sunkBytes : result.bytes!
    const ms = direction === 'up' ? after.at - before.at : result.ms!
    return {
      mbps: (bytes * 8) / ms / 1000,
      ...(running.natPids.length > 0 && { natCpuPerGb: cpu / (bytes / 1e9) }),
    }
  } finally {
    await client.stop('SIGKILL')
  }
}

async function flows(context: WorkloadContext): Promise<void> {
  for (const direction of ['up', 'down'])
    for (const count of [8, 100, 1000])
      await context.sample(`flows_${direction}_${count}`, () => manyFlows(context, direction, count))
}

/** Eight flows, or one a guest where there are more of them. */
async function guests(context: WorkloadContext): Promise<void> {
  const namespaces = context.running.guests.map(({ path }) => path)
  const count = Math.max(8, namespaces.length)
  for (const direction of ['up', 'down'])
    await context.sample(`guests_${direction}`, () => manyFlows(context, direction, count, namespaces))
}

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  start,
  tcp,
  rr,
  http,
  udp,
  udpmax: udpMax,
  dns,
  idle,
  flows,
  guests,
  path,
}
