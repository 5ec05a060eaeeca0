// Operations on hubs as a whole.

import * as z from 'zod/mini'
import type { HubPassword } from '../accounts/password-hash.ts'
import { hubPassword, PASSWORD_HASH_LEN } from '../accounts/password-hash.ts'
import type { HubActivity } from '../hub/hub.ts'
import { SESSION_LIMIT } from '../hub/session-list.ts'
import { bin, binText, bool, boolean, number, str, timeText, u32, u32In } from './fields.ts'
import type { HubSettings } from './hub-settings.ts'
import type { ManagedHub, Management } from './management.ts'
import type { CallContext } from './operation.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import {
  ERROR_CODES,
  hubNotFound,
  invalidParameters,
  notEnoughPrivileges,
  notSupported,
  RpcError,
} from './rpc-error.ts'
import { describeExTraffic, describeTraffic, exTrafficFields, trafficFields } from './traffic-fields.ts'

const hubParams = z.object({ HubName_str: str })
const hubResult = z.object({ HubName_str: str })

const hubRow = z.object({
  HubName_str: str,
  Online_bool: boolean,
  HubType_u32: number,
  NumUsers_u32: number,
  NumGroups_u32: number,
  NumSessions_u32: number,
  NumMacTables_u32: number,
  NumIpTables_u32: number,
  NumLogin_u32: number,
  LastLoginTime_dt: str,
  LastCommTime_dt: str,
  CreatedTime_dt: str,
  IsTrafficFilled_bool: boolean,
  ...exTrafficFields,
})

/** Bytes that are all zero leave a password as it is, and are none on a new hub. */
const settingParams = z.object({
  HubName_str: str,
  AdminPasswordPlainText_str: z.optional(str),
  HashedPassword_bin: z.optional(bin(PASSWORD_HASH_LEN)),
  SecurePassword_bin: z.optional(bin(PASSWORD_HASH_LEN)),
  Online_bool: z.optional(bool),
  MaxSession_u32: z.optional(u32In({ min: 0, max: SESSION_LIMIT })),
  NoEnum_bool: z.optional(bool),
  HubType_u32: z.optional(u32),
})

const settingResult = z.object({
  HubName_str: str,
  HashedPassword_bin: str,
  SecurePassword_bin: str,
  AdminPasswordPlainText_str: str,
  Online_bool: boolean,
  MaxSession_u32: number,
  NoEnum_bool: boolean,
  HubType_u32: number,
})

export const hubOperations = {
  EnumHub: operation({
    summary: text(
      'Lists the Virtual Hubs; the administrator of a hub sees that hub',
      '仮想 HUB の一覧 (HUB の管理者には自分の HUB のみ)',
    ),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({ HubList: z.array(hubRow) }),
    handle: (context) => ({ HubList: visibleHubs(context).map(describeRow) }),
  }),

  CreateHub: operation({
    summary: text('Makes a Virtual Hub, with SecureNAT disabled', '仮想 HUB を作成する (SecureNAT は無効)'),
    permission: 'server',
    effect: 'changes',
    params: settingParams,
    result: settingResult,
    handle: async ({ management }, params) => {
      requireStandalone(params.HubType_u32)
      const { HubName_str: name } = params
      // On creation zeros stand for the empty password.
      const adminPassword = (await passwordOf(management, params)) ?? hubPassword('')
      const outcome = await management.createHub(name, {
        online: params.Online_bool ?? true,
        options: { maxSessions: params.MaxSession_u32 ?? 0, noEnumeration: params.NoEnum_bool ?? false },
        adminPassword,
      })
      if (outcome === 'exists') {
        throw new RpcError(ERROR_CODES.hubExists, `There is a Virtual Hub "${name}" already.`)
      }
      if (outcome === 'tooMany')
        throw new RpcError(ERROR_CODES.tooManyHubs, 'There are as many Virtual Hubs as can be.')
      if (outcome !== 'created') throw invalidParameters([{ ...outcome, field: 'HubName_str' }])
      const hub = management.hub(name)
      if (hub === undefined) throw hubNotFound(name)
      return describeSettings(hub)
    },
  }),

  SetHub: operation({
    summary: text(
      'Changes the options, the state or the administrator password of a Virtual Hub; what is left out stays',
      '仮想 HUB のオプション、状態、管理パスワードを変更する (省略した項目は変わらない)',
    ),
    ...CHANGES_HUB,
    params: settingParams,
    tells: () => ['hubSet'],
    result: settingResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      requireStandalone(params.HubType_u32)
      const adminPassword = await passwordOf(context.management, params)
      if (adminPassword !== undefined) requireOption(context, hub, 'no_change_admin_password')
      if (params.Online_bool !== undefined && params.Online_bool !== hub.isOnline) {
        requireOption(context, hub, params.Online_bool ? 'no_online' : 'no_offline')
      }
      await hub.changeSettings(({ online, options, adminPassword: previous }) => ({
        online: params.Online_bool ?? online,
        options: {
          maxSessions: params.MaxSession_u32 ?? options.maxSessions,
          noEnumeration: params.NoEnum_bool ?? options.noEnumeration,
        },
        adminPassword: adminPassword ?? previous,
      }))
      return describeSettings(requireHub(context, params.HubName_str))
    },
  }),

  GetHub: operation({
    summary: text('The options of a Virtual Hub', '仮想 HUB のオプションの取得'),
    ...READS_HUB,
    params: hubParams,
    result: settingResult,
    handle: (context, { HubName_str }) => describeSettings(requireHub(context, HubName_str)),
  }),

  DeleteHub: operation({
    summary: text('Deletes a Virtual Hub and ends its sessions', '仮想 HUB を削除し、セッションを切断する'),
    permission: 'server',
    effect: 'changes',
    params: hubParams,
    result: hubResult,
    handle: async ({ management }, { HubName_str }) => {
      if (!(await management.deleteHub(HubName_str))) throw hubNotFound(HubName_str)
      return { HubName_str }
    },
  }),

  SetHubOnline: operation({
    summary: text(
      'Puts a Virtual Hub on line or off line; off line ends its sessions',
      '仮想 HUB をオンラインまたはオフラインにする (オフラインにするとセッションは切断される)',
    ),
    ...CHANGES_HUB,
    params: z.object({ HubName_str: str, Online_bool: bool }),
    tells: ({ Online_bool }) => [Online_bool ? 'hubOnline' : 'hubOffline'],
    result: z.object({ HubName_str: str, Online_bool: boolean }),
    handle: async (context, { HubName_str, Online_bool }) => {
      const hub = requireHub(context, HubName_str)
      requireOption(context, hub, Online_bool ? 'no_online' : 'no_offline')
      await hub.changeSettings(() => ({ online: Online_bool }))
      return { HubName_str: hub.name, Online_bool }
    },
  }),

  GetHubStatus: operation({
    summary: text('The state of a Virtual Hub: its tables, logins and traffic', '仮想 HUB の現在の状態の取得'),
    ...READS_HUB,
    params: hubParams,
    result: z.object({
      HubName_str: str,
      Online_bool: boolean,
      HubType_u32: number,
      NumSessions_u32: number,
      NumSessionsClient_u32: number,
      NumSessionsBridge_u32: number,
      NumAccessLists_u32: number,
      NumUsers_u32: number,
      NumGroups_u32: number,
      NumMacTables_u32: number,
      NumIpTables_u32: number,
      SecureNATEnabled_bool: boolean,
      ...trafficFields,
      LastCommTime_dt: str,
      CreatedTime_dt: str,
      LastLoginTime_dt: str,
      NumLogin_u32: number,
    }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const activity = hub.activity()
      return {
        ...describeCounts(hub, activity),
        NumSessionsClient_u32: activity.clientSessions,
        NumSessionsBridge_u32: activity.bridgeSessions,
        NumAccessLists_u32: hub.settings().accessList.length,
        SecureNATEnabled_bool: hub.secureNatEnabled,
        ...describeTraffic(activity.traffic),
      }
    },
  }),
}

