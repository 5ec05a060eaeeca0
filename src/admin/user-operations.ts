// Operations on the users of a hub.

import * as z from 'zod/mini'
import { ntHash, PASSWORD_HASH_LEN, userHash } from '../accounts/password-hash.ts'
import type { User, UserAuthentication } from '../accounts/user.ts'
import { isUserName, USER_NAME_ALLOWED } from '../accounts/user-name.ts'
import { bin, binText, bool, boolean, dt, number, str, timeText, u32In } from './fields.ts'
import type { HubSettings } from './hub-settings.ts'
import { USERS_MAX } from './hub-settings.ts'
import type { UserActivity } from './management/hub.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { pageParams, pageResult, partOf } from './paging.ts'
import { describePolicy, policyParams, policyResult, readPolicy } from './policy-fields.ts'
import { ERROR_CODES, invalidParameters, notSupported, objectNotFound, RpcError } from './rpc-error.ts'
import { describeExTraffic, describeTraffic, exTrafficFields, trafficFields } from './traffic-fields.ts'

const AUTH_TYPES: Readonly<Record<UserAuthentication['kind'], number>> = {
  anonymous: 0,
  password: 1,
  certificate: 2,
  signedCertificate: 3,
}
const AUTH_TYPE_RANGE = { min: 0, max: 5 }
const AUTH_TYPE_RADIUS = 4
const NT_HASH_LEN = 16

const nameParams = z.object({ HubName_str: str, Name_str: str })
const nameResult = z.object({ HubName_str: str, Name_str: str })

/** The whole user: what is left out is empty, as in the original. */
const userParams = z.object({
  HubName_str: str,
  Name_str: str,
  GroupName_str: z.optional(str),
  Realname_utf: z.optional(str),
  Note_utf: z.optional(str),
  ExpireTime_dt: z.optional(dt),
  AuthType_u32: z.optional(u32In(AUTH_TYPE_RANGE)),
  /** The password itself; `HashedKey_bin` wins over it. */
  Auth_Password_str: z.optional(str),
  HashedKey_bin: z.optional(bin(PASSWORD_HASH_LEN)),
  NtLmSecureHash_bin: z.optional(bin(NT_HASH_LEN)),
  UserX_bin: z.optional(bin()),
  Serial_bin: z.optional(bin()),
  CommonName_utf: z.optional(str),
  UsePolicy_bool: z.optional(bool),
  ...policyParams,
})
type UserParams = z.output<typeof userParams>

const userResult = z.object({
  HubName_str: str,
  Name_str: str,
  GroupName_str: str,
  Realname_utf: str,
  Note_utf: str,
  CreatedTime_dt: str,
  UpdatedTime_dt: str,
  ExpireTime_dt: str,
  AuthType_u32: number,
  HashedKey_bin: z.optional(str),
  NtLmSecureHash_bin: z.optional(str),
  UserX_bin: z.optional(str),
  Serial_bin: z.optional(str),
  CommonName_utf: z.optional(str),
  NumLogin_u32: number,
  ...trafficFields,
  ...policyResult,
})

const userRow = z.object({
  Name_str: str,
  GroupName_str: str,
  Realname_utf: str,
  Note_utf: str,
  AuthType_u32: number,
  LastLoginTime_dt: str,
  NumLogin_u32: number,
  DenyAccess_bool: boolean,
  IsTrafficFilled_bool: boolean,
  ...exTrafficFields,
  IsExpiresFilled_bool: boolean,
  Expires_dt: str,
})

