// The program `securenat`: picks the command and loads only what it needs. The one place that reads the environment.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { parseArguments } from './cli/arguments.ts'
import type { CommandSpec, Language, ParsedArguments } from './cli/command.ts'
import { optionValue } from './cli/command.ts'
import { ATTACH, CLIENT, PROGRAMS, RUN, SERVE } from './cli/programs.ts'
import { NAMESPACE_ENTRY } from './guest/namespace-protocol.ts'
import type { RemoteRequest } from './guest/remote-hub.ts'
import { controlSocketPath, defaultStateDir } from './server/state-paths.ts'

const { env } = process
const { version } = packageJson
/** The launcher says how it was called; nobody else needs to know. */
const program = env.SECURENAT_PROGRAM ?? 'securenat'
delete env.SECURENAT_PROGRAM

/** Of a person who has not said: LC_ALL, LC_MESSAGES and LANG in the order of setlocale(3). */
function environmentLanguage(): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return locale.startsWith('ja') ? 'ja' : 'en'
}

function stateDirOf(parsed: ParsedArguments): string {
  return resolve(optionValue(parsed, 'state') ?? defaultStateDir(env, homedir()))
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === NAMESPACE_ENTRY) {
    const { enterNamespace } = await import('./guest/namespace-entry.ts')
    return enterNamespace(argv.slice(1))
  }
  const name = argv[0]?.toLowerCase()
  const spec = PROGRAMS.find((candidate) => candidate.name === name)
  if (spec === undefined) {
    const { administer } = await import('./cli/main.ts')
    return administer(argv, {
      version,
      language: environmentLanguage(),
      defaultStateDir: defaultStateDir(env, homedir()),
      controlSocket: (stateDir) => controlSocketPath(resolve(stateDir)),
      password,
      print,
    })
  }
  const parsed = parseArguments(spec, argv.slice(1))
  if (parsed.options.has('help')) return showHelp(spec)
  switch (spec) {
    case SERVE: {
      const { serve } = await import('./server/main/serve.ts')
      return serve({
        stateDir: stateDirOf(parsed),
        isDefaultState: !parsed.options.has('state'),
        configFile: optionValue(parsed, 'config'),
        listen: parsed.options.get('listen') ?? [],
        taps: parsed.options.get('tap') ?? [],
        mtu: optionValue(parsed, 'mtu'),
        gso: !parsed.options.has('no-gso'),
        web: !parsed.options.has('no-web'),
        language: environmentLanguage(),
        password: env.SECURENAT_ADMIN_PASSWORD || undefined,
        version,
        program,
        print,
        printError,
      })
    }
    case RUN: {
      const { run } = await import('./guest/programs.ts')
      return run({
        hub: optionValue(parsed, 'hub') ?? 'DEFAULT',
        stateDir: stateDirOf(parsed),
        mtu: optionValue(parsed, 'mtu'),
        gso: !parsed.options.has('no-gso'),
        verbose: parsed.options.has('verbose'),
        remote: remoteOf(parsed),
        command: parsed.rest,
        language: environmentLanguage(),
        version,
      })
    }
    case ATTACH: {
      const { attach } = await import('./guest/programs.ts')
      return attach({
        tap: optionValue(parsed, 'tap'),
        netns: optionValue(parsed, 'netns'),
        hub: optionValue(parsed, 'hub') ?? 'DEFAULT',
        stateDir: stateDirOf(parsed),
        server: optionValue(parsed, 'server'),
        gso: !parsed.options.has('no-gso'),
      })
    }
    case CLIENT: {
      const { client } = await import('./guest/programs.ts')
      return client({
        tap: optionValue(parsed, 'tap'),
        netns: optionValue(parsed, 'netns'),
        hub: optionValue(parsed, 'hub') ?? 'DEFAULT',
        bridge: parsed.options.has('bridge'),
        remote: remoteOf(parsed),
        gso: !parsed.options.has('no-gso'),
      })
    }
    default:
      throw new Error(`${spec.name} has no program`)
  }
}

/** For a server elsewhere. */
async function password(): Promise<string> {
  if (env.SECURENAT_PASSWORD !== undefined) return env.SECURENAT_PASSWORD
  const { promptPassword } = await import('./cli/password-prompt.ts')
  return promptPassword('Password: ')
}

/** `undefined` without `--server`. */
function remoteOf(parsed: ParsedArguments): RemoteRequest | undefined {
  const server = optionValue(parsed, 'server')
  if (server === undefined) return undefined
  const file = optionValue(parsed, 'password-file')
  // Taken now: it is not for the command that `run` starts.
  const given = env.SECURENAT_PASSWORD
  delete env.SECURENAT_PASSWORD
  const giving = given === undefined ? password : async () => given
  return {
    server,
    user: optionValue(parsed, 'user'),
    password: file === undefined ? giving : async () => readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]!,
    pin: optionValue(parsed, 'pin'),
    noVerify: parsed.options.has('no-verify'),
  }
}

async function showHelp(spec: CommandSpec): Promise<number> {
  const { formatCommandHelp } = await import('./cli/help.ts')
  print(formatCommandHelp(spec, environmentLanguage()))
  return 0
}

function print(text: string): void {
  stdout().write(`${text}\n`)
}

let output: NodeJS.WriteStream | undefined

/** Opened for the first line: it brings Node's streams with it. */
function stdout(): NodeJS.WriteStream {
  if (output !== undefined) return output
  output = process.stdout
  // A reader that went away (`securenat help | head`) is no fault of ours.
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return output
}

function printError(text: string): void {
  process.stderr.write(`${text}\n`)
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  printError(`securenat: Node.js 20.19 or newer is needed; this is ${process.version}`)
  process.exitCode = 1
} else {
  main(process.argv.slice(2)).then(
    (status) => {
      process.exitCode = status
    },
    (error: Error & { lines?: readonly string[] }) => {
      // A mistake of the operator is one line, or one for each fault of a configuration; our own wants its place too.
      for (const line of error.lines ?? [error.message]) printError(`securenat: ${line}`)
      if (env.SECURENAT_DEBUG !== undefined) printError(String(error.stack))
      process.exitCode = 1
    },
  )
}
