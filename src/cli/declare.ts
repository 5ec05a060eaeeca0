// Short forms for what many commands have in common: operands, options, and rows of the eight traffic counters.

import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { NameKind, OperandSpec, OptionSpec, Text } from './command.ts'
import { MissingOptions, optionValue } from './command.ts'
import { thousands } from './format.ts'
import type { Row } from './table.ts'

export function operand(name: string, en: string, ja: string, names?: NameKind): OperandSpec {
  return { name, required: true, help: text(en, ja), ...(names === undefined ? {} : { names }) }
}

export function option(name: string, value: string, en: string, ja: string): OptionSpec {
  return { name, value, help: text(en, ja) }
}

type Parts = Pick<AdminCommand, 'operands' | 'fields' | 'description'> & { readonly options?: readonly OptionSpec[] }

export function command(
  name: string,
  summary: Text,
  { options = [], ...parts }: Parts,
  run: (context: CommandContext) => Promise<Outcome>,
): AdminCommand {
  return { name, summary, options, ...parts, run }
}

/** @throws MissingOptions that names the option */
export function required(spec: string, { arguments: parsed }: CommandContext, name: string): string {
  const value = optionValue(parsed, name)
  if (value !== undefined) return value
  throw new MissingOptions(`${spec}: --${name} is missing; see: securenat ${spec} --help`, [name])
}

export function given({ arguments: parsed }: CommandContext, name: string): string | undefined {
  return optionValue(parsed, name)
}

/** vpncmd's word for nothing. */
export function orEmpty(value: string | undefined): string {
  return value === undefined || value.toLowerCase() === 'none' ? '' : value
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
