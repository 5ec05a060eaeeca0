#!/usr/bin/env node
// `npm test`: everything that this machine can run. Needs Node and npm; installs the locked dependencies, and as root on
// Debian the packages the end-to-end tests use. What cannot run is named with its reason; under CI=true that is a failure.
// Plain JavaScript without dependencies, because on a fresh clone there is nothing else yet.

import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const IN_CI = process.env.CI === 'true'
// An ordinary root shell has these; `su` without a dash and some CI runners do not.
process.env.PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter)

/** A program the tests start, and the Debian package it comes in. None of them starts a service of its own. */
const PROGRAMS = {
  'bind9-dnsutils': 'dig',
  'busybox-static': '/bin/busybox',
  curl: 'curl',
  'dhcpcd-base': 'dhcpcd',
  'dnsmasq-base': 'dnsmasq',
  ethtool: 'ethtool',
  fish: 'fish',
  git: 'git',
  iperf3: 'iperf3',
  iproute2: 'ip',
  'iputils-ping': 'ping',
  'isc-dhcp-client': 'dhclient',
  'man-db': 'man',
  mandoc: 'mandoc',
  nftables: '/usr/sbin/nft',
  'nginx-light': 'nginx',
  openssl: 'openssl',
  procps: 'sysctl',
  'qemu-system-x86': 'qemu-system-x86_64',
  'softether-vpnbridge': 'vpnbridge',
  'softether-vpnclient': 'vpnclient',
  'softether-vpncmd': 'vpncmd',
  'softether-vpnserver': 'vpnserver',
  tcpdump: 'tcpdump',
  tmux: 'tmux',
  traceroute: 'traceroute',
  tshark: 'tshark',
  udhcpc: 'udhcpc',
  'util-linux': 'setpriv',
  zsh: 'zsh',
}

/** @type {string[]} */
const leftOut = []
/** @type {{ name: string, ok: boolean }[]} */
const results = []
/** Every test that ran. @type {{ file: string, title: string, ok: boolean }[]} */
const outcomes = []

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error) console.error(`${command}: ${error.message}`)
  return status === 0
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function runQuietly(command, args, env = {}) {
  const options = { cwd: ROOT, encoding: /** @type {const} */ ('utf8'), env: { ...process.env, ...env } }
  const { status, stdout, stderr } = spawnSync(command, args, options)
  if (status !== 0) console.error(`${command} ${args.join(' ')}:\n${stdout ?? ''}${stderr ?? ''}`)
  return status === 0
}

/** @param {string} name @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function step(name, command, args, env) {
  console.log(`\n== ${name}`)
  results.push({ name, ok: run(command, args, env) })
}

function installDependencies() {
  const record = join(ROOT, 'node_modules/.package-lock.json')
  if (existsSync(record) && statSync(record).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs) return true
  console.log('installing the npm packages of package-lock.json ...')
  return runQuietly('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** @param {string} program */
function isInstalled(program) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return program.startsWith('/') ? existsSync(program) : folders.some((folder) => existsSync(join(folder, program)))
}

function missingPackages() {
  return Object.entries(PROGRAMS)
    .filter(([, program]) => !isInstalled(program))
    .map(([name]) => name)
}

/** Installs without starting a service: while this lasts, the machine's policy is that none may be started. */
function installPackages() {
  const missing = missingPackages()
  if (missing.length === 0) return true
  console.log(`installing from Debian: ${missing.join(' ')} ...`)
  const policy = '/usr/sbin/policy-rc.d'
  const ownPolicy = !existsSync(policy)
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '-q', '--no-install-recommends', ...missing]
  try {
    const { status } = spawnSync('apt-get', install, { stdio: 'ignore', env: { ...process.env, ...environment } })
    // Most often what failed is a package list that is missing or too old.
    if (status !== 0) {
      if (!runQuietly('apt-get', ['update', '-q'])) return false
      if (!runQuietly('apt-get', install, environment)) return false
    }
  } finally {
    if (ownPolicy) rmSync(policy)
  }
  return missingPackages().length === 0
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/** Why the end-to-end tests cannot run here; undefined when they can. */
function endToEndObstacle() {
  if (process.platform !== 'linux') return 'they need Linux'
  if (process.arch !== 'x64') return `the guest's kernel is for amd64, this machine is ${process.arch}`
  if (process.getuid?.() !== 0) return 'they make network namespaces and devices: run them as root'
  if (!isDebian()) return 'they take their real peers from Debian packages, and this is not Debian'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'there is no /dev/net/tun (modprobe tun)'
  }
  const probe = spawnSync('unshare', ['--net', '--mount', 'true'])
  if (probe.status !== 0) return 'this machine does not let root make namespaces'
  if (!installPackages()) return `these Debian packages could not be installed: ${missingPackages().join(' ')}`
  return undefined
}

/** @typedef {{ name: string, assertionResults: { status: string, title: string, ancestorTitles: string[] }[] }} VitestFile */

