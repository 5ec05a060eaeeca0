// Where things are below a state directory. Pure, so that whoever wants to reach a running server can ask too.

import { join, resolve } from 'node:path'

/** Windows has no socket files: there the same name becomes a named pipe. */
function socketPath(stateDir: string, ...names: readonly string[]): string {
  if (process.platform !== 'win32') return join(stateDir, ...names)
  return `\\\\.\\pipe\\${[resolve(stateDir), ...names].join('/').replace(/[\\/:]+/g, '-')}`
}

export function controlSocketPath(stateDir: string): string {
  return socketPath(stateDir, 'control.sock')
}

/** Ethernet frames of one hub, each behind its length (QEMU's `-netdev stream`). */
export function hubSocketPath(stateDir: string, hub: string): string {
  return socketPath(stateDir, 'hubs', `${hub}.sock`)
}

/** Where TAP devices are given to one hub (link/tap-handover.ts). As long as the name above: one check serves both. */
export function tapSocketPath(stateDir: string, hub: string): string {
  return socketPath(stateDir, 'taps', `${hub}.sock`)
}

/** The default of `--state`. */
export function defaultStateDir(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = environment.XDG_STATE_HOME
  if (base !== undefined && base !== '') return join(base, 'securenat')
  if (process.platform === 'win32') return join(environment.LOCALAPPDATA ?? home, 'securenat')
  return join(home, '.local', 'state', 'securenat')
}
