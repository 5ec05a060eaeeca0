// The commands on Virtual Hubs as a whole.

import type { AdminCommand, CommandContext } from './admin-command.ts'
import { text } from './admin-command.ts'
import {
  asRequired,
  calls,
  command,
  compact,
  DISABLED,
  ENABLED,
  given,
  INFINITE,
  onlineState,
  operand,
  operandAs,
  option,
  orEmpty,
  required,
  requiredOption,
  STANDALONE,
  trafficRows,
  transferRows,
} from './declare.ts'
import { plainDate, thousands } from './format.ts'
import type { Row } from './table.ts'

const NAME = [operand('NAME', 'name of the Virtual Hub', '仮想 HUB の名前', 'hub')]
const PASSWORD = option('password', 'PASSWORD', "password of the hub's administrator", '仮想 HUB の管理パスワード')

export const HUB_COMMANDS: readonly AdminCommand[] = [
  command('HubList', text('list the Virtual Hubs', '仮想 HUB の一覧を表示する'), {}, async ({ call }) => {
    const list = await call('EnumHub', {})
    const records = list.HubList.map((hub): Row[] => [
      [text('Virtual Hub Name', '仮想 HUB 名'), hub.HubName_str],
      [text('Status', '状態'), onlineState(hub.Online_bool)],
      [text('Type', '種類'), STANDALONE],
      [text('Users', 'ユーザー'), thousands(hub.NumUsers_u32)],
      [text('Groups', 'グループ'), thousands(hub.NumGroups_u32)],
      [text('Sessions', 'セッション'), thousands(hub.NumSessions_u32)],
      [text('MAC Tables', 'MAC テーブル'), thousands(hub.NumMacTables_u32)],
      [text('IP Tables', 'IP テーブル'), thousands(hub.NumIpTables_u32)],
      [text('Num Logins', 'ログイン回数'), thousands(hub.NumLogin_u32)],
      [text('Last Login', '最終ログイン日時'), plainDate(hub.LastLoginTime_dt)],
      [text('Last Communication', '最終通信日時'), plainDate(hub.LastCommTime_dt)],
      ...transferRows(hub),
    ])
    return { json: list, records }
  }),
  command(
    'HubCreate',
    text('make a Virtual Hub; SecureNAT is disabled on it', '仮想 HUB を作成する (SecureNAT は無効です)'),
    { operands: NAME, options: [PASSWORD], fields: { HubName_str: 'the name' } },
    async (context) => ({
      json: await context.call(
        'CreateHub',
        compact({
          HubName_str: context.arguments.operands[0]!,
          AdminPasswordPlainText_str: given(context, 'password'),
        }),
      ),
    }),
  ),
  command(
    'HubDelete',
    text('delete a Virtual Hub with its sessions and settings', '仮想 HUB をセッションと設定ごと削除する'),
    { operands: NAME },
    calls('DeleteHub', (context) => ({ HubName_str: context.arguments.operands[0]! })),
  ),
  command(
    'StatusGet',
    text('show the state of a hub', '仮想 HUB の現在の状況を表示する'),
    {},
    async ({ call, hub }) => {
      const status = await call('GetHubStatus', { HubName_str: hub })
      const rows: Row[] = [
        [text('Virtual Hub Name', '仮想 HUB 名'), status.HubName_str],
        [text('Status', '状態'), onlineState(status.Online_bool)],
        [text('Type', '種類'), STANDALONE],
        [text('SecureNAT', 'SecureNAT 機能'), status.SecureNATEnabled_bool ? ENABLED : DISABLED],
        [text('Sessions', 'セッション'), thousands(status.NumSessions_u32)],
        [text('Access Lists', 'アクセスリスト'), thousands(status.NumAccessLists_u32)],
        [text('Users', 'ユーザー'), thousands(status.NumUsers_u32)],
        [text('Groups', 'グループ'), thousands(status.NumGroups_u32)],
        [text('MAC Tables', 'MAC テーブル'), thousands(status.NumMacTables_u32)],
        [text('IP Tables', 'IP テーブル'), thousands(status.NumIpTables_u32)],
        [text('Num Logins', 'ログイン回数'), thousands(status.NumLogin_u32)],
        [text('Last Login', '最終ログイン日時'), plainDate(status.LastLoginTime_dt)],
        [text('Last Communication', '最終通信日時'), plainDate(status.LastCommTime_dt)],
        [text('Created at', '作成日時'), plainDate(status.CreatedTime_dt)],
        ...trafficRows(status),
      ]
      return { json: status, records: [rows] }
    },
  ),
  command(
    'OptionsGet',
    text('show the options of a hub', '仮想 HUB のオプションを表示する'),
    {},
    async ({ call, hub }) => {
      const options = await call('GetHub', { HubName_str: hub })
      const rows: Row[] = [
        [
          text('Enumeration of Virtual Hub for Anonymous User', '匿名ユーザーに対する仮想 HUB の列挙'),
          options.NoEnum_bool ? text('Deny', '禁止') : text('Allow', '許可'),
        ],
        [
          text('Max Number of Sessions', '最大同時接続セッション数'),
          options.MaxSession_u32 === 0 ? INFINITE : String(options.MaxSession_u32),
        ],
        [text('Status', '状態'), onlineState(options.Online_bool)],
        [text('Virtual Hub Type', '仮想 HUB の種類'), STANDALONE],
      ]
      return { json: options, records: [rows] }
    },
  ),
  command('Online', text('put a hub on line', '仮想 HUB をオンラインにする'), {}, (context) =>
    setOnline(context, true),
  ),
  command(
    'Offline',
    text('put a hub off line; its sessions end', '仮想 HUB をオフラインにする (セッションは切断されます)'),
    {},
    (context) => setOnline(context, false),
  ),
  command(
    'SetMaxSession',
    text('limit the sessions of users at a time', '仮想 HUB の最大同時接続セッション数を設定する'),
    {
      operands: [operand('COUNT', '1 to 4096, or 0 for no limit', '1 から 4096。0 は無制限')],
      fields: { MaxSession_u32: 'COUNT' },
    },
    calls('SetHub', operandAs('MaxSession_u32')),
  ),
  command(
    'SetHubPassword',
    text("set the password of the hub's administrator", '仮想 HUB の管理パスワードを設定する'),
    { options: [asRequired(PASSWORD)] },
    calls('SetHub', (context) => ({
      HubName_str: context.hub,
      AdminPasswordPlainText_str: required(context, 'password'),
    })),
  ),
  command(
    'SetEnumAllow',
    text('show the hub to who is not logged in', '匿名ユーザーに対する仮想 HUB の列挙を許可する'),
    {},
    (context) => setNoEnumeration(context, false),
  ),
  command(
    'SetEnumDeny',
    text('hide the hub from who is not logged in', '匿名ユーザーに対する仮想 HUB の列挙を禁止する'),
    {},
    (context) => setNoEnumeration(context, true),
  ),
  command(
    'SetStaticMessage',
    text('set what users are shown when they log in', 'ユーザーのログイン時に表示するメッセージを設定する'),
    { options: [requiredOption('message', 'TEXT|none', 'the text', 'メッセージ')], fields: { Msg_bin: '--message' } },
    calls('SetHubMsg', (context) => ({
      HubName_str: context.hub,
      Msg_bin: Buffer.from(orEmpty(required(context, 'message'))).toString('base64'),
    })),
  ),
  command(
    'GetStaticMessage',
    text('show what users are shown when they log in', 'ユーザーのログイン時に表示するメッセージを表示する'),
    {},
    async ({ call, hub }) => {
      const message = await call('GetHubMsg', { HubName_str: hub })
      return { json: message, plain: Buffer.from(message.Msg_bin, 'base64').toString() }
    },
  ),
]

async function setOnline({ call, hub }: CommandContext, Online_bool: boolean) {
  return { json: await call('SetHubOnline', { HubName_str: hub, Online_bool }) }
}

async function setNoEnumeration({ call, hub }: CommandContext, NoEnum_bool: boolean) {
  return { json: await call('SetHub', { HubName_str: hub, NoEnum_bool }) }
}
