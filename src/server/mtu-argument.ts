// `--mtu` of the command line, the same for every command that takes it.

import { MTU_RANGE } from '../securenat/options.ts'

/** @throws an error that names the range */
export function parseMtu(text: string): number {
  const mtu = Number(text)
  if (!/^\d+$/.test(text) || mtu < MTU_RANGE.min || mtu > MTU_RANGE.max) {
    throw new Error(`--mtu ${text}: must be a whole number from ${MTU_RANGE.min} to ${MTU_RANGE.max}`)
  }
  return mtu
}
