// Tests that need what not every machine gives. Elsewhere they are left out by name; under CI nothing may be left out.

import { accessSync, constants } from 'node:fs'
import { describe } from 'vitest'

/** Why TAP devices and network namespaces cannot be used here; `undefined` when they can. */
export function whyNoTap(): string | undefined {
  if (process.platform !== 'linux') return 'TAP devices are Linux’s'
  if (process.geteuid?.() !== 0) return 'not root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'no /dev/net/tun'
  }
  return undefined
}

/** `describe` where TAP devices can be used; else a group that is left out and says why. */
export function describeWithTap(title: string, body: () => void): void {
  const reason = whyNoTap()
  if (reason === undefined || process.env.CI === 'true') describe(title, body)
  else describe.skip(`${title} (left out: ${reason})`, body)
}
