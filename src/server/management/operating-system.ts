// What this computer runs, as SoftEther's tools show it.

import { readFileSync } from 'node:fs'
import { platform, release, type, version } from 'node:os'
import type { OperatingSystem } from '../../admin/management/server.ts'

/** SoftEther's numbers. */
const TYPES: Readonly<Partial<Record<NodeJS.Platform, number>>> = {
  linux: 3100,
  freebsd: 3400,
  darwin: 3500,
  win32: 2600,
}
const UNKNOWN_UNIX = 3000

export function operatingSystem(): OperatingSystem {
  const facts = osRelease()
  return {
    type: TYPES[platform()] ?? UNKNOWN_UNIX,
    system: type(),
    product: facts.get('NAME') ?? type(),
    vendor: facts.get('HOME_URL') ?? '',
    version: facts.get('VERSION') ?? release(),
    kernel: platform() === 'win32' ? type() : 'UNIX',
    kernelVersion: platform() === 'win32' ? release() : version(),
  }
}

/** os-release(5): `NAME="Debian GNU/Linux"` */
function osRelease(): ReadonlyMap<string, string> {
  try {
    const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)="?(.*?)"?$/gm)
    return new Map(Array.from(lines, ([, name, value]) => [name!, value!]))
  } catch {
    return new Map()
  }
}
