// What a line at the prompt does: a command of the server, or one of the prompt's own (Hub, Help, Exit). Arguments that are
// missing are asked for where somebody can be asked. A fault is told and ends nothing.

import type { AdminCommand } from '../admin-command.ts'
import { nearest, parseArguments, usageLine } from '../arguments.ts'
import type { CommandSpec, Language, NameKind, OptionSpec, ParsedArguments, Text } from '../command.ts'
import { isSecret, MissingOptions, UsageError } from '../command.ts'
import { COMMANDS, isAboutServer, withOptions } from '../commands.ts'
import { execute } from '../execute.ts'
import { formatCommandHelp, formatPromptHelp } from '../help.ts'
import { POLICY_LIST } from '../policy-table.ts'
import { HELP_OPTION, HUB_OPTION, JSON_OPTION } from '../programs.ts'
import type { RpcClient } from '../rpc-client.ts'
import { splitWords } from './words.ts'

export interface Screen {
  print(text: string): void
  fault(text: string): void
  /** A question and its answer; without it there is nobody to ask. @throws Interrupted */
  ask?(question: string, isSecret: boolean): Promise<string>
}

/** The person has taken back what was begun. */
export class Interrupted extends Error {}

export interface ShellOptions {
  readonly client: RpcClient
  /** The one that was asked for; else the server's, else `otherwise`. */
  readonly language: Language | undefined
  readonly otherwise: Language
  readonly hub: string | undefined
  readonly asJson: boolean
}

const PROMPT_OPTIONS = [
  { ...HUB_OPTION, help: { en: 'for this command alone: the Virtual Hub', ja: 'このコマンドだけの仮想 HUB' } },
  JSON_OPTION,
  HELP_OPTION,
]
const HUB: CommandSpec = {
  name: 'Hub',
  summary: {
    en: 'select the hub that commands are about; without a name none',
    ja: '管理する仮想 HUB を選択する (省略時は選択を解除)',
  },
  operands: [
    { name: 'NAME', required: false, names: 'hub', help: { en: 'name of the Virtual Hub', ja: '仮想 HUB の名前' } },
  ],
  options: [HELP_OPTION],
}
const HELP: CommandSpec = {
  name: 'Help',
  summary: { en: 'list the commands, or explain one', ja: 'コマンドの一覧または説明を表示する' },
  operands: [{ name: 'COMMAND', required: false, help: { en: 'name of the command', ja: 'コマンド名' } }],
  options: [],
}
const EXIT: CommandSpec = { name: 'Exit', summary: { en: 'end', ja: '終了する' }, options: [] }
const QUIT: CommandSpec = { ...EXIT, name: 'Quit' }
const OWN = [HUB, HELP, EXIT, QUIT]
const ADMINISTRATION: ReadonlyMap<string, AdminCommand> = new Map(
  COMMANDS.map((command) => [command.name, withOptions(command, PROMPT_OPTIONS)]),
)

const WORDS = {
  noHub: {
    en: 'no Virtual Hub is selected; select one with: Hub NAME',
    ja: '仮想 HUB が選択されていません。Hub NAME で選択してください。',
  },
  confirm: { en: 'Again', ja: '確認入力' },
  differ: { en: 'The two are not the same.', ja: '入力内容が一致しません。' },
  optional: { en: 'May be given too', ja: '省略可能' },
  openQuotation: { en: 'a quotation is not closed', ja: '引用符が閉じられていません。' },
  selected: { en: 'The Virtual Hub "NAME" has been selected.', ja: '仮想 HUB「NAME」を選択しました。' },
  deselected: { en: 'No Virtual Hub is selected.', ja: '仮想 HUB の選択を解除しました。' },
} as const satisfies Readonly<Record<string, Text>>

/** All that can be typed. */
export const PROMPT_SPECS: readonly CommandSpec[] = [...OWN, ...ADMINISTRATION.values()]

export function promptSpec(name: string): CommandSpec | undefined {
  const wanted = name.toLowerCase()
  return wanted === '?' ? HELP : PROMPT_SPECS.find((spec) => spec.name.toLowerCase() === wanted)
}

export class Shell {
  readonly #options: ShellOptions
  readonly #screen: Screen
  #hub: string | undefined

  constructor(options: ShellOptions, screen: Screen) {
    this.#options = options
    this.#screen = screen
    this.#hub = options.hub
  }

