// `securenat run` and `securenat attach` as processes: arguments checked, signals obeyed, words for the user.

import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { parseMtu } from '../server/mtu-argument.ts'
import type { ServerOptions } from '../server/server.ts'
import { attachTap } from './attach.ts'
import { GuestError } from './guest-error.ts'
import type { RemoteRequest } from './remote-hub.ts'
import type { OwnServer, OwnServerOptions } from './run.ts'
import { runCommand } from './run.ts'
import type { GuestHub } from './server-hub.ts'

/** What came on the command line, as text. */
export interface RunRequest {
  readonly hub: string
  readonly stateDir: string
  /** A server elsewhere. */
  readonly remote: RemoteRequest | undefined
  readonly mtu: string | undefined
  readonly gso: boolean
  readonly verbose: boolean
  readonly command: readonly string[]
  readonly language: ServerOptions['language']
  readonly version: string
}

export interface ClientRequest {
  readonly tap: string | undefined
  readonly netns: string | undefined
  readonly hub: string
  /** There is a network behind the device. */
  readonly bridge: boolean
  readonly remote: RemoteRequest | undefined
  readonly gso: boolean
}

export interface AttachRequest {
  readonly tap: string | undefined
  readonly netns: string | undefined
  readonly hub: string
  readonly stateDir: string
  readonly server: string | undefined
  readonly gso: boolean
}

/** Resolves with the command's exit status, or ours when it could not be run. */
export async function run(request: RunRequest): Promise<number> {
  const { hub, stateDir, gso, verbose, command, mtu, remote } = request
  try {
    if (command.length === 0) throw new GuestError('run: the command is missing: securenat run -- COMMAND…')
    return await runCommand({
      hub,
      stateDir,
      gso,
      command,
      ...(mtu === undefined ? {} : { mtu: parseMtu(mtu) }),
      reenter: [process.execPath, ...process.execArgv, process.argv[1] as string],
      isTerminal: isatty(0),
      startServer: (options) => startServer(options, request),
      ...(remote === undefined ? {} : { connectRemote: () => connectTo(remote, hub, false) }),
      tell,
      tellMore: verbose ? tell : () => undefined,
    })
  } catch (error) {
    if (!(error instanceof GuestError)) throw error
    // Stopped by a signal before the command began: the user knows.
    if (error.status <= 128) tell(error.message)
    return error.status
  }
}

async function startServer(options: OwnServerOptions, request: RunRequest): Promise<OwnServer> {
  const { startServer: start } = await import('../server/start.ts')
  const { server } = await start({
    stateDir: options.stateDir,
    gso: options.gso,
    version: request.version,
    language: request.language,
    toOperator: tell,
    ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
  })
  const unit = server.hubUnit(request.hub)
  if (unit === undefined) {
    await server.stop()
    throw new GuestError(`there is no hub "${request.hub}"`)
  }
  return { hub: unit.hub, stop: () => server.stop() }
}

/** Stays until SIGTERM or SIGINT. */
export async function attach(request: AttachRequest): Promise<number> {
  const { tap, netns, hub, stateDir, gso } = request
  if (request.server !== undefined)
    throw new GuestError('attach: --server is not supported by this version: securenat client joins a server elsewhere')
  if (tap === undefined) throw new GuestError('attach: --tap is missing: securenat attach --tap NAME [--netns NAME]')
  const stopped = untilStopped()
  await attachTap({ tap, ...(netns === undefined ? {} : { netns }), hub, stateDir, gso, stopped, tell })
  return 0
}

/** A TAP device of this machine on a hub of a server elsewhere, until SIGTERM or SIGINT. */
export async function client({ tap, netns, hub, bridge, remote, gso }: ClientRequest): Promise<number> {
  if (remote === undefined) throw new GuestError('client: --server is missing: --server HOST[:PORT] --user NAME')
  if (tap === undefined) throw new GuestError('client: --tap is missing: --tap NAME [--netns NAME]')
  const stopped = untilStopped()
  const connectRemote = (): Promise<GuestHub> => connectTo(remote, hub, bridge)
  await attachTap({
    tap,
    ...(netns === undefined ? {} : { netns }),
    hub,
    stateDir: '',
    connectRemote,
    gso,
    stopped,
    tell,
  })
  return 0
}

/** What a VPN client needs is loaded where there is one. */
async function connectTo(remote: RemoteRequest, hub: string, bridge: boolean): Promise<GuestHub> {
  const { connectRemoteHub } = await import('./remote-hub.ts')
  return connectRemoteHub(remote, { hub, bridge, tell })
}

function untilStopped(): Promise<void> {
  return new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
}

/** See `RunOptions.tell` for why not `process.stderr`. */
function tell(line: string): void {
  writeSync(2, `securenat: ${line}\n`)
}
