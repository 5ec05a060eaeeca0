// `securenat serve`: the server as a process. Checks its arguments, tells the operator what there is to know, obeys signals.

import type { Language } from '../config/config.ts'
import { ConfigError } from '../config/config.ts'
import type { Endpoint } from '../config/values.ts'
import { formatEndpoint, parseEndpoint } from '../config/values.ts'
import { WELCOME } from '../messages.ts'
import { parseMtu } from '../mtu-argument.ts'
import type { FirstStart, Server, TapRequest } from '../server.ts'
import { startServer } from '../start.ts'
import { hubSocketPath } from '../state-paths.ts'

/** What came on the command line and in the environment, as text. */
export interface ServeRequest {
  readonly stateDir: string
  /** The operator's other commands find the server without `--state`. */
  readonly isDefaultState: boolean
  readonly configFile: string | undefined
  readonly listen: readonly string[]
  readonly taps: readonly string[]
  readonly mtu: string | undefined
  readonly gso: boolean
  /** `--no-web` was not given. */
  readonly web: boolean
  readonly language: Language
  readonly password: string | undefined
  readonly version: string
  /** The program as the operator calls it. */
  readonly program: string
  print(line: string): void
  printError(line: string): void
}

/** A stop that hangs is cut short; the lock of a process that is gone does not count. */
const STOP_DEADLINE_MS = 5_000

/** Resolves with the exit status when a signal has stopped the server. */
export async function serve(request: ServeRequest): Promise<number> {
  const taps = request.taps.map(parseTap)
  const mtu = request.mtu === undefined ? undefined : parseMtu(request.mtu)
  const listen = request.listen.map(parseListen)
  // Sockets, leases and logs are the operator's alone.
  process.umask(0o077)
  const stopped = signalled(['SIGTERM', 'SIGINT'])
  const { server, first } = await startServer({
    stateDir: request.stateDir,
    taps,
    gso: request.gso,
    network: { listen: listen.length > 0 ? listen : undefined, web: request.web },
    version: request.version,
    language: request.language,
    toOperator: request.printError,
    ...(request.configFile === undefined ? {} : { configFile: request.configFile }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(request.password === undefined ? {} : { password: request.password }),
  })
  if (process.platform !== 'win32') process.on('SIGHUP', () => void reload(server, request))
  if (first !== undefined) request.print(welcome(server, first, request))
  request.print(
    `securenat ${request.version} is running as process ${process.pid}, state directory ${request.stateDir}`,
  )
  // Faults are caught where they happen, at every entry from the event loop; one that is not has left nobody knows what behind.
  const faulted = new Promise<unknown>((resolve) => process.once('uncaughtException', resolve))
  const fault = await Promise.race([stopped, faulted.then((error) => ({ error }))])
  if (fault !== undefined) {
    server.log.error('stopped by an internal fault', { stack: String((fault.error as Error).stack ?? fault.error) })
  }
  setTimeout(() => {
    request.printError(`securenat: not stopped after ${STOP_DEADLINE_MS} ms, giving up`)
    process.exit(1)
  }, STOP_DEADLINE_MS).unref()
  await server.stop()
  return fault === undefined ? 0 : 1
}

function signalled(signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((resolve) => {
    // With the second signal the default action is back: who asks twice does not want to wait.
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop)
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })
}

async function reload(server: Server, request: ServeRequest): Promise<void> {
  try {
    await server.reload()
    server.log.info('the configuration was read again')
  } catch (error) {
    if (!(error instanceof ConfigError)) server.log.error('reload failed', { reason: String(error) })
    else {
      for (const issue of error.issues) server.log.error(`configuration refused: ${issue}`)
      request.printError('securenat: the configuration in force was not changed')
    }
  }
}

function welcome(server: Server, first: FirstStart, request: ServeRequest): string {
  return WELCOME[server.config.language]({
    stateDir: request.stateDir,
    isDefaultState: request.isDefaultState,
    hubSocket: hubSocketPath(request.stateDir, 'DEFAULT'),
    listen: request.listen.length > 0 ? request.listen : server.config.listen.map(formatEndpoint),
    password: first.password,
    program: request.program,
  })
}

function parseListen(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined) {
    throw new Error(`--listen ${text}: must be an address and a port, such as 127.0.0.1:5555`)
  }
  return endpoint
}

/** `HUB:NAME[@NETNS]`; the kernel takes 15 letters for a device. */
function parseTap(text: string): TapRequest {
  const match = /^([^:@]+):([^:@/\s]{1,15})(?:@([^@/\s]+))?$/.exec(text)
  if (match === null) {
    throw new Error(`--tap ${text}: must be HUB:NAME or HUB:NAME@NETNS, NAME of at most 15 letters`)
  }
  return { hub: match[1]!, name: match[2]!, netns: match[3] }
}
