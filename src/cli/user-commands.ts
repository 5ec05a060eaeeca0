// The commands User… and PolicyList. Every User…Set gets the whole user, changes one thing, and sends it back, as vpncmd does.

import { readFileSync, writeFileSync } from 'node:fs'
import type { ResultOf } from '../admin/operations.ts'
import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import { derOf, pemOf } from './certificate-file.ts'
import type { Text } from './command.ts'
import { UsageError } from './command.ts'
import {
  asRequired,
  calls,
  change,
  command,
  emptied,
  given,
  operand,
  operandAs,
  option,
  orEmpty,
  required,
  requiredOption,
  trafficRows,
  transferRows,
} from './declare.ts'
import { dateOrNone, thousands } from './format.ts'
import { PAGED, pageOf } from './paging.ts'
import { POLICY_LIST, POLICY_OPTIONS, policyGrid, policySetting } from './policy-table.ts'
import type { Row } from './table.ts'

const NAME = [operand('NAME', 'name of the user', 'ユーザー名', 'user')]
const FIELDS = {
  Name_str: 'NAME',
  GroupName_str: '--group',
  ExpireTime_dt: '--expires',
  Auth_Password_str: '--password',
} as const
const USER_OPTIONS = [
  { ...option('group', 'GROUP|none', 'group of the user', '所属グループ'), names: 'group' as const },
  option('realname', 'TEXT|none', 'full name', '本名'),
  option('note', 'TEXT|none', 'description', '説明'),
]
const PASSWORD = option('password', 'PASSWORD', 'password of the user', 'パスワード')
const AUTH_TYPES: readonly Text[] = [
  text('Anonymous Authentication', '匿名認証'),
  text('Password Authentication', 'パスワード認証'),
  text('Individual Certificate Authentication', '固有証明書認証'),
  text('Signed Certificate Authentication', '署名済み証明書認証'),
]

type User = ResultOf<'GetUser'>

