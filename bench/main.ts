// `npm run bench`: this product beside its peers, interleaved, in namespaces of its own. See docs/performance.md.

import { writeFileSync } from 'node:fs'
import { Bed, OUTSIDE_ADDRESS, sweepLeftovers } from './bed.ts'
import { goalTable } from './goals.ts'
import { type Options, parseOptions, USAGE, UsageError } from './options.ts'
import { packetCostPlot } from './packet-cost.ts'
import { loadProgram } from './places.ts'
import { type Entry, estimateMinutes, makePlan } from './plan.ts'
import { Figures, guestsTable, mainTable, measuresOf, pathTable, remarks } from './report.ts'
import { available, machineLine, obstacle } from './requirements.ts'
import { Runner, type Sample } from './runner.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const tell = (line: string): void => void process.stderr.write(`${line}\n`)

class Interrupted extends Error {}

function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    // Not `once`: a second one, such as the terminal's beside the parent's, must not end the cleaning up.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => reject(new Interrupted(signal)))
  })
}

async function measure(plan: readonly Entry[], options: Options, samples: (found: readonly Sample[]) => void) {
  await sweepLeftovers()
  const bed = await Bed.create()
  try {
    const server = bed.outside.spawn(loadProgram('server', OUTSIDE_ADDRESS))
    await server.waitForOutput(/ready/, 10_000)
    const runner = new Runner(bed, server, options, tell)
    samples(runner.samples)
    print(`kernels on both sides use ${await bed.congestionControl()} (long paths: cubic)`)
    await Promise.race([runner.run(plan), interruption()])
  } finally {
    await bed.destroy()
  }
}

async function aboutSystems(plan: readonly Entry[]): Promise<Record<string, string>> {
  const lines: Record<string, string> = {}
  for (const { key, system, path } of plan) if (path === undefined) lines[key] = await system.about()
  return lines
}

function printReport(plan: readonly Entry[], options: Options, samples: readonly Sample[]): void {
  const figures = new Figures(samples)
  const peers = plan.filter(({ key, system }) => system.kind === 'peer' && key === system.name).map(({ key }) => key)
  const hasMain = plan.some(({ key, system }) => key === system.name)
  const sections = [
    hasMain ? mainTable(plan, figures, options.sessions) : [],
    pathTable(plan, figures),
    guestsTable(plan, figures),
    packetCostPlot(figures),
    options.compare ? goalTable(peers, figures) : [],
    remarks(samples),
  ]
  for (const section of sections) if (section.length > 0) print(`\n${section.join('\n')}`)
}

function writeJson(file: string, about: Record<string, string>, options: Options, samples: readonly Sample[]): void {
  const figures = new Figures(samples)
  const columns = [...new Set(samples.map(({ key }) => key))]
  const summary = columns.map((key) => ({
    key,
    figures: measuresOf(options.sessions).flatMap(({ sample, metric }) => {
      const figure = figures.get(key, sample, metric)
      return figure === undefined ? [] : [{ sample, metric, ...figure }]
    }),
  }))
  const report = { schema: 'securenat-bench/1', machine: machineLine(), about, options, summary, samples }
  writeFileSync(file, `${JSON.stringify(report, undefined, 1)}\n`)
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) {
    print(USAGE)
    return 0
  }
  const reason = obstacle()
  if (reason !== undefined) throw new UsageError(reason)
  const { plan, leftOut } = available(makePlan(options))
  const about = await aboutSystems(plan)
  print(
    `${machineLine()}; guest MTU ${options.mtu}; ${options.reps} repetitions, bulk transfers of ${options.seconds} s`,
  )
  for (const [key, line] of Object.entries(about)) print(`${key}: ${line}`)
  for (const line of leftOut) print(line)
  tell(`about ${Math.ceil(estimateMinutes(plan, options))} minutes, and up to ${options.patienceSeconds} s of patience`)
  let samples: readonly Sample[] = []
  try {
    await measure(plan, options, (found) => {
      samples = found
    })
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    print(`interrupted (${error.message}); what was measured until then:`)
    process.exitCode = 130
  }
  printReport(plan, options, samples)
  if (options.json !== undefined) writeJson(options.json, about, options, samples)
  return process.exitCode === undefined ? 0 : Number(process.exitCode)
}

try {
  process.exit(await main())
} catch (error) {
  tell(error instanceof UsageError ? `bench: ${error.message}` : String(error instanceof Error ? error.stack : error))
  process.exit(1)
}
