#!/usr/bin/env node
// `npm run bench` and `npm run bench:micro`: builds the product as a user would, bundles the benchmark (its programs run
// in processes of their own, on a Node that knows no TypeScript), and starts it. Plain JavaScript, because on a fresh
// clone there is nothing else yet.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const BUNDLES = join(ROOT, 'node_modules/.cache/securenat-bench')
const LOAD_PROGRAMS = ['client', 'server', 'proxy', 'bridge', 'long-path']
const MICRO = 'bench/micro'

/** The launcher installs and builds when that is needed. @returns whether it could */
function build() {
  const { status, error } = spawnSync(join(ROOT, 'securenat'), ['--version'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (error) console.error(`./securenat: ${error.message}`)
  return status === 0
}

/** @param {Record<string, string>} input program name → source file */
async function bundle(input) {
  const { rolldown } = await import('rolldown')
  mkdirSync(BUNDLES, { recursive: true })
  const bundles = await rolldown({ cwd: ROOT, input, platform: 'node', external: [/^node:/, 'koffi'] })
  const names = { entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' }
  await bundles.write({ dir: BUNDLES, format: 'esm', ...names })
  await bundles.close()
}

/** Runs to the end, and leaves it to the child to end early. @param {string[]} args */
function run(args) {
  return new Promise((resolve) => {
    const env = { ...process.env, BENCH_BUNDLES: BUNDLES, BENCH_ROOT: ROOT }
    const child = spawn(process.execPath, args, { stdio: 'inherit', env })
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => child.kill(signal))
    child.once('exit', (status) => resolve(status ?? 1))
  })
}

async function main() {
  const [mode, ...rest] = process.argv.slice(2)
  if (!build()) return 1
  if (mode === 'micro') {
    const files = readdirSync(join(ROOT, MICRO)).filter((name) => name.endsWith('.bench.ts'))
    const wanted = files.filter((name) => rest.length === 0 || rest.some((word) => name.includes(word)))
    await bundle(Object.fromEntries(wanted.map((name) => [name.replace(/\.ts$/, ''), `${MICRO}/${name}`])))
    // Each in a process of its own: what one does to the compiler's guesses must not slow the next.
    let worst = 0
    for (const name of wanted) worst = Math.max(worst, await run([join(BUNDLES, name.replace(/\.ts$/, '.mjs'))]))
    return worst
  }
  if (mode === 'neighbours') {
    const programs = ['client', 'server', 'flood'].map((name) => [name, `bench/load/${name}.ts`])
    await bundle(Object.fromEntries([['neighbours', 'bench/neighbours.ts'], ...programs]))
    return run([join(BUNDLES, 'neighbours.mjs')])
  }
  if (mode === 'vpn') {
    const programs = ['client', 'server', 'long-path'].map((name) => [name, `bench/load/${name}.ts`])
    await bundle(Object.fromEntries([['vpn', 'bench/vpn.ts'], ...programs]))
    return run([join(BUNDLES, 'vpn.mjs'), ...rest])
  }
  if (mode === 'administrators') {
    const programs = ['client', 'server', 'administrators', 'stand-in'].map((name) => [name, `bench/load/${name}.ts`])
    await bundle(Object.fromEntries([['watched', 'bench/administrators.ts'], ...programs]))
    return run([join(BUNDLES, 'watched.mjs')])
  }
  const load = LOAD_PROGRAMS.map((name) => [name, `bench/load/${name}.ts`])
  await bundle(Object.fromEntries([['bench', 'bench/main.ts'], ...load]))
  return run([join(BUNDLES, 'bench.mjs'), ...process.argv.slice(2)])
}

process.exit(await main())