  get prompt(): string {
    return this.#hub === undefined ? 'VPN Server>' : `VPN Server/${this.#hub}>`
  }

  get #language(): Language {
    return this.#options.language ?? this.#options.client.language ?? this.#options.otherwise
  }

  /** @throws Interrupted */
  async enter(line: string): Promise<'done' | 'failed' | 'exit'> {
    if (/^\s*($|#|\/\/)/.test(line)) return 'done'
    try {
      return await this.#run(line)
    } catch (error) {
      if (error instanceof Interrupted) throw error
      this.#screen.fault((error as Error).message)
      return 'failed'
    }
  }

  /** What there is of a kind, for completion; nothing when the server does not say. */
  async names(kind: NameKind): Promise<readonly string[]> {
    try {
      return await this.#namesOf(kind)
    } catch {
      return []
    }
  }

  async #run(line: string): Promise<'done' | 'exit'> {
    const { words, isOpen } = splitWords(line)
    if (isOpen) throw new UsageError(WORDS.openQuotation[this.#language])
    const [name, ...given] = words.map(({ text }) => text)
    const spec = promptSpec(name!)
    if (spec === undefined) throw unknownCommand(name!)
    if (given.includes('/?')) {
      this.#screen.print(formatCommandHelp(spec, this.#language))
      return 'done'
    }
    const parsed = await this.#withOperands(spec, given)
    if (spec === EXIT || spec === QUIT) return 'exit'
    if (parsed.options.has('help')) this.#screen.print(formatCommandHelp(spec, this.#language))
    else if (spec === HELP) this.#help(parsed.operands[0])
    else if (spec === HUB) await this.#select(parsed.operands[0])
    else this.#screen.print(await this.#administer(spec, parsed))
    return 'done'
  }

  #help(name: string | undefined): void {
    const spec = name === undefined ? undefined : promptSpec(name)
    if (name !== undefined && spec === undefined) throw unknownCommand(name)
    const text =
      spec === undefined ? formatPromptHelp(OWN, COMMANDS, this.#language) : formatCommandHelp(spec, this.#language)
    this.#screen.print(text)
  }

  async #select(name: string | undefined): Promise<void> {
    if (name === undefined || name === '') {
      this.#hub = undefined
      this.#screen.print(WORDS.deselected[this.#language])
      return
    }
    const status = await this.#options.client.call('GetHubStatus', { HubName_str: name })
    this.#hub = status.HubName_str
    this.#screen.print(WORDS.selected[this.#language].replace('NAME', () => status.HubName_str))
  }

  /** Operands that are missing are asked for, and so is a password that may be left out. */
  async #withOperands(spec: CommandSpec, given: readonly string[]): Promise<ParsedArguments> {
    const expected = spec.operands ?? []
    const lenient = { ...spec, operands: expected.map((operand) => ({ ...operand, required: false })) }
    const parsed = this.#screen.ask === undefined ? parseArguments(spec, given) : parseArguments(lenient, given)
    if (this.#screen.ask === undefined || parsed.options.has('help')) return parsed
    const operands = [...parsed.operands]
    // Nobody likes to answer questions for nothing.
    if (ADMINISTRATION.has(spec.name) && !isAboutServer(spec.name)) this.#hubOf(parsed.options.get('hub')?.at(-1))
    this.#offer(spec, parsed)
    for (const operand of expected.slice(operands.length)) {
      if (!operand.required && !isSecret(operand)) break
      const answer = await this.#answer(operand.name, operand.help, isSecret(operand))
      // The command itself would ask for a password, on a terminal that is ours.
      if (answer === '') throw new UsageError(`${spec.name}: ${operand.name} is missing: ${usageLine(spec)}`)
      operands.push(answer)
    }
    return { ...parsed, operands }
  }

  /** Whoever is about to be asked sees first what the questions leave out. */
  #offer(spec: CommandSpec, { operands, options }: ParsedArguments): void {
    const isAsked =
      spec.operands?.[operands.length]?.required === true ||
      spec.options.some(({ name, required }) => required === true && !options.has(name))
    const open = spec.options.filter(
      (option) =>
        option.required !== true &&
        !options.has(option.name) &&
        !isOneOf(option, [...PROMPT_OPTIONS, ...(spec.oneOf ?? [])]),
    )
    if (!isAsked || open.length === 0) return
    const forms = open.map(({ name, value }) => `[--${name}${value === undefined ? '' : ` ${value}`}]`)
    this.#screen.print(`${WORDS.optional[this.#language]}: ${forms.join(' ')}`)
  }

  async #administer(spec: CommandSpec, parsed: ParsedArguments): Promise<string> {
    const command = ADMINISTRATION.get(spec.name)!
    const { client, language, asJson, otherwise } = this.#options
    const options = new Map(parsed.options)
    if (asJson) options.set('json', [''])
    if (language !== undefined) options.set('language', [language])
    const hub = (): string => this.#hubOf(options.get('hub')?.at(-1))
    const context = {
      get hub() {
        return hub()
      },
      arguments: { ...parsed, options },
    }
    for (const asked = new Set<string>(); ; ) {
      try {
        return await execute(command, context, client, otherwise)
      } catch (error) {
        if (!(error instanceof MissingOptions) || this.#screen.ask === undefined) throw error
        const wanted = error.options.filter((name) => !asked.has(name))
        const answers = await this.#optionValues(spec, wanted)
        if (answers.length === 0) throw error
        for (const [name, answer] of answers) options.set(name, [answer])
        for (const name of wanted) asked.add(name)
      }
    }
  }

  /** An empty answer leaves an option out. */
  async #optionValues(spec: CommandSpec, names: readonly string[]): Promise<[string, string][]> {
    const answers: [string, string][] = []
    for (const option of spec.options.filter(({ name }) => names.includes(name))) {
      const answer = await this.#answer(option.value ?? option.name, option.help, isSecret(option))
      if (answer !== '') answers.push([option.name, answer])
    }
    return answers
  }

  /** What cannot be seen is asked for twice. */
  async #answer(name: string, help: Text, isHidden: boolean): Promise<string> {
    const { print, ask } = this.#screen
    const language = this.#language
    for (;;) {
      const answer = await ask!.call(this.#screen, `${name} (${help[language]}): `, isHidden)
      if (!isHidden || answer === '') return answer
      if ((await ask!.call(this.#screen, `${WORDS.confirm[language]}: `, true)) === answer) return answer
      print.call(this.#screen, WORDS.differ[language])
    }
  }

  /** @throws UsageError */
  #hubOf(given: string | undefined): string {
    const hub = given ?? this.#hub
    if (hub === undefined) throw new UsageError(WORDS.noHub[this.#language])
    return hub
  }

  async #namesOf(kind: NameKind): Promise<readonly string[]> {
    const { client } = this.#options
    if (kind === 'hub') return (await client.call('EnumHub', {})).HubList.map((row) => row.HubName_str)
    if (kind === 'connection')
      return (await client.call('EnumConnection', {})).ConnectionList.map((row) => row.Name_str)
    if (kind === 'policy') return POLICY_LIST.rows.map(([name]) => String(name))
    if (kind === 'log') return (await client.call('EnumLogFile', {})).LogFiles.map((row) => row.FilePath_str)
    const HubName_str = this.#hubOf(undefined)
    switch (kind) {
      case 'user':
        return (await client.call('EnumUser', { HubName_str })).UserList.map((row) => row.Name_str)
      case 'group':
        return (await client.call('EnumGroup', { HubName_str })).GroupList.map((row) => row.Name_str)
      case 'session':
        return (await client.call('EnumSession', { HubName_str })).SessionList.map((row) => row.Name_str)
      case 'adminOption':
        return namesOf(await client.call('GetHubAdminOptions', { HubName_str }))
      case 'extendedOption':
        return namesOf(await client.call('GetHubExtOptions', { HubName_str }))
      case 'cascade':
        return (await client.call('EnumLink', { HubName_str })).LinkList.map((row) => row.AccountName_utf)
    }
  }
}

function isOneOf({ name }: OptionSpec, options: readonly OptionSpec[]): boolean {
  return options.some((option) => option.name === name)
}

function namesOf({
  AdminOptionList,
}: {
  readonly AdminOptionList: readonly { readonly Name_str: string }[]
}): string[] {
  return AdminOptionList.map((row) => row.Name_str)
}

function unknownCommand(name: string): UsageError {
  const near = nearest(
    name,
    PROMPT_SPECS.map((spec) => spec.name),
  )
  return new UsageError(
    `unknown command "${name}"; ${near === undefined ? 'the commands are listed by: Help' : `did you mean ${near}?`}`,
  )
}
