// One cascade as the commands Cascade… name, get and change it: whole, with one thing changed, and sent back, as vpncmd does.

import type { ResultOf } from '../admin/operations.ts'
import type { CommandContext, Outcome } from './admin-command.ts'
import { UsageError } from './command.ts'
import { operand, option } from './declare.ts'

type Link = ResultOf<'GetLink'>

export const NAME = [operand('NAME', 'name of the cascade', 'カスケード接続の名前', 'cascade')]
export const USER = option('username', 'USER', 'user to log in as', '接続に使用するユーザー名')
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

export function getLink({ call, hub, arguments: { operands } }: CommandContext): Promise<Link> {
  return call('GetLink', { HubName_Ex_str: hub, AccountName_utf: operands[0]! })
}

export async function setLink(context: CommandContext, changes: object): Promise<Outcome> {
  const link = await getLink(context)
  return { json: await context.call('SetLink', { ...link, ...changes } as never) }
}

/** `vpn.example.org:443` */
export function destination(spec: string, name: string, server: string) {
  const match = /^(.+):(\d+)$/.exec(server)
  if (match === null) throw new UsageError(`${spec}: --${name} must be HOST:PORT, is "${server}"`)
  return { Hostname_str: match[1]!, Port_u32: match[2]! }
}