/** @param {string} project @param {string} directory for its report */
function vitestArguments(project, directory) {
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${join(directory, 'report.json')}`]
  return ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters]
}

/** The unit and end-to-end tests, counted. @param {string} project */
function vitest(project) {
  const directory = mkdtempSync(join(tmpdir(), 'securenat-test-'))
  console.log(`\n== ${project} tests`)
  return counted(directory, run(process.execPath, vitestArguments(project, directory)))
}

/** Runs beside what comes next: it mostly waits. @param {string} project @returns what waits for its end */
function vitestBeside(project) {
  const directory = mkdtempSync(join(tmpdir(), 'securenat-test-'))
  const output = openSync(join(directory, 'output'), 'w')
  const child = spawn(process.execPath, vitestArguments(project, directory), {
    cwd: ROOT,
    stdio: ['ignore', output, output],
  })
  /** @type {Promise<boolean>} */
  const ended = new Promise((resolve) => child.once('close', (status) => resolve(status === 0)))
  return async () => {
    const ok = await ended
    closeSync(output)
    console.log(`\n== ${project} tests\n${readFileSync(join(directory, 'output'), 'utf8')}`)
    return counted(directory, ok)
  }
}

/** @param {string} directory with the report, which goes @param {boolean} ok */
function counted(directory, ok) {
  const report = join(directory, 'report.json')
  /** @type {{ numPassedTests: number, numFailedTests: number, testResults: VitestFile[] }} */
  let counts = { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  if (existsSync(report)) counts = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(directory, { recursive: true })
  for (const file of counts.testResults) {
    for (const { title, status } of file.assertionResults) {
      outcomes.push({ file: file.name.replace(ROOT, '').replace(/^test\//, ''), title, ok: status === 'passed' })
    }
    const skipped = file.assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed')
    if (skipped.length === 0) continue
    const names = [...new Set(skipped.map(({ ancestorTitles, title }) => ancestorTitles[0] ?? title))].join('; ')
    const where = file.name.replace(ROOT, '')
    leftOut.push(`${skipped.length} of the tests in ${where} (${names}): this machine or this user cannot run them`)
  }
  return { ok, passed: counts.numPassedTests, failed: Math.max(counts.numFailedTests, ok ? 0 : 1) }
}

/** Every row of docs/conformance.md against what the tests did: a number's tests ran, in the files that are named, and passed. */
function conformance() {
  const page = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8')
  const rows = [...page.matchAll(/^\| ([RD]\d+) \| .* \| (.*) \| (.*) \|$/gm)]
  let shown = 0
  const wrong = []
  for (const [, number, files = '', result = ''] of rows) {
    if (result.startsWith('waits')) continue
    const expected = [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file)
    const own = outcomes.filter(({ title }) => title.startsWith(`${number}: `))
    const ran = (/** @type {string | undefined} */ file) => own.some((test) => test.file === file)
    if (own.every(({ ok }) => ok) && expected.length > 0 && expected.every(ran)) shown += 1
    else wrong.push(number)
  }
  console.log(`\n== conformance\n${shown} of ${rows.length} numbers shown by tests that ran and passed`)
  for (const number of wrong) console.log(`not as docs/conformance.md says: ${number}`)
  results.push({ name: 'conformance', ok: rows.length > 0 && wrong.length === 0 })
}

if (!installDependencies()) {
  console.error('the npm packages could not be installed')
  process.exit(1)
}
step('types', 'npm', ['run', '-s', 'check:types'])
step('lint', 'npm', ['run', '-s', 'check:lint'])
step('dead code', 'npm', ['run', '-s', 'check:dead'])
const suites = [vitest('unit')]
const flood = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'test/fuzz/flood.fuzz.test.ts']
step('a flood of 1,000,000 inputs', process.execPath, flood, { FLOOD_INPUTS: '1000000' })
const messages = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'test/fuzz/softether.fuzz.test.ts']
step('100,000 changed messages of VPN peers', process.execPath, messages, { FUZZ_RUNS: '20000' })
const obstacle = endToEndObstacle()
if (obstacle === undefined) {
  step('build', join(ROOT, 'securenat'), ['--version'])
  const idle = vitestBeside('idle')
  suites.push(vitest('e2e'), await idle())
  conformance()
} else {
  leftOut.push(`the end-to-end tests (test/e2e, test/idle): ${obstacle}`)
}

console.log('')
for (const what of leftOut) console.log(`left out: ${what}`)
if (leftOut.length > 0 && IN_CI) console.log('CI=true: leaving something out is a failure')
const failedSteps = results.filter(({ ok }) => !ok)
for (const { name } of failedSteps) console.log(`failed: ${name}`)
const passed = suites.reduce((sum, suite) => sum + suite.passed, results.length - failedSteps.length)
const failed = suites.reduce((sum, suite) => sum + suite.failed, failedSteps.length)
console.log(`${passed} passed, ${failed} failed, ${leftOut.length} left out`)
process.exit(failed > 0 || (leftOut.length > 0 && IN_CI) ? 1 : 0)
