// One cascade as the commands Cascade… name, get and change it: whole, with one thing changed, and sent back, as vpncmd does.

import type { CommandContext, Outcome } from './admin-command.ts'
import { UsageError } from './command.ts'
import { change, operand, requiredOption } from './declare.ts'

export const NAME = [operand('NAME', 'name of the cascade', 'カスケード接続の名前', 'cascade')]
export const USER = requiredOption('username', 'USER', 'user to log in as', '接続に使用するユーザー名')
/** What the command line calls the fields that may be refused. */
export const FIELDS = {
  Hostname_str: '--to',
  Port_u32: '--to',
  HubName_str: '--tohub',
  AccountName_utf: 'NAME',
  MaxConnection_u32: '--maxtcp',
  AdditionalConnectionInterval_u32: '--interval',
  ConnectionDisconnectSpan_u32: '--ttl',
} as const

export function linkKey({ hub, arguments: { operands } }: CommandContext) {
  return { HubName_Ex_str: hub, AccountName_utf: operands[0]! }
}

export function setLink(context: CommandContext, changes: object): Promise<Outcome> {
  return change(context, ['GetLink', 'SetLink'], linkKey(context), changes)
}

/** `vpn.example.org:443` */
export function destination(spec: string, name: string, server: string) {
  const match = /^(.+):(\d+)$/.exec(server)
  if (match === null) throw new UsageError(`${spec}: --${name} must be HOST:PORT, is "${server}"`)
  return { Hostname_str: match[1]!, Port_u32: match[2]! }
}