export const userOperations = {
  CreateUser: operation({
    summary: text('Makes a user of a hub', 'HUB のユーザーを作成する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_users',
    params: userParams,
    tells: ({ Name_str }) => ['userCreated', Name_str],
    result: userResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const now = context.management.status().now
      if (!isUserName(params.Name_str)) {
        const actual = JSON.stringify(params.Name_str)
        throw invalidParameters([{ field: 'Name_str', allowed: USER_NAME_ALLOWED, actual }])
      }
      await hub.changeSettings((settings) => {
        if (findUser(settings, params.Name_str) !== undefined) {
          throw new RpcError(ERROR_CODES.userExists, `There is a user "${params.Name_str}" already.`)
        }
        const max = Math.min(USERS_MAX, settings.adminOptions.max_users || USERS_MAX)
        if (settings.users.length >= max) {
          throw new RpcError(ERROR_CODES.tooManyUsers, `There are ${max} users, as many as this hub may have.`)
        }
        return { users: [...settings.users, userOf(params, settings, undefined, now)] }
      })
      return describeUser(hub, requireUser(hub, params.Name_str))
    },
  }),

  SetUser: operation({
    summary: text(
      'Replaces a user: what is left out is empty, but for the password of a password user; one that is let in no more loses its sessions',
      'ユーザーを置き換える (省略した項目は空になる。パスワード認証のパスワードは変わらない。接続を許可されなくなったユーザーのセッションは切断される)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_users',
    params: userParams,
    tells: ({ Name_str }) => ['userSet', Name_str],
    result: userResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const now = context.management.status().now
      await hub.changeSettings((settings) => {
        const previous = findUser(settings, params.Name_str)
        if (previous === undefined) throw userNotFound(params.Name_str)
        const next = userOf(params, settings, previous, now)
        return { users: settings.users.map((user) => (user === previous ? next : user)) }
      })
      return describeUser(hub, requireUser(hub, params.Name_str))
    },
  }),

  GetUser: operation({
    summary: text('One user of a hub', 'ユーザーの情報の取得'),
    ...READS_HUB,
    params: nameParams,
    result: userResult,
    handle: (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      return describeUser(hub, requireUser(hub, Name_str))
    },
  }),

  DeleteUser: operation({
    summary: text('Deletes a user and ends its sessions', 'ユーザーを削除し、接続中のセッションを切断する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_users',
    params: nameParams,
    tells: ({ Name_str }) => ['userDeleted', Name_str],
    result: nameResult,
    handle: async (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      await hub.changeSettings((settings) => {
        const user = findUser(settings, Name_str)
        if (user === undefined) throw userNotFound(Name_str)
        return { users: settings.users.filter((other) => other !== user) }
      })
      return { HubName_str: hub.name, Name_str }
    },
  }),

  EnumUser: operation({
    summary: text('Lists the users of a hub', 'HUB のユーザー一覧'),
    ...READS_HUB,
    isShared: true,
    params: z.object({ HubName_str: str, ...pageParams }),
    result: z.object({ HubName_str: str, ...pageResult, UserList: z.array(userRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const { users, groups } = hub.settings()
      const denied = new Set(
        groups.filter(({ policy }) => policy?.access === false).map(({ name }) => name.toLowerCase()),
      )
      return {
        HubName_str: hub.name,
        NumItem_u32: users.length,
        UserList: partOf(users, params).map((user) =>
          describeRow(user, hub.userActivity(user.name), denied.has(user.group.toLowerCase())),
        ),
      }
    },
  }),
}

function findUser({ users }: HubSettings, name: string): User | undefined {
  const wanted = name.toLowerCase()
  return users.find((user) => user.name.toLowerCase() === wanted)
}

function requireUser(hub: ManagedHub, name: string): User {
  const user = findUser(hub.settings(), name)
  if (user === undefined) throw userNotFound(name)
  return user
}

function userNotFound(name: string): RpcError {
  return objectNotFound(`user "${name}" on this hub`)
}

function userOf(params: UserParams, settings: HubSettings, previous: User | undefined, now: number): User {
  const group = params.GroupName_str ?? ''
  if (group !== '' && !settings.groups.some(({ name }) => name.toLowerCase() === group.toLowerCase())) {
    throw new RpcError(ERROR_CODES.groupNotFound, `GroupName_str: there is no group "${group}" on this hub.`)
  }
  return {
    name: previous?.name ?? params.Name_str,
    realName: params.Realname_utf ?? '',
    note: params.Note_utf ?? '',
    group,
    createdAt: previous?.createdAt ?? now,
    updatedAt: now,
    expiresAt: params.ExpireTime_dt,
    authentication: authenticationOf(params, previous),
    policy: params.UsePolicy_bool === true ? readPolicy(params) : undefined,
  }
}

function authenticationOf(params: UserParams, previous: User | undefined): UserAuthentication {
  const type = params.AuthType_u32 ?? AUTH_TYPES.anonymous
  if (type >= AUTH_TYPE_RADIUS) {
    throw notSupported(`AuthType_u32 ${type}: users of RADIUS and NT domains are not in this version.`)
  }
  if (type === AUTH_TYPES.password) return passwordOf(params, previous)
  if (type === AUTH_TYPES.certificate) {
    if ((params.UserX_bin?.length ?? 0) > 0) return { kind: 'certificate', certificate: params.UserX_bin! }
    throw invalidParameters([
      { field: 'UserX_bin', allowed: 'a certificate (DER) with AuthType_u32 2', actual: 'empty' },
    ])
  }
  if (type === AUTH_TYPES.signedCertificate) {
    return {
      kind: 'signedCertificate',
      commonName: params.CommonName_utf ?? '',
      serial: params.Serial_bin ?? new Uint8Array(),
    }
  }
  return { kind: 'anonymous' }
}

function passwordOf(params: UserParams, previous: User | undefined): UserAuthentication {
  const { HashedKey_bin: hash, NtLmSecureHash_bin: nt, Auth_Password_str: password } = params
  if (hash?.some((byte) => byte !== 0) === true) {
    return { kind: 'password', hashedKey: hash, ntLmSecureHash: nt ?? new Uint8Array() }
  }
  if (password !== undefined) {
    const hashedKey = userHash(previous?.name ?? params.Name_str, password)
    return { kind: 'password', hashedKey, ntLmSecureHash: ntHash(password) }
  }
  if (previous?.authentication.kind === 'password') return previous.authentication
  const allowed = 'given with AuthType_u32 1, or HashedKey_bin'
  throw invalidParameters([{ field: 'Auth_Password_str', allowed, actual: 'missing' }])
}

function describeUser(hub: ManagedHub, user: User): z.input<typeof userResult> {
  const activity = hub.userActivity(user.name)
  return {
    HubName_str: hub.name,
    Name_str: user.name,
    GroupName_str: user.group,
    Realname_utf: user.realName,
    Note_utf: user.note,
    CreatedTime_dt: timeText(user.createdAt),
    UpdatedTime_dt: timeText(user.updatedAt),
    ExpireTime_dt: timeText(user.expiresAt),
    AuthType_u32: AUTH_TYPES[user.authentication.kind],
    ...describeAuthentication(user.authentication),
    NumLogin_u32: activity.logins,
    ...describeTraffic(activity.traffic),
    ...(user.policy === undefined ? {} : { UsePolicy_bool: true, ...describePolicy(user.policy) }),
  }
}

function describeAuthentication(given: UserAuthentication): object {
  switch (given.kind) {
    case 'anonymous':
      return {}
    case 'password':
      return { HashedKey_bin: binText(given.hashedKey), NtLmSecureHash_bin: binText(given.ntLmSecureHash) }
    case 'certificate':
      return { UserX_bin: binText(given.certificate) }
    case 'signedCertificate':
      return { CommonName_utf: given.commonName, Serial_bin: binText(given.serial) }
  }
}

function describeRow(user: User, activity: UserActivity, isGroupDenied: boolean): z.input<typeof userRow> {
  return {
    Name_str: user.name,
    GroupName_str: user.group,
    Realname_utf: user.realName,
    Note_utf: user.note,
    AuthType_u32: AUTH_TYPES[user.authentication.kind],
    LastLoginTime_dt: timeText(activity.lastLoginAt),
    NumLogin_u32: activity.logins,
    DenyAccess_bool: user.policy === undefined ? isGroupDenied : !user.policy.access,
    IsTrafficFilled_bool: true,
    ...describeExTraffic(activity.traffic),
    IsExpiresFilled_bool: true,
    Expires_dt: timeText(user.expiresAt),
  }
}
