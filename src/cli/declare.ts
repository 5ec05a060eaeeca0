// Short forms for what many commands have in common: operands, options, and rows of the eight traffic counters.

import type { OperationName, ParamsOf } from '../admin/operations.ts'
import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { NameKind, OperandSpec, OptionSpec, Text } from './command.ts'
import { optionValue } from './command.ts'
import { thousands } from './format.ts'
import type { Row } from './table.ts'

export function operand(name: string, en: string, ja: string, names?: NameKind): OperandSpec {
  return { name, required: true, help: text(en, ja), ...(names === undefined ? {} : { names }) }
}

export function option(name: string, value: string, en: string, ja: string): OptionSpec {
  return { name, value, help: text(en, ja) }
}

export function asRequired(spec: OptionSpec): OptionSpec {
  return { ...spec, required: true }
}

export function requiredOption(name: string, value: string, en: string, ja: string): OptionSpec {
  return asRequired(option(name, value, en, ja))
}

type Parts = Pick<AdminCommand, 'operands' | 'oneOf' | 'fields' | 'description'> & {
  readonly options?: readonly OptionSpec[]
}

export function command(
  name: string,
  summary: Text,
  { options = [], ...parts }: Parts,
  run: (context: CommandContext) => Promise<Outcome>,
): AdminCommand {
  return { name, summary, options, ...parts, run }
}

/** A run that is one call, after which there is nothing to say but that it is done. */
export function calls<Name extends OperationName>(
  method: Name,
  params: (context: CommandContext) => ParamsOf<Name> | Promise<ParamsOf<Name>>,
): (context: CommandContext) => Promise<Outcome> {
  return async (context) => ({ json: await context.call(method, await params(context)) })
}

/** The hub, and the first operand as a field. */
export function operandAs<Field extends string>(field: Field) {
  return ({ hub, arguments: { operands } }: CommandContext) =>
    ({ HubName_str: hub, [field]: operands[0]! }) as Record<Field | 'HubName_str', string>
}

/** As vpncmd does: gets the whole, changes a part of it, and sends it back. @param changes without what is undefined */
export async function change<Get extends OperationName, Set extends OperationName>(
  context: CommandContext,
  [get, set]: readonly [Get, Set],
  key: ParamsOf<Get>,
  changes: object,
): Promise<Outcome> {
  const whole = await context.call(get, key)
  return { json: await context.call(set, { ...(whole as object), ...compact(changes) } as ParamsOf<Set>) }
}

/** Of an option that is declared as required, which is why it is there (`requireOptions`). */
export function required(context: CommandContext, name: string): string {
  const value = given(context, name)
  if (value === undefined) throw new Error(`--${name} is not declared as required`)
  return value
}

export function given({ arguments: parsed }: CommandContext, name: string): string | undefined {
  return optionValue(parsed, name)
}

/** vpncmd's word for nothing. */
export function orEmpty(value: string | undefined): string {
  return value === undefined || value.toLowerCase() === 'none' ? '' : value
}

/** The same, and what was not given is left alone. */
export function emptied(value: string | undefined): string | undefined {
  return value === undefined ? undefined : orEmpty(value)
}

/** Keys whose value is `undefined` are left out. */
export function compact<T extends object>(values: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

export interface Traffic {
  readonly 'Recv.BroadcastBytes_u64': number
  readonly 'Recv.BroadcastCount_u64': number
  readonly 'Recv.UnicastBytes_u64': number
  readonly 'Recv.UnicastCount_u64': number
  readonly 'Send.BroadcastBytes_u64': number
  readonly 'Send.BroadcastCount_u64': number
  readonly 'Send.UnicastBytes_u64': number
  readonly 'Send.UnicastCount_u64': number
}

export function packets(count: number): Text {
  return text(`${thousands(count)} packets`, `${thousands(count)} パケット`)
}

export function bytes(count: number): Text {
  return text(`${thousands(count)} bytes`, `${thousands(count)} バイト`)
}

export function trafficRows(of: Traffic): Row[] {
  return [
    [text('Outgoing Unicast Packets', '送信ユニキャストパケット数'), packets(of['Send.UnicastCount_u64'])],
    [text('Outgoing Unicast Total Size', '送信ユニキャスト合計サイズ'), bytes(of['Send.UnicastBytes_u64'])],
    [text('Outgoing Broadcast Packets', '送信ブロードキャストパケット数'), packets(of['Send.BroadcastCount_u64'])],
    [text('Outgoing Broadcast Total Size', '送信ブロードキャスト合計サイズ'), bytes(of['Send.BroadcastBytes_u64'])],
    [text('Incoming Unicast Packets', '受信ユニキャストパケット数'), packets(of['Recv.UnicastCount_u64'])],
    [text('Incoming Unicast Total Size', '受信ユニキャスト合計サイズ'), bytes(of['Recv.UnicastBytes_u64'])],
    [text('Incoming Broadcast Packets', '受信ブロードキャストパケット数'), packets(of['Recv.BroadcastCount_u64'])],
    [text('Incoming Broadcast Total Size', '受信ブロードキャスト合計サイズ'), bytes(of['Recv.BroadcastBytes_u64'])],
  ]
}

/** Of the rows of lists, whose names begin with `Ex.`. */
export function transferRows(of: Readonly<Record<`Ex.${keyof Traffic}`, number>>): Row[] {
  const sum = (unit: 'Bytes' | 'Count'): string =>
    thousands(
      of[`Ex.Recv.Broadcast${unit}_u64`] +
        of[`Ex.Recv.Unicast${unit}_u64`] +
        of[`Ex.Send.Broadcast${unit}_u64`] +
        of[`Ex.Send.Unicast${unit}_u64`],
    )
  return [
    [text('Transfer Bytes', '転送バイト数'), sum('Bytes')],
    [text('Transfer Packets', '転送パケット数'), sum('Count')],
  ]
}

export const ENABLED: Text = text('Enabled', '有効')
export const DISABLED: Text = text('Disabled', '無効')
export const ENABLE: Text = text('Enable', '有効')
export const DISABLE: Text = text('Disable', '無効')
export const INFINITE: Text = text('Infinite', '無制限')
export const STANDALONE: Text = text('Standalone', 'スタンドアロン')

export function onlineState(isOnline: boolean): Text {
  return isOnline ? text('Online', 'オンライン') : text('Offline', 'オフライン')
}
