// Before the first e2e test: sweep what a killed run left, and bundle the programs of test/e2e/servers, which run in
// processes of their own and therefore without the test runner's TypeScript.

import { chmodSync, mkdirSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { BUNDLES, REPOSITORY } from './support/places.ts'
import { sweepLeftovers } from './support/world.ts'

const PROGRAMS = ['services', 'wire', 'probe', 'vpn-peer', 'vpnrpc-sample']

export async function setup(): Promise<void> {
  if (process.getuid?.() === 0) await sweepLeftovers()
  mkdirSync(BUNDLES, { recursive: true })
  const bundle = await rolldown({
    input: Object.fromEntries(PROGRAMS.map((name) => [name, `${REPOSITORY}/test/e2e/servers/${name}.ts`])),
    platform: 'node',
    external: /^node:/,
  })
  await bundle.write({ dir: BUNDLES, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' })
  await bundle.close()
  chmodSync(BUNDLES, 0o755)
}
