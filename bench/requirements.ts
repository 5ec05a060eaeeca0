// What a run needs, and in which words it is missed.

import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Entry } from './plan.ts'

/** A program that every run starts, and the Debian package it comes in. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  ss: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  taskset: 'util-linux',
  sysctl: 'procps',
  iperf3: 'iperf3',
}

function isInstalled(program: string): boolean {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

function installLine(packages: readonly string[]): string {
  const isDebian = existsSync('/etc/debian_version')
  const names = [...new Set(packages)].join(' ')
  return isDebian ? `apt-get install -y --no-install-recommends ${names}` : `install what Debian calls ${names}`
}

/** Why nothing can be measured here; undefined when it can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'the benchmark needs Linux: network namespaces and TAP devices'
  if (process.getuid?.() !== 0) return 'the benchmark makes network namespaces and devices: run it as root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'there is no /dev/net/tun: load the module with "modprobe tun"'
  }
  const missing = Object.keys(PROGRAMS).filter((program) => !isInstalled(program))
  if (missing.length === 0) return undefined
  return `missing: ${missing.join(', ')}. ${installLine(missing.map((program) => PROGRAMS[program]!))}`
}

/** The entries whose programs are there, and a line for each system that is left out. */
export function available(plan: readonly Entry[]): { plan: Entry[]; leftOut: string[] } {
  const missing = plan.flatMap(({ system }) =>
    system.program !== undefined && !isInstalled(system.program.name) ? [system] : [],
  )
  const names = [...new Set(missing.map(({ name }) => name))]
  const packages = missing.map(({ program }) => program!.package)
  const leftOut = names.length === 0 ? [] : [`left out: ${names.join(', ')}, not installed. ${installLine(packages)}`]
  return { plan: plan.filter(({ system }) => !names.includes(system.name)), leftOut }
}

/** The machine, in one line. */
export function machineLine(): string {
  const cpuinfo = readFileSync('/proc/cpuinfo', 'utf8')
  const model = /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? process.arch
  const cores = (cpuinfo.match(/^processor\s*:/gm) ?? []).length
  const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
  return `${new Date().toISOString().slice(0, 16)}Z, ${cores} processors (${model}), Linux ${release}, Node ${process.version}`
}
