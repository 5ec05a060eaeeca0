// The commands Hub… and Session….

import type { AdminCommand } from './admin-command.ts'
import { text } from './admin-command.ts'
import { NONE, plainDate, thousands } from './format.ts'
import type { Row } from './table.ts'

const HUB_OPERAND = [
  { name: 'NAME', required: true, help: text('name of the Virtual Hub', '仮想 HUB の名前') },
] as const

export const HUB_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'HubList',
    summary: text('list the Virtual Hubs', '仮想 HUB の一覧を表示する'),
    options: [],
    run: async ({ call }) => {
      const list = await call('EnumHub', {})
      const records = list.HubList.map((hub): Row[] => [
        [text('Virtual Hub Name', '仮想 HUB 名'), hub.HubName_str],
        [text('Status', '状態'), hub.Online_bool ? text('Online', 'オンライン') : text('Offline', 'オフライン')],
        [text('Type', '種類'), text('Standalone', 'スタンドアロン')],
        [text('Users', 'ユーザー'), thousands(hub.NumUsers_u32)],
        [text('Groups', 'グループ'), thousands(hub.NumGroups_u32)],
        [text('Sessions', 'セッション'), thousands(hub.NumSessions_u32)],
        [text('MAC Tables', 'MAC テーブル'), thousands(hub.NumMacTables_u32)],
        [text('IP Tables', 'IP テーブル'), thousands(hub.NumIpTables_u32)],
        [text('Num Logins', 'ログイン回数'), thousands(hub.NumLogin_u32)],
        [text('Last Login', '最終ログイン日時'), plainDate(hub.LastLoginTime_dt)],
        [text('Last Communication', '最終通信日時'), plainDate(hub.LastCommTime_dt)],
        [
          text('Transfer Bytes', '転送バイト数'),
          thousands(
            hub['Ex.Recv.BroadcastBytes_u64'] +
              hub['Ex.Recv.UnicastBytes_u64'] +
              hub['Ex.Send.BroadcastBytes_u64'] +
              hub['Ex.Send.UnicastBytes_u64'],
          ),
        ],
        [
          text('Transfer Packets', '転送パケット数'),
          thousands(
            hub['Ex.Recv.BroadcastCount_u64'] +
              hub['Ex.Recv.UnicastCount_u64'] +
              hub['Ex.Send.BroadcastCount_u64'] +
              hub['Ex.Send.UnicastCount_u64'],
          ),
        ],
      ])
      return { json: list, records }
    },
  },
  {
    name: 'HubCreate',
    summary: text('make a Virtual Hub; SecureNAT is disabled on it', '仮想 HUB を作成する (SecureNAT は無効です)'),
    operands: HUB_OPERAND,
    options: [],
    fields: { HubName_str: 'the name' },
    run: async (context) => ({
      json: await context.call('CreateHub', { HubName_str: context.arguments.operands[0]! }),
    }),
  },
  {
    name: 'HubDelete',
    summary: text('delete a Virtual Hub with its sessions and settings', '仮想 HUB をセッションと設定ごと削除する'),
    operands: HUB_OPERAND,
    options: [],
    run: async (context) => ({
      json: await context.call('DeleteHub', { HubName_str: context.arguments.operands[0]! }),
    }),
  },
  {
    name: 'SessionList',
    summary: text('list the sessions of a hub', 'HUB のセッション一覧を表示する'),
    options: [],
    run: async ({ call, hub }) => {
      const list = await call('EnumSession', { HubName_str: hub })
      const records = list.SessionList.map((session): Row[] => [
        [text('Session Name', 'セッション名'), session.Name_str],
        [text('VLAN ID', 'VLAN ID'), session.VLanId_u32 === 0 ? text('-', '－') : String(session.VLanId_u32)],
        [
          text('Location', '場所'),
          session.SecureNATMode_bool
            ? text('SecureNAT Session', 'SecureNAT セッション')
            : text('Local Session', 'ローカルセッション'),
        ],
        [text('User Name', 'ユーザー名'), session.Username_str],
        [
          text('Source Host Name', '接続元ホスト名'),
          session.SecureNATMode_bool ? text('Virtual Host', '仮想ホスト') : session.Hostname_str,
        ],
        [
          text('TCP Connections', 'TCP コネクション'),
          session.MaxNumTcp_u32 === 0 ? NONE : `${session.CurrentNumTcp_u32} / ${session.MaxNumTcp_u32}`,
        ],
        [text('Transfer Bytes', '転送バイト数'), thousands(session.PacketSize_u64)],
        [text('Transfer Packets', '転送パケット数'), thousands(session.PacketNum_u64)],
      ])
      return { json: list, records }
    },
  },
  {
    name: 'SessionDisconnect',
    summary: text('disconnect a session', 'セッションを切断する'),
    operands: [{ name: 'NAME', required: true, help: text('name of the session', 'セッション名') }],
    options: [],
    run: async ({ call, hub, arguments: { operands } }) => ({
      json: await call('DeleteSession', { HubName_str: hub, Name_str: operands[0]! }),
    }),
  },
]
