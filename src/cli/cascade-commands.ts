// The commands on cascades as a whole: made, listed, shown, switched, renamed and deleted.

import type { AdminCommand, CommandContext } from './admin-command.ts'
import { text } from './admin-command.ts'
import { destination, FIELDS, linkKey, NAME, setLink, USER } from './cascade-link.ts'
import { aboutLink, aboutStatus, stateOf } from './cascade-records.ts'
import type { OptionSpec } from './command.ts'
import { asRequired, calls, command, compact, given, option, required, requiredOption } from './declare.ts'
import { dateOrNone } from './format.ts'
import { policyGrid } from './policy-table.ts'
import type { Row } from './table.ts'

const WHERE: readonly OptionSpec[] = [
  {
    ...option('to', 'HOST:PORT', 'the server to connect to (/SERVER:)', '接続先 VPN Server (/SERVER:)'),
    slash: 'server',
  },
  {
    ...option('tohub', 'HUB', 'the hub to log in to (/HUB:)', '接続先仮想 HUB 名 (/HUB:)'),
    slash: 'hub',
  },
]

export const CASCADE_COMMANDS: readonly AdminCommand[] = [
  command(
    'CascadeList',
    text('list the cascades of a hub', 'カスケード接続の一覧を表示する'),
    {},
    async ({ call, hub }) => {
      const list = await call('EnumLink', { HubName_str: hub })
      const records = list.LinkList.map((row): Row[] => [
        [text('Setting Name', '接続設定名'), row.AccountName_utf],
        [text('Status', '状態'), stateOf(row)],
        [text('Established at', '接続完了時刻'), dateOrNone(row.ConnectedTime_dt)],
        [text('Destination VPN Server', '接続先 VPN Server'), row.Hostname_str],
        [text('Virtual Hub', '接続先仮想 HUB'), row.LinkHubName_str],
      ])
      return { json: list, records }
    },
  ),
  command(
    'CascadeCreate',
    text('make a cascade to a hub of another server, off line', 'カスケード接続を作成する (オフライン)'),
    { operands: NAME, options: WHERE.map(asRequired).concat(USER), fields: FIELDS },
    calls('CreateLink', (context) => ({
      HubName_Ex_str: context.hub,
      AccountName_utf: context.arguments.operands[0]!,
      ...destination('CascadeCreate', 'to', required(context, 'to')),
      HubName_str: required(context, 'tohub'),
      AuthType_u32: 0,
      Username_str: required(context, 'username'),
    })),
  ),
  command(
    'CascadeSet',
    text('change where a cascade goes', 'カスケード接続の接続先を設定する'),
    { operands: NAME, options: WHERE, oneOf: WHERE, fields: FIELDS },
    (context) => {
      const server = given(context, 'to')
      const changes = compact({
        ...(server === undefined ? {} : destination('CascadeSet', 'to', server)),
        HubName_str: given(context, 'tohub'),
      })
      return setLink(context, changes)
    },
  ),
  command(
    'CascadeGet',
    text('show a cascade', 'カスケード接続の設定を表示する'),
    { operands: NAME },
    async (context) => {
      const link = await context.call('GetLink', linkKey(context))
      const title = text(
        '[Cascade Session Security Policy Setting Value]',
        '[カスケードセッションのセキュリティポリシー設定値]',
      )
      return { json: link, records: [aboutLink(link)], grids: [policyGrid(link, title, 'cascade')] }
    },
  ),
  command(
    'CascadeDelete',
    text('delete a cascade', 'カスケード接続を削除する'),
    { operands: NAME },
    calls('DeleteLink', nameOf),
  ),
  command(
    'CascadeOnline',
    text('start a cascade', 'カスケード接続をオンラインにする'),
    { operands: NAME },
    calls('SetLinkOnline', nameOf),
  ),
  command(
    'CascadeOffline',
    text('end a cascade', 'カスケード接続をオフラインにする'),
    { operands: NAME },
    calls('SetLinkOffline', nameOf),
  ),
  command(
    'CascadeRename',
    text('rename a cascade', 'カスケード接続の名前を変更する'),
    {
      operands: NAME,
      options: [requiredOption('new', 'NAME', 'its new name', '新しい名前')],
      fields: { NewAccountName_utf: '--new' },
    },
    calls('RenameLink', (context) => ({
      HubName_str: context.hub,
      OldAccountName_utf: context.arguments.operands[0]!,
      NewAccountName_utf: required(context, 'new'),
    })),
  ),
  command(
    'CascadeStatusGet',
    text('show how a cascade is doing', 'カスケード接続の現在の状態を表示する'),
    { operands: NAME },
    async (context) => {
      const status = await context.call('GetLinkStatus', linkKey(context))
      return { json: status, records: [aboutStatus(status)] }
    },
  ),
]

function nameOf({ hub, arguments: { operands } }: CommandContext) {
  return { HubName_str: hub, AccountName_utf: operands[0]! }
}
