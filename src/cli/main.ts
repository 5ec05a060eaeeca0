// The management command line: a command becomes a call of an operation, its result a table or JSON.

import { ACCESS_COMMANDS } from './access-commands.ts'
import type { AdminCommand, Outcome } from './admin-command.ts'
import { nearest, parseArguments } from './arguments.ts'
import { CASCADE_COMMANDS } from './cascade-commands.ts'
import type { CommandSpec, Language, OptionSpec, ParsedArguments } from './command.ts'
import { optionValue, UsageError } from './command.ts'
import { DHCP_COMMANDS } from './dhcp-commands.ts'
import { DNS_COMMANDS } from './dns-commands.ts'
import { DOOR_COMMANDS } from './door-commands.ts'
import { EGRESS_COMMANDS } from './egress-commands.ts'
import { GROUP_COMMANDS } from './group-commands.ts'
import { formatCommandHelp, formatHelp } from './help.ts'
import { HUB_COMMANDS } from './hub-commands.ts'
import { INBOUND_COMMANDS } from './inbound-commands.ts'
import { LOG_COMMANDS } from './log-commands.ts'
import { OPTION_COMMANDS } from './option-commands.ts'
import { HELP_OPTION, HUB_OPTION, LANGUAGE_OPTION, PROGRAMS, STATE_OPTION } from './programs.ts'
import type { Route } from './rpc-client.ts'
import { CallError, localRoute, RpcClient } from './rpc-client.ts'
import { SECURENAT_COMMANDS } from './securenat-commands.ts'
import { SERVER_COMMANDS } from './server-commands.ts'
import { parseServerAddress, remoteRoute } from './server-route.ts'
import { SESSION_COMMANDS } from './session-commands.ts'
import { formatGrid, formatTable } from './table.ts'
import { USER_COMMANDS } from './user-commands.ts'

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

const JSON_OPTION: OptionSpec = {
  name: 'json',
  help: { en: 'print the result as JSON', ja: '結果を JSON で表示する' },
}
const SERVER_OPTION: OptionSpec = {
  name: 'server',
  value: 'URL',
  help: {
    en: 'a server elsewhere, https://HOST:5555; its password from SECURENAT_PASSWORD, else asked for',
    ja: '別のサーバー https://HOST:5555。パスワードは環境変数 SECURENAT_PASSWORD、なければ端末で入力',
  },
}
const USER_OPTION: OptionSpec = {
  name: 'user',
  value: 'NAME',
  help: {
    en: "with --server: a hub's name for its administrator, @NAME for a viewer (default: the server's administrator)",
    ja: '--server 指定時: HUB 管理者は HUB 名、閲覧者は @名前 (既定: サーバー管理者)',
  },
}
const PIN_OPTION: OptionSpec = {
  name: 'pin',
  value: 'SHA256',
  help: {
    en: 'with --server: the fingerprint of its certificate, where this computer does not trust it otherwise',
    ja: '--server 指定時: サーバー証明書のフィンガープリント (信頼済みでない場合)',
  },
}
const COMMON_OPTIONS = [
  HUB_OPTION,
  STATE_OPTION,
  SERVER_OPTION,
  USER_OPTION,
  PIN_OPTION,
  JSON_OPTION,
  LANGUAGE_OPTION,
  HELP_OPTION,
]
const GLOBAL: CommandSpec = {
  name: 'securenat',
  summary: { en: '', ja: '' },
  options: [...COMMON_OPTIONS, { name: 'version', help: { en: 'show the version', ja: 'バージョンを表示する' } }],
}

const COMMANDS: readonly AdminCommand[] = [
  ...SECURENAT_COMMANDS,
  ...EGRESS_COMMANDS,
  ...INBOUND_COMMANDS,
  ...DHCP_COMMANDS,
  ...DNS_COMMANDS,
  ...HUB_COMMANDS,
  ...USER_COMMANDS,
  ...GROUP_COMMANDS,
  ...SESSION_COMMANDS,
  ...ACCESS_COMMANDS,
  ...CASCADE_COMMANDS,
  ...OPTION_COMMANDS,
  ...LOG_COMMANDS,
  ...SERVER_COMMANDS,
  ...DOOR_COMMANDS,
].map((command) => ({ ...command, options: [...command.options, ...COMMON_OPTIONS] }))

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
  const command = findCommand(name)
  const parsed = parseArguments(command, [...before, ...after])
  if (parsed.options.has('help')) {
    environment.print(formatCommandHelp(command, chosenLanguage(parsed, environment.language)))
    return 0
  }
  return run(command, parsed, environment)
}