export const USER_COMMANDS: readonly AdminCommand[] = [
  command('UserList', text('list the users of a hub', 'ユーザーの一覧を表示する'), PAGED, async (context) => {
    const list = await context.call('EnumUser', { HubName_str: context.hub, ...pageOf(context.arguments) })
    const records = list.UserList.map((user): Row[] => [
      [text('User Name', 'ユーザー名'), user.Name_str],
      [text('Full Name', '本名'), user.Realname_utf],
      [text('Group Name', '所属グループ'), user.GroupName_str === '' ? '-' : user.GroupName_str],
      [text('Description', '説明'), user.Note_utf],
      [text('Auth Method', '認証方法'), AUTH_TYPES[user.AuthType_u32] ?? ''],
      [text('Num Logins', 'ログイン回数'), thousands(user.NumLogin_u32)],
      [text('Last Login', '最終ログイン日時'), dateOrNone(user.LastLoginTime_dt)],
      [text('Expiration Date', '有効期限'), dateOrNone(user.Expires_dt)],
      ...transferRows(user),
    ])
    return { json: list, records }
  }),
  command(
    'UserCreate',
    text('make a user; without a password it cannot log in until one is set', 'ユーザーを作成する'),
    { operands: NAME, options: [...USER_OPTIONS, PASSWORD], fields: FIELDS },
    calls('CreateUser', (context) => ({
      HubName_str: context.hub,
      Name_str: context.arguments.operands[0]!,
      GroupName_str: orEmpty(given(context, 'group')),
      Realname_utf: orEmpty(given(context, 'realname')),
      Note_utf: orEmpty(given(context, 'note')),
      AuthType_u32: 1,
      // As vpncmd: a password that nobody knows.
      Auth_Password_str: given(context, 'password') ?? crypto.randomUUID(),
    })),
  ),
  command(
    'UserSet',
    text('change group, full name or description of a user', 'ユーザーの情報を変更する'),
    { operands: NAME, options: USER_OPTIONS, oneOf: USER_OPTIONS, fields: FIELDS },
    (context) =>
      setUser(context, {
        GroupName_str: emptied(given(context, 'group')),
        Realname_utf: emptied(given(context, 'realname')),
        Note_utf: emptied(given(context, 'note')),
      }),
  ),
  command(
    'UserGet',
    text('show a user', 'ユーザーの情報を表示する'),
    { operands: NAME },
    async ({ call, hub, arguments: { operands } }) => {
      const user = await call('GetUser', { HubName_str: hub, Name_str: operands[0]! })
      const title = text('Security Policy Set for this User', 'このユーザーに設定されたセキュリティポリシー')
      return {
        json: user,
        records: [aboutUser(user), activityOf(user)],
        ...(user.UsePolicy_bool === true ? { grids: [policyGrid(user, title)] } : {}),
      }
    },
  ),
  command(
    'UserDelete',
    text('delete a user', 'ユーザーを削除する'),
    { operands: NAME },
    calls('DeleteUser', operandAs('Name_str')),
  ),
  command(
    'UserPasswordSet',
    text('let a user log in with a password', 'パスワード認証を設定する'),
    { operands: NAME, options: [asRequired(PASSWORD)], fields: FIELDS },
    (context) => {
      const Auth_Password_str = required(context, 'password')
      return setUser(context, { AuthType_u32: 1, Auth_Password_str, HashedKey_bin: '' })
    },
  ),
  command(
    'UserAnonymousSet',
    text('let a user log in without a password', '匿名認証を設定する'),
    { operands: NAME },
    (context) => setUser(context, { AuthType_u32: 0 }),
  ),
  command(
    'UserCertSet',
    text('let a user log in with one certificate', '固有証明書認証を設定する'),
    { operands: NAME, options: [requiredOption('loadcert', 'FILE', 'certificate (PEM or DER)', '証明書ファイル')] },
    (context) => {
      const certificate = derOf(readFileSync(required(context, 'loadcert')))
      return setUser(context, { AuthType_u32: 2, UserX_bin: Buffer.from(certificate).toString('base64') })
    },
  ),
  command(
    'UserCertGet',
    text("save a user's certificate", 'ユーザーの固有証明書をファイルに保存する'),
    { operands: NAME, options: [requiredOption('savecert', 'FILE', 'where to', '保存先ファイル')] },
    async (context) => {
      const path = required(context, 'savecert')
      const user = await context.call('GetUser', { HubName_str: context.hub, Name_str: context.arguments.operands[0]! })
      if (user.UserX_bin === undefined) throw new Error(`UserCertGet: ${user.Name_str} has no certificate`)
      writeFileSync(path, pemOf(Buffer.from(user.UserX_bin, 'base64')))
      return { json: { Name_str: user.Name_str, File_str: path } }
    },
  ),
  command(
    'UserSignedSet',
    text('let a user log in with a certificate of an authority the hub trusts', '署名済み証明書認証を設定する'),
    {
      operands: NAME,
      options: [
        option('cn', 'NAME|none', 'only with this common name', '証明書の CN の値の限定'),
        option('serial', 'HEX|none', 'only with this serial number', '証明書のシリアル番号の限定'),
      ],
    },
    (context) =>
      setUser(context, {
        AuthType_u32: 3,
        CommonName_utf: orEmpty(given(context, 'cn')),
        Serial_bin: Buffer.from(orEmpty(given(context, 'serial')).replaceAll(/[^0-9a-f]/gi, ''), 'hex').toString(
          'base64',
        ),
      }),
  ),
  command(
    'UserExpiresSet',
    text('end the account of a user at a time', 'ユーザーの有効期限を設定する'),
    {
      operands: NAME,
      options: [requiredOption('expires', 'YYYY/MM/DD hh:mm:ss|none', 'local time', '有効期限 (現地時間)')],
      fields: FIELDS,
    },
    (context) => {
      const ExpireTime_dt = localTime(required(context, 'expires'))
      return setUser(context, { ExpireTime_dt })
    },
  ),
  command(
    'UserPolicySet',
    text("set one policy of a user's own security policy", 'ユーザーのセキュリティポリシーを設定する'),
    { operands: NAME, options: POLICY_OPTIONS },
    (context) => {
      const setting = policySetting('UserPolicySet', context)
      return setUser(context, { UsePolicy_bool: true, ...setting })
    },
  ),
  command(
    'UserPolicyRemove',
    text("remove a user's own security policy", 'ユーザーのセキュリティポリシーを削除する'),
    { operands: NAME },
    (context) => setUser(context, { UsePolicy_bool: false }),
  ),
  command('PolicyList', text('list the security policies there are', 'セキュリティポリシーの種類を表示する'), {}, () =>
    Promise.resolve({
      json: POLICY_LIST.rows.map(([name, label]) => ({ name, label })),
      grids: [POLICY_LIST],
    }),
  ),
]

function setUser(context: CommandContext, changes: object): Promise<Outcome> {
  return change(context, ['GetUser', 'SetUser'], operandAs('Name_str')(context), changes)
}

/** vpncmd's form, or any a date can be read from. */
export function localTime(given: string): string {
  if (orEmpty(given) === '') return ''
  const at = new Date(given.replaceAll('/', '-').replace(' ', 'T'))
  if (!Number.isNaN(at.getTime())) return at.toISOString()
  throw new UsageError(`UserExpiresSet: --expires must be a time such as "2030/01/31 23:59:59", or none, is "${given}"`)
}

function aboutUser(user: User): Row[] {
  return [
    [text('User Name', 'ユーザー名'), user.Name_str],
    [text('Full Name', '本名'), user.Realname_utf],
    [text('Description', '説明'), user.Note_utf],
    ...(user.GroupName_str === '' ? [] : [[text('Group Name', 'グループ名'), user.GroupName_str] as const]),
    [text('Expiration Date', '有効期限'), dateOrNone(user.ExpireTime_dt)],
    [text('Auth Type', '認証方法'), AUTH_TYPES[user.AuthType_u32] ?? ''],
  ]
}

function activityOf(user: User): Row[] {
  return [
    [text('Created on', '作成日時'), dateOrNone(user.CreatedTime_dt)],
    [text('Updated on', '更新日時'), dateOrNone(user.UpdatedTime_dt)],
    ...trafficRows(user),
    [text('Number of Logins', 'ログイン回数'), thousands(user.NumLogin_u32)],
  ]
}
