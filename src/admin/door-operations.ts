// Operations on the doors of the server: TLS listeners, the certificate, the administrator's password, viewers.
//
// The original knows a listener by its port alone and opens it on every address. Here one may be on a single address, which `Host_str` says; where
// it is left out, making one means every address, and everything else every listener of that port.

import * as z from 'zod/mini'
import { administratorHash, PASSWORD_HASH_LEN } from '../accounts/password-hash.ts'
import { bin, binText, bool, boolean, number, str, strUpTo, u32In } from './fields.ts'
import type { SettingFault } from './management/setting-fault.ts'
import { operation, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, RpcError } from './rpc-error.ts'

const EMPTY_PASSWORD_HASH = binText(administratorHash(''))
const NO_HASH = new Uint8Array(PASSWORD_HASH_LEN)
const PASSWORD_LETTERS_MAX = 512

const port = u32In({ min: 1, max: 65_535 })
const listener = { Port_u32: port, Host_str: z.optional(str) }
const listenerResult = z.object({ Port_u32: number, Host_str: str, Enable_bool: boolean })
const password = strUpTo(PASSWORD_LETTERS_MAX)

/** The original's record of small calls. */
const testRecord = z.object({ IntValue_u32: number, Int64Value_u64: number, StrValue_str: str, UniStrValue_utf: str })

