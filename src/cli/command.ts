// How a command of the program is described: what it is called, what it takes, and what the help says of it in both languages.
// The same description serves the parser (arguments.ts), the help (help.ts) and the suggestions for misspelt names.

export type Language = 'en' | 'ja'
export type Text = Readonly<Record<Language, string>>

/** What a value names, for completion. */
export type NameKind =
  | 'hub'
  | 'user'
  | 'group'
  | 'session'
  | 'cascade'
  | 'connection'
  | 'log'
  | 'policy'
  | 'adminOption'
  | 'extendedOption'

export interface OptionSpec {
  /** As the help writes it; given as `--tcptimeout`, `--tcp-timeout` or `/TCPTIMEOUT:` alike. */
  readonly name: string
  /** vpncmd's name for it, in its form (`/SERVER:`), where that is not ours. */
  readonly slash?: string
  /** One letter, given as `-v`. */
  readonly letter?: string
  /** What the help calls the value; an option without it is a switch. */
  readonly value?: string
  readonly repeatable?: true
  /** Without it the command cannot go on. */
  readonly required?: true
  readonly names?: NameKind
  readonly help: Text
}

export interface OperandSpec {
  readonly name: string
  readonly required: boolean
  readonly names?: NameKind
  readonly help: Text
}

export interface CommandSpec {
  /** As vpncmd writes it, or the program's own word; compared without case. */
  readonly name: string
  readonly summary: Text
  /** Paragraphs below the summary. */
  readonly description?: Text
  readonly options: readonly OptionSpec[]
  /** Of these one must be given; each of them may be left out. */
  readonly oneOf?: readonly OptionSpec[]
  readonly operands?: readonly OperandSpec[]
  /** What follows `--` is another program's command line; the help calls it so. */
  readonly rest?: string
}

export interface ParsedArguments {
  /** Values by option name; a switch that was given is the empty text. */
  readonly options: ReadonlyMap<string, readonly string[]>
  readonly operands: readonly string[]
  readonly rest: readonly string[]
}

/** The last value given for an option, as the convention wants it. */
export function optionValue(parsed: ParsedArguments, name: string): string | undefined {
  return parsed.options.get(name)?.at(-1)
}

/** A mistake in how the program was called: one line for standard error, exit status 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Options without which a command cannot go on; at a prompt they can be asked for. */
export class MissingOptions extends UsageError {
  readonly options: readonly string[]

  constructor(message: string, options: readonly string[]) {
    super(message)
    this.options = options
  }
}

/** @throws MissingOptions that names all of them, in the order in which a prompt asks */
export function requireOptions(spec: CommandSpec, { options }: ParsedArguments): void {
  const missing = spec.options.filter(({ name, required }) => required === true && !options.has(name))
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `--${name}`).join(', ')
    const verb = missing.length === 1 ? 'is' : 'are'
    throw missingOptions(`${spec.name}: ${names} ${verb} missing; see: securenat ${spec.name} --help`, missing)
  }
  const { oneOf = [] } = spec
  if (oneOf.length === 0 || oneOf.some(({ name }) => options.has(name))) return
  const names = oneOf.map(({ name, value }) => `--${name} ${value}`).join(', ')
  throw missingOptions(`${spec.name}: nothing to set; give at least one of: ${names}`, oneOf)
}

function missingOptions(message: string, options: readonly OptionSpec[]): MissingOptions {
  return new MissingOptions(
    message,
    options.map(({ name }) => name),
  )
}

/** Whether a value is a password: not shown, not kept. */
export function isSecret({ name, value }: { readonly name: string; readonly value?: string }): boolean {
  return /password/i.test(value ?? name)
}