/** All of them, or the one its administrator sees. */
export function visibleHubs({ management, role }: CallContext): readonly ManagedHub[] {
  if (role.kind !== 'hub') return management.hubs()
  const own = management.hub(role.hub)
  return own === undefined ? [] : [own]
}

/** What the server's administrator keeps from the hub's. @throws RpcError 52 */
export function requireOption({ role }: CallContext, hub: ManagedHub, option: keyof HubSettings['adminOptions']): void {
  if (role.kind !== 'hub' || (hub.settings().adminOptions[option] ?? 0) === 0) return
  throw notEnoughPrivileges(`: the administration option ${option} of this hub is set`)
}

function requireStandalone(hubType: number | undefined): void {
  if (hubType !== undefined && hubType !== 0) {
    throw notSupported('HubType_u32 must be 0 (standalone): this server is no part of a cluster.')
  }
}

async function passwordOf(
  management: Management,
  params: z.output<typeof settingParams>,
): Promise<HubPassword | undefined> {
  const hashed = present(params.HashedPassword_bin)
  const secure = present(params.SecurePassword_bin)
  if (hashed !== undefined && secure !== undefined) return { hashedPassword: hashed, securePassword: secure }
  const { AdminPasswordPlainText_str: plain } = params
  return plain === undefined || plain === '' ? undefined : management.hubPassword(plain)
}

function present(hash: Uint8Array | undefined): Uint8Array | undefined {
  return hash?.some((byte) => byte !== 0) === true ? hash : undefined
}

function describeSettings(hub: ManagedHub): z.input<typeof settingResult> {
  const zeros = binText(new Uint8Array(PASSWORD_HASH_LEN))
  const { options } = hub.settings()
  return {
    HubName_str: hub.name,
    HashedPassword_bin: zeros,
    SecurePassword_bin: zeros,
    AdminPasswordPlainText_str: '',
    Online_bool: hub.isOnline,
    MaxSession_u32: options.maxSessions,
    NoEnum_bool: options.noEnumeration,
    HubType_u32: 0,
  }
}

/** @param activity is asked for once a hub: it is summed up over all sessions */
function describeCounts(hub: ManagedHub, activity: HubActivity) {
  const { users, groups } = hub.settings()
  return {
    HubName_str: hub.name,
    Online_bool: hub.isOnline,
    HubType_u32: 0,
    NumUsers_u32: users.length,
    NumGroups_u32: groups.length,
    NumSessions_u32: activity.sessions,
    NumMacTables_u32: activity.macTableSize,
    NumIpTables_u32: activity.ipTableSize,
    NumLogin_u32: activity.logins,
    // As the original: nobody yet is told as the beginning.
    LastLoginTime_dt: timeText(activity.lastLoginAt === 0 ? hub.createdAt : activity.lastLoginAt),
    LastCommTime_dt: timeText(Math.round(activity.lastCommunicationAt)),
    CreatedTime_dt: timeText(hub.createdAt),
  }
}

function describeRow(hub: ManagedHub): z.input<typeof hubRow> {
  const activity = hub.activity()
  return {
    ...describeCounts(hub, activity),
    IsTrafficFilled_bool: true,
    ...describeExTraffic(activity.traffic),
  }
}
