// The measuring client of test/e2e/servers/probe.ts, run in a namespace.

import { join } from 'node:path'
import { BUNDLES } from './places.ts'
import type { Namespace } from './world.ts'

export async function probe<T extends object>(namespace: Namespace, ...args: (string | number)[]): Promise<T> {
  const command = [process.execPath, join(BUNDLES, 'probe.mjs'), ...args.map(String)]
  return JSON.parse(await namespace.must(command, { timeoutMs: 60_000 })) as T
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