async function run(command: AdminCommand, parsed: ParsedArguments, environment: CliEnvironment): Promise<number> {
  const client = new RpcClient(routeTo(command, parsed, environment))
  // A wrong language is a mistake before it is asked for.
  chosenLanguage(parsed, 'en')
  try {
    const outcome = await command.run({
      call: (method, params) => client.call(method, params),
      hub: optionValue(parsed, 'hub') ?? 'DEFAULT',
      arguments: parsed,
    })
    const language = chosenLanguage(parsed, client.language ?? environment.language)
    if (parsed.options.has('json')) environment.print(JSON.stringify(outcome.json, undefined, 2))
    else environment.print(formatOutcome(outcome, language))
    return 0
  } catch (error) {
    throw error instanceof CallError ? explained(command, error) : error
  }
}

function formatOutcome({ records, grids = [], plain }: Outcome, language: Language): string {
  if (plain !== undefined) return plain
  const tables = [
    ...(records === undefined ? [] : [formatTable(records, language)]),
    ...grids.map((grid) => formatGrid(grid, language)),
  ]
  return tables.length === 0 ? DONE[language] : tables.join('\n\n')
}

function routeTo(command: AdminCommand, parsed: ParsedArguments, environment: CliEnvironment): Route {
  const server = optionValue(parsed, 'server')
  if (server === undefined) {
    for (const option of ['user', 'pin']) {
      if (parsed.options.has(option)) throw new UsageError(`${command.name}: --${option} belongs to --server URL`)
    }
    const stateDir = optionValue(parsed, 'state') ?? environment.defaultStateDir
    return localRoute(environment.controlSocket(stateDir), stateDir)
  }
  if (parsed.options.has('state'))
    throw new UsageError(`${command.name}: --state and --server are two servers; give one`)
  return remoteRoute(parseServerAddress(server), {
    user: optionValue(parsed, 'user') ?? '',
    password: environment.password,
    pin: optionValue(parsed, 'pin'),
  })
}

const DONE = { en: 'The command completed successfully.', ja: 'コマンドは正常に終了しました。' } as const

/** The server names parameters; who typed a command knows options. */
function explained(command: AdminCommand, error: CallError): Error {
  const sentences = error.faults.map(({ field, allowed, actual }) => {
    return `${command.fields?.[field] ?? field} must be ${allowed}, is ${actual}`
  })
  return new Error(`${command.name}: ${sentences.length > 0 ? sentences.join('; ') : error.message}`)
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

function findCommand(name: string): AdminCommand {
  const wanted = name.toLowerCase()
  const command = COMMANDS.find((candidate) => candidate.name.toLowerCase() === wanted)
  if (command !== undefined) return command
  const near = nearest(
    name,
    [...PROGRAMS, ...COMMANDS].map((spec) => spec.name),
  )
  const hint = near === undefined ? 'the commands are listed by: securenat help' : `did you mean ${near}?`
  throw new UsageError(`unknown command "${name}"; ${hint}`)
}

function helpFor(name: string | undefined, language: Language): string {
  if (name === undefined) return formatHelp(PROGRAMS, COMMANDS, language)
  const program = PROGRAMS.find((candidate) => candidate.name === name.toLowerCase())
  return formatCommandHelp(program ?? findCommand(name), language)
}

function chosenLanguage(parsed: ParsedArguments, otherwise: Language): Language {
  const given = optionValue(parsed, 'language')?.toLowerCase()
  if (given === undefined) return otherwise
  if (given === 'en' || given === 'ja') return given
  throw new UsageError(`--language must be en or ja, is "${given}"`)
}
