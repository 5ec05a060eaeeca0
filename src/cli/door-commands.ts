// The commands Listener…, Server… for password and certificate, and Viewer….

import { readFileSync, writeFileSync } from 'node:fs'
import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { OptionSpec } from './command.ts'
import { optionValue, UsageError } from './command.ts'
import { calls, required } from './declare.ts'
import type { Row } from './table.ts'

const ADDRESS_OPTION: OptionSpec = {
  name: 'address',
  value: 'ADDR',
  help: text(
    'only on this address of the computer (default: every address)',
    'このアドレスのみ (既定: すべてのアドレス)',
  ),
}
const PORT_OPERAND = [
  { name: 'PORT', required: true, help: text('TCP port, 1-65535', 'TCP ポート番号、1-65535') },
] as const
const LISTENER_FIELDS = { Port_u32: 'PORT', Host_str: '--address' } as const

function listener({ arguments: parsed }: CommandContext) {
  const address = optionValue(parsed, 'address')
  return { Port_u32: parsed.operands[0]!, ...(address === undefined ? {} : { Host_str: address }) }
}

export const DOOR_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'ListenerList',
    summary: text('list the TLS listeners', 'TLS リスナーの一覧を表示する'),
    options: [],
    run: async ({ call }) => {
      const list = await call('EnumListener', {})
      const records = list.ListenerList.map((row): Row[] => [
        [text('Port Number', 'ポート番号'), `TCP ${row.Ports_u32}`],
        [text('Address', 'アドレス'), row.Hosts_str === '*' ? text('All', 'すべて') : row.Hosts_str],
        [text('Status', '状態'), listenerStatus(row)],
      ])
      return { json: list, records }
    },
  },
  {
    name: 'ListenerCreate',
    summary: text('open one more TLS listener', 'TLS リスナーを追加する'),
    operands: PORT_OPERAND,
    options: [ADDRESS_OPTION],
    fields: LISTENER_FIELDS,
    run: calls('CreateListener', (context) => ({ ...listener(context), Enable_bool: true })),
  },
  {
    name: 'ListenerDelete',
    summary: text('delete a TLS listener; its connections go on', 'TLS リスナーを削除する (既存の接続は維持)'),
    operands: PORT_OPERAND,
    options: [ADDRESS_OPTION],
    fields: LISTENER_FIELDS,
    run: calls('DeleteListener', listener),
  },
  {
    name: 'ListenerEnable',
    summary: text('open a TLS listener that was disabled', '停止中の TLS リスナーを開始する'),
    operands: PORT_OPERAND,
    options: [ADDRESS_OPTION],
    fields: LISTENER_FIELDS,
    run: calls('EnableListener', (context) => ({ ...listener(context), Enable_bool: true })),
  },
  {
    name: 'ListenerDisable',
    summary: text('close a TLS listener and keep it in the list', 'TLS リスナーを停止する'),
    operands: PORT_OPERAND,
    options: [ADDRESS_OPTION],
    fields: LISTENER_FIELDS,
    run: calls('EnableListener', (context) => ({ ...listener(context), Enable_bool: false })),
  },
  {
    name: 'ServerPasswordSet',
    summary: text("change the password of the server's administrator", 'サーバー管理者のパスワードを変更する'),
    operands: [
      {
        name: 'PASSWORD',
        required: false,
        help: text('the new one; without it, asked for on the terminal', '新しいパスワード (省略時は端末で入力)'),
      },
    ],
    options: [],
    fields: { PlainTextPassword_str: 'PASSWORD' },
    run: calls('SetServerPassword', async (context) => ({ PlainTextPassword_str: await newPassword(context) })),
  },
  {
    name: 'ServerCertGet',
    summary: text('write the certificate of the server to a file', 'サーバー証明書をファイルに保存する'),
    operands: [
      { name: 'FILE', required: true, help: text('PEM file; - for standard output', 'PEM ファイル (- で標準出力)') },
    ],
    options: [],
    run: async (context) => {
      const { Cert_bin } = await context.call('GetServerCert', {})
      return saved(context, 'CERTIFICATE', Cert_bin, 0o644)
    },
  },
  {
    name: 'ServerKeyGet',
    summary: text('write the private key of the server to a file', 'サーバーの秘密鍵をファイルに保存する'),
    operands: [
      { name: 'FILE', required: true, help: text('PEM file; - for standard output', 'PEM ファイル (- で標準出力)') },
    ],
    options: [],
    run: async (context) => {
      const { Key_bin } = await context.call('GetServerCert', {})
      if (Key_bin === '') throw new UsageError("ServerKeyGet: only the server's administrator gets the key")
      const { createPrivateKey } = await import('node:crypto')
      const der = Buffer.from(Key_bin, 'base64')
      const isPkcs1 = der.includes(Buffer.from([0x02, 0x01, 0x00, 0x02]))
      const key = createPrivateKey({ key: der, format: 'der', type: isPkcs1 ? 'pkcs1' : 'pkcs8' })
      const pkcs8 = key.export({ type: 'pkcs8', format: 'der' }).toString('base64')
      return saved(context, 'PRIVATE KEY', pkcs8, 0o600)
    },
  },
  {
    name: 'ServerCertSet',
    summary: text('install a certificate and its private key', 'サーバー証明書と秘密鍵を設定する'),
    options: [
      {
        name: 'loadcert',
        value: 'FILE',
        required: true,
        help: text('the certificate, PEM or DER', '証明書 (PEM または DER)'),
      },
      {
        name: 'loadkey',
        value: 'FILE',
        required: true,
        help: text('its private key, not encrypted', '秘密鍵 (暗号化されていないもの)'),
      },
    ],
    fields: { Cert_bin: '--loadcert', Key_bin: '--loadkey' },
    run: async (context) => {
      const [Cert_bin, Key_bin] = [fileOption(context, 'loadcert'), fileOption(context, 'loadkey')]
      await context.call('SetServerCert', { Cert_bin, Key_bin })
      return { json: {} }
    },
  },
  {
    name: 'ServerCertRegenerate',
    summary: text('make a new key and a self-signed certificate', '新しい秘密鍵と自己署名証明書を作成する'),
    operands: [
      {
        name: 'CN',
        required: true,
        help: text('the name in it: the host name of the server', '証明書の CN: サーバーのホスト名'),
      },
    ],
    options: [],
    fields: { StrValue_str: 'CN' },
    run: calls('RegenerateServerCert', ({ arguments: { operands } }) => ({ StrValue_str: operands[0]! })),
  },
  {
    name: 'ViewerList',
    summary: text('list the accounts that may look and change nothing', '閲覧専用アカウントの一覧を表示する'),
    options: [],
    run: async ({ call }) => {
      const list = await call('EnumViewer', {})
      return {
        json: list,
        records: list.ViewerList.map(({ Name_str }): Row[] => [[text('Viewer Name', '閲覧者名'), Name_str]]),
      }
    },
  },
  {
    name: 'ViewerCreate',
    summary: text(
      'make an account that may look and change nothing; it logs in as @NAME',
      '閲覧専用アカウントを作成する (@名前 でログイン)',
    ),
    operands: [
      { name: 'NAME', required: true, help: text('name of the account', 'アカウント名') },
      { name: 'PASSWORD', required: false, help: text('without it, asked for on the terminal', '省略時は端末で入力') },
    ],
    options: [],
    fields: { Name_str: 'NAME', Password_str: 'PASSWORD' },
    run: calls('CreateViewer', async (context) => ({
      Name_str: context.arguments.operands[0]!,
      Password_str: await newPassword(context, 1),
    })),
  },
  {
    name: 'ViewerDelete',
    summary: text('delete such an account', '閲覧専用アカウントを削除する'),
    operands: [{ name: 'NAME', required: true, help: text('name of the account', 'アカウント名') }],
    options: [],
    run: calls('DeleteViewer', ({ arguments: { operands } }) => ({ Name_str: operands[0]! })),
  },
]

function listenerStatus(row: { readonly Enables_bool: boolean; readonly Errors_bool: boolean }) {
  if (!row.Enables_bool) return text('Offline', '停止')
  return row.Errors_bool ? text('Error', 'エラー') : text('Listening', '動作中')
}

async function newPassword(context: CommandContext, operand = 0): Promise<string> {
  const given = context.arguments.operands[operand]
  if (given !== undefined) return given
  const { promptPassword } = await import('./password-prompt.ts')
  const password = await promptPassword('New password: ')
  if ((await promptPassword('Again: ')) !== password) throw new UsageError('the two passwords are not the same')
  return password
}

function saved({ arguments: { operands } }: CommandContext, label: string, base64: string, mode: number): Outcome {
  const lines = base64.match(/.{1,64}/g) ?? []
  const pem = [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')
  const file = operands[0]!
  if (file === '-') return { json: { pem }, plain: pem }
  writeFileSync(file, `${pem}\n`, { mode })
  return { json: { file } }
}

function fileOption(context: CommandContext, name: string): string {
  try {
    return readFileSync(required(context, name)).toString('base64')
  } catch (error) {
    throw new UsageError(`ServerCertSet: ${(error as Error).message}`)
  }
}
