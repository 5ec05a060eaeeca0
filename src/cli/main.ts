// The management command line: a command becomes a call of an operation, its result a table or JSON.

import { nearest, parseArguments } from './arguments.ts'
import type { CommandSpec, Language, ParsedArguments } from './command.ts'
import { optionValue, UsageError } from './command.ts'
import { COMMANDS, COMMON_OPTIONS, commandNamed, withOptions } from './commands.ts'
import { chosenLanguage, execute } from './execute.ts'
import { formatCommandHelp, formatHelp } from './help.ts'
import { ADMIN, COMPLETION, MAN, PROGRAMS, TOOLS } from './programs.ts'
import type { Route } from './rpc-client.ts'
import { localRoute, RpcClient } from './rpc-client.ts'
import { parseServerAddress, remoteRoute } from './server-route.ts'

export interface CliEnvironment {
  readonly version: string
  /** What the environment says; a server that has a language of its own is followed. */
  readonly language: Language
  readonly defaultStateDir: string
  controlSocket(stateDir: string): string
  /** For a server elsewhere. */
  password(): Promise<string>
  print(text: string): void
}

const GLOBAL: CommandSpec = {
  name: 'securenat',
  summary: { en: '', ja: '' },
  options: [...COMMON_OPTIONS, { name: 'version', help: { en: 'show the version', ja: 'バージョンを表示する' } }],
}

/** @returns the exit status; a mistake is thrown as an error of one line */
export async function administer(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { before, name, after } = splitCommand(argv)
  const leading = parseArguments(GLOBAL, before)
  if (leading.options.has('version') || name?.toLowerCase() === 'version') {
    environment.print(`securenat ${environment.version}`)
    return 0
  }
  if (name === undefined || leading.options.has('help') || name.toLowerCase() === 'help') {
    const language = chosenLanguage(leading, environment.language)
    environment.print(helpFor(after[0], language))
    if (name === undefined && !leading.options.has('help')) throw new UsageError('no command; see above')
    return 0
  }
  const tool = TOOLS.find((candidate) => candidate.name === name.toLowerCase())
  const command = tool === undefined ? commandOrFault(name) : undefined
  const spec = tool ?? withOptions(command!, COMMON_OPTIONS)
  const parsed = parseArguments(spec, [...before, ...after])
  if (parsed.options.has('help')) {
    environment.print(formatCommandHelp(spec, chosenLanguage(parsed, environment.language)))
    return 0
  }
  if (command === undefined) return runTool(spec, parsed, environment)
  const client = new RpcClient(routeTo(spec, parsed, environment))
  const context = { hub: optionValue(parsed, 'hub') ?? 'DEFAULT', arguments: parsed }
  environment.print(await execute(command, context, client, environment.language))
  return 0
}

async function runTool(tool: CommandSpec, parsed: ParsedArguments, environment: CliEnvironment): Promise<number> {
  switch (tool) {
    case ADMIN: {
      const { adminPrompt } = await import('./prompt/admin-prompt.ts')
      return adminPrompt({
        client: new RpcClient(routeTo(tool, parsed, environment)),
        language: optionValue(parsed, 'language') === undefined ? undefined : chosenLanguage(parsed, 'en'),
        otherwise: environment.language,
        // A hub's administrator has nothing else to select.
        hub: optionValue(parsed, 'hub') ?? hubOf(optionValue(parsed, 'user')),
        asJson: parsed.options.has('json'),
        scriptFile: optionValue(parsed, 'in'),
        recordFile: optionValue(parsed, 'out'),
        stateDir: optionValue(parsed, 'state') ?? environment.defaultStateDir,
      })
    }
    case COMPLETION: {
      const { completionFor } = await import('./completion/shell-completion.ts')
      const language = chosenLanguage(parsed, environment.language)
      environment.print(completionFor(parsed.operands[0]!, language).trimEnd())
      return 0
    }
    case MAN: {
      const { manPage } = await import('./man-page.ts')
      const parts = { programs: [...PROGRAMS, ...TOOLS], commands: COMMANDS, common: COMMON_OPTIONS }
      const language = chosenLanguage(parsed, environment.language)
      environment.print(manPage({ ...parts, version: environment.version }, language).trimEnd())
      return 0
    }
    default:
      throw new Error(`${tool.name} has no program`)
  }
}

/** Of the name of an administrator. */
function hubOf(user: string | undefined): string | undefined {
  return user === undefined || user.startsWith('@') || /^(administrator)?$/i.test(user) ? undefined : user
}

function routeTo(spec: CommandSpec, parsed: ParsedArguments, environment: CliEnvironment): Route {
  const server = optionValue(parsed, 'server')
  if (server === undefined) {
    for (const option of ['user', 'pin']) {
      if (parsed.options.has(option)) throw new UsageError(`${spec.name}: --${option} belongs to --server URL`)
    }
    const stateDir = optionValue(parsed, 'state') ?? environment.defaultStateDir
    return localRoute(environment.controlSocket(stateDir), stateDir)
  }
  if (parsed.options.has('state')) throw new UsageError(`${spec.name}: --state and --server are two servers; give one`)
  return remoteRoute(parseServerAddress(server), {
    user: optionValue(parsed, 'user') ?? '',
    password: environment.password,
    pin: optionValue(parsed, 'pin'),
  })
}

/** Common options may stand before the command. */
function splitCommand(argv: readonly string[]): { before: string[]; name: string | undefined; after: string[] } {
  let i = 0
  while (i < argv.length && /^(-|\/[A-Za-z]+:)/.test(argv[i]!)) {
    const option = GLOBAL.options.find(({ name }) => argv[i]!.toLowerCase() === `--${name}`)
    i += option?.value === undefined ? 1 : 2
  }
  return { before: argv.slice(0, i), name: argv[i], after: argv.slice(i + 1) }
}

function commandOrFault(name: string) {
  const command = commandNamed(name)
  if (command !== undefined) return command
  const near = nearest(
    name,
    [...PROGRAMS, ...TOOLS, ...COMMANDS].map((spec) => spec.name),
  )
  const hint = near === undefined ? 'the commands are listed by: securenat help' : `did you mean ${near}?`
  throw new UsageError(`unknown command "${name}"; ${hint}`)
}

function helpFor(name: string | undefined, language: Language): string {
  const programs = [...PROGRAMS, ...TOOLS]
  if (name === undefined) return formatHelp(programs, COMMANDS, language)
  const program = programs.find((candidate) => candidate.name === name.toLowerCase())
  return formatCommandHelp(program ?? withOptions(commandOrFault(name), COMMON_OPTIONS), language)
}
