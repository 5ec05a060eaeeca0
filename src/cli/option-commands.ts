// The commands AdminOption… and ExtOption…: tables of names and numbers.

import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import { command, operand, required, requiredOption } from './declare.ts'
import type { Row } from './table.ts'

const ADMIN_NAME = [operand('NAME', 'name of the option', 'オプション名', 'adminOption')]
const EXTENDED_NAME = [operand('NAME', 'name of the option', 'オプション名', 'extendedOption')]
const VALUE = [requiredOption('value', 'NUMBER', 'its value, a whole number', '設定値 (整数)')]
const FIELDS = { 'AdminOptionList.0.Name_str': 'NAME', 'AdminOptionList.0.Value_u32': '--value' } as const

export const OPTION_COMMANDS: readonly AdminCommand[] = [
  command(
    'AdminOptionList',
    text("list what the hub's own administrator may not do", '仮想 HUB 管理オプションの一覧を表示する'),
    {},
    (context) => list(context, 'GetHubAdminOptions'),
  ),
  command(
    'AdminOptionSet',
    text("set one of what the hub's own administrator may not do", '仮想 HUB 管理オプションの値を設定する'),
    { operands: ADMIN_NAME, options: VALUE, fields: FIELDS },
    (context) => set(context, 'SetHubAdminOptions'),
  ),
  command(
    'ExtOptionList',
    text('list the extended options of a hub', '仮想 HUB 拡張オプションの一覧を表示する'),
    {},
    (context) => list(context, 'GetHubExtOptions'),
  ),
  command(
    'ExtOptionSet',
    text('set one extended option of a hub', '仮想 HUB 拡張オプションの値を設定する'),
    { operands: EXTENDED_NAME, options: VALUE, fields: FIELDS },
    (context) => set(context, 'SetHubExtOptions'),
  ),
]

async function list(
  { call, hub }: CommandContext,
  method: 'GetHubAdminOptions' | 'GetHubExtOptions',
): Promise<Outcome> {
  const options = await call(method, { HubName_str: hub })
  const records = options.AdminOptionList.map((row): Row[] => [
    [text('Item', '項目'), row.Name_str],
    [text('Value', '値'), String(row.Value_u32)],
    ...(row.Descrption_utf === '' ? [] : [[text('Description', '説明'), row.Descrption_utf] as const]),
  ])
  return { json: options, records }
}

async function set(context: CommandContext, method: 'SetHubAdminOptions' | 'SetHubExtOptions'): Promise<Outcome> {
  const row = { Name_str: context.arguments.operands[0]!, Value_u32: required(context, 'value') }
  return { json: await context.call(method, { HubName_str: context.hub, AdminOptionList: [row] }) }
}
