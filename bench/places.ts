// Where things are; scripts/bench.mjs, which bundles and starts the benchmark, says so.

import { join } from 'node:path'

const { BENCH_BUNDLES, BENCH_ROOT = '.' } = process.env

/** The product, as a user starts it. */
export const LAUNCHER = process.env.SECURENAT_LAUNCHER ?? join(BENCH_ROOT, 'securenat')

/** The command line of a program of bench/load. */
export function loadProgram(name: string, ...parameters: readonly (string | number)[]): string[] {
  if (BENCH_BUNDLES === undefined) throw new Error('start the benchmark with "npm run bench"')
  return [process.execPath, join(BENCH_BUNDLES, `${name}.mjs`), ...parameters.map(String)]
}
