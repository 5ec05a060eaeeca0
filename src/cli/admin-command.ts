// What a command that administers a server is, and how its options become the parameters of an operation.

import type { OperationName, ParamsOf, ResultOf } from '../admin/operations.ts'
import type { CommandSpec, OptionSpec, ParsedArguments, Text } from './command.ts'
import { optionValue } from './command.ts'
import type { Grid, Row } from './table.ts'

export interface CommandContext {
  call<Name extends OperationName>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>>
  /** `--hub`, else DEFAULT. */
  readonly hub: string
  readonly arguments: ParsedArguments
}

export interface Outcome {
  /** What `--json` prints. */
  readonly json: object
  /** Without it the command only says that it is done. */
  readonly records?: readonly (readonly Row[])[]
  /** Tables of more columns, after the records. */
  readonly grids?: readonly Grid[]
  /** Instead of any table: the text of a file. */
  readonly plain?: string
}

export interface AdminCommand extends CommandSpec {
  /** The parameter behind an option, for naming it in a refusal. */
  readonly fields?: Readonly<Record<string, string>>
  run(context: CommandContext): Promise<Outcome>
}

/** An option that sets one parameter. */
export interface SettingOption extends OptionSpec {
  readonly value: string
  readonly field: string
  /** `undefined`: leave the setting as it is. */
  convert(text: string): string | boolean | undefined
}

/** The parameters that the given options set. */
export function settings(
  options: readonly SettingOption[],
  parsed: ParsedArguments,
): Readonly<Record<string, string | boolean>> {
  const params: Record<string, string | boolean> = {}
  for (const option of options) {
    const text = optionValue(parsed, option.name)
    const value = text === undefined ? undefined : option.convert(text)
    if (value !== undefined) params[option.field] = value
  }
  return params
}

export function fieldNames(options: readonly SettingOption[]): Readonly<Record<string, string>> {
  return Object.fromEntries(options.map((option) => [option.field, `--${option.name}`]))
}

/** vpncmd's word for leaving a setting alone. */
export function unlessNone(text: string): string | undefined {
  return text === '' || text.toLowerCase() === 'none' ? undefined : text
}

/** vpncmd's word for an empty setting. */
export function emptyIfNone(text: string): string {
  return text.toLowerCase() === 'none' || text === '0' ? '' : text
}

/** `yes` or `no`; anything else goes on as it is, for the server to refuse with the rest. */
export function yesOrNo(text: string): string | boolean {
  const word = text.toLowerCase()
  return word === 'yes' ? true : word === 'no' ? false : text
}

export function text(en: string, ja: string): Text {
  return { en, ja }
}