export const doorOperations = {
  EnumListener: operation({
    summary: text('Lists the TLS listeners', 'TLS リスナーの一覧を取得する'),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({
      ListenerList: z.array(
        z.object({ Ports_u32: number, Hosts_str: str, Enables_bool: boolean, Errors_bool: boolean }),
      ),
    }),
    handle: async ({ management }) => ({
      ListenerList: (await management.listeners()).map(({ host, port: Ports_u32, isEnabled, hasFailed }) => ({
        Ports_u32,
        Hosts_str: host,
        Enables_bool: isEnabled,
        Errors_bool: hasFailed,
      })),
    }),
  }),

  CreateListener: operation({
    summary: text('Opens one more TLS listener', 'TLS リスナーを追加する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ ...listener, Enable_bool: z.optional(bool) }),
    result: listenerResult,
    handle: async ({ management }, { Port_u32, Host_str = '', Enable_bool = true }) => {
      const outcome = await management.createListener(Host_str === '' ? undefined : Host_str, Port_u32, Enable_bool)
      if (outcome === 'exists') {
        throw new RpcError(ERROR_CODES.listenerExists, `There is a listener on port ${Port_u32} already.`)
      }
      refused(outcome, 'Host_str')
      return { Port_u32, Host_str, Enable_bool }
    },
  }),

  DeleteListener: operation({
    summary: text('Closes a TLS listener for good; its connections go on', 'TLS リスナーを削除する (既存の接続は維持)'),
    permission: 'server',
    effect: 'changes',
    params: z.object(listener),
    result: listenerResult,
    handle: async ({ management }, { Port_u32, Host_str = '' }) => {
      const found = await management.deleteListener(Host_str === '' ? undefined : Host_str, Port_u32)
      if (!found) throw noListener(Port_u32)
      return { Port_u32, Host_str, Enable_bool: false }
    },
  }),

  EnableListener: operation({
    summary: text('Opens a TLS listener, or closes it and keeps it in the list', 'TLS リスナーを開始または停止する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ ...listener, Enable_bool: bool }),
    result: listenerResult,
    handle: async ({ management }, { Port_u32, Host_str = '', Enable_bool }) => {
      const found = await management.enableListener(Host_str === '' ? undefined : Host_str, Port_u32, Enable_bool)
      if (!found) throw noListener(Port_u32)
      return { Port_u32, Host_str, Enable_bool }
    },
  }),

  SetServerPassword: operation({
    summary: text("Changes the password of the server's administrator", 'サーバー管理者のパスワードを変更する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({
      HashedPassword_bin: z.optional(bin(PASSWORD_HASH_LEN)),
      PlainTextPassword_str: z.optional(password),
    }),
    result: z.object({ HashedPassword_bin: str, PlainTextPassword_str: str }),
    handle: async ({ management }, { HashedPassword_bin = NO_HASH, PlainTextPassword_str = '' }) => {
      const hasHash = HashedPassword_bin.some((byte) => byte !== 0)
      if (hasHash ? binText(HashedPassword_bin) === EMPTY_PASSWORD_HASH : PlainTextPassword_str === '') {
        throw invalidParameters([
          { field: 'PlainTextPassword_str', allowed: 'a password; an empty one would let everybody in', actual: '""' },
        ])
      }
      await management.setAdministratorPassword(
        hasHash ? { softEther: HashedPassword_bin } : { plain: PlainTextPassword_str },
      )
      return { HashedPassword_bin: '', PlainTextPassword_str: '' }
    },
  }),

  GetServerCert: operation({
    summary: text(
      'The certificate of the server; its administrator gets the key too',
      'サーバー証明書を取得する (秘密鍵はサーバー管理者のみ)',
    ),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({ Cert_bin: str, Key_bin: str, Flag1_u32: number }),
    handle: async ({ management, role }) => {
      const shown = await management.certificate()
      if (shown === undefined)
        throw new RpcError(ERROR_CODES.objectNotFound, 'This server has no listeners and no certificate.')
      return {
        Cert_bin: binText(shown.certificate),
        Key_bin: role.kind === 'server' ? binText(shown.key) : '',
        Flag1_u32: 0,
      }
    },
  }),

  SetServerCert: operation({
    summary: text(
      'Installs a certificate and its key; connections that exist go on',
      'サーバー証明書と秘密鍵を設定する (既存の接続は維持)',
    ),
    permission: 'server',
    effect: 'changes',
    params: z.object({ Cert_bin: bin(), Key_bin: bin() }),
    result: z.object({ Cert_bin: str, Key_bin: str, Flag1_u32: number }),
    handle: async ({ management }, { Cert_bin, Key_bin }) => {
      const fault = await management.setCertificate(Cert_bin, Key_bin)
      if (fault !== undefined) throw new RpcError(ERROR_CODES.invalidParameter, fault)
      return { Cert_bin: binText(Cert_bin), Key_bin: '', Flag1_u32: 0 }
    },
  }),

  RegenerateServerCert: operation({
    summary: text('Makes a new key and a self-signed certificate with it', '新しい秘密鍵と自己署名証明書を作成する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ StrValue_str: z.optional(strUpTo(64)) }),
    result: testRecord,
    handle: async ({ management }, { StrValue_str = '' }) => {
      await management.regenerateCertificate(StrValue_str)
      return { IntValue_u32: 0, Int64Value_u64: 0, StrValue_str, UniStrValue_utf: '' }
    },
  }),

  EnumViewer: operation({
    summary: text('Lists the accounts that may look and change nothing', '閲覧専用アカウントの一覧を取得する'),
    permission: 'server',
    effect: 'reads',
    params: z.object({}),
    result: z.object({ ViewerList: z.array(z.object({ Name_str: str })) }),
    handle: ({ management }) => ({ ViewerList: management.viewers().map((Name_str) => ({ Name_str })) }),
  }),

  CreateViewer: operation({
    summary: text(
      'Makes an account that may look and change nothing; it logs in as @NAME',
      '閲覧専用アカウントを作成する (@名前 でログイン)',
    ),
    permission: 'server',
    effect: 'changes',
    params: z.object({ Name_str: str, Password_str: password }),
    result: z.object({ Name_str: str }),
    handle: async ({ management }, { Name_str, Password_str }) => {
      if (Password_str === '') {
        throw invalidParameters([{ field: 'Password_str', allowed: 'a password that is not empty', actual: '""' }])
      }
      const outcome = await management.createViewer(Name_str, Password_str)
      if (outcome === 'exists') throw new RpcError(ERROR_CODES.userExists, `There is a viewer "${Name_str}" already.`)
      refused(outcome, 'Name_str')
      return { Name_str }
    },
  }),

  DeleteViewer: operation({
    summary: text('Deletes an account that may only look', '閲覧専用アカウントを削除する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ Name_str: str }),
    result: z.object({ Name_str: str }),
    handle: async ({ management }, { Name_str }) => {
      if (await management.deleteViewer(Name_str)) return { Name_str }
      throw new RpcError(ERROR_CODES.objectNotFound, `There is no viewer "${Name_str}".`)
    },
  }),
}

function noListener(number: number): RpcError {
  return new RpcError(ERROR_CODES.listenerNotFound, `There is no listener on port ${number}.`)
}

/** @throws RpcError */
function refused(outcome: 'created' | 'tooMany' | SettingFault, field: string): void {
  if (outcome === 'created') return
  if (outcome === 'tooMany') throw new RpcError(ERROR_CODES.tooManyItems, 'There are as many as can be.')
  throw invalidParameters([{ ...outcome, field }])
}
