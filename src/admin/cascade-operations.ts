// Operations on the cascades of a hub: connections to hubs of other servers.

import * as z from 'zod/mini'
import { PASSWORD_HASH_LEN, userHash } from '../accounts/password-hash.ts'
import type { CascadeAuthentication, CascadeProxy, CascadeSettings, ProxyKind } from './cascade-settings.ts'
import { CASCADE_CONNECTIONS_RANGE, CASCADE_INTERVAL_RANGE, CASCADE_NAME_MAX } from './cascade-settings.ts'
import { bin, binText, bool, boolean, number, str, timeText, u32, u32In } from './fields.ts'
import type { HubSettings } from './hub-settings.ts'
import { CASCADES_MAX } from './hub-settings.ts'
import type { CascadeState, CascadeStatus } from './management/cascade.ts'
import type { ManagedHub } from './management.ts'
import { operation, requireHub, text } from './operation.ts'
import { describePolicy, policyParams, policyResult, readPolicy } from './policy-fields.ts'
import { ERROR_CODES, invalidParameters, notSupported, objectNotFound, RpcError } from './rpc-error.ts'
import { describeTraffic, trafficFields } from './traffic-fields.ts'

const AUTH_KINDS = ['anonymous', 'password', 'plainPassword', 'certificate'] as const
const PROXY_KINDS: readonly ProxyKind[] = ['direct', 'http', 'socks4', 'socks5']
const STATES: readonly CascadeState[] = [
  'connecting',
  'negotiating',
  'authenticating',
  'established',
  'retrying',
  'idle',
]
const FOREVER = 0xffff_ffff
const RETRY_SECONDS = 10
const HOST_KEY_LEN = 20
const DEVICE_NAME = '_SEHUBLINKCLI_'
const PORT_RANGE = { min: 1, max: 65_535 }

const nameParams = z.object({ HubName_str: str, AccountName_utf: str })
const nameResult = z.object({ HubName_str: str, AccountName_utf: str })

const linkParams = z.object({
  HubName_Ex_str: str,
  AccountName_utf: str,
  /** `vpn.example.org`, or with the port in it: `vpn.example.org:443`. */
  Hostname_str: str,
  Port_u32: u32In(PORT_RANGE),
  /** The hub to log in to. */
  HubName_str: str,
  ProxyType_u32: z.optional(u32In({ min: 0, max: PROXY_KINDS.length - 1 })),
  ProxyName_str: z.optional(str),
  ProxyPort_u32: z.optional(u32In({ ...PORT_RANGE, min: 0 })),
  ProxyUsername_str: z.optional(str),
  ProxyPassword_str: z.optional(str),
  CustomHttpHeader_str: z.optional(str),
  MaxConnection_u32: z.optional(u32In(CASCADE_CONNECTIONS_RANGE)),
  UseEncrypt_bool: z.optional(bool),
  UseCompress_bool: z.optional(bool),
  HalfConnection_bool: z.optional(bool),
  AdditionalConnectionInterval_u32: z.optional(u32In(CASCADE_INTERVAL_RANGE)),
  ConnectionDisconnectSpan_u32: z.optional(u32),
  DisableQoS_bool: z.optional(bool),
  NoUdpAcceleration_bool: z.optional(bool),
  AuthType_u32: z.optional(u32In({ min: 0, max: 4 })),
  Username_str: z.optional(str),
  /** The password itself with AuthType_u32 1; `HashedPassword_bin` wins over it. */
  Auth_Password_str: z.optional(str),
  HashedPassword_bin: z.optional(bin(PASSWORD_HASH_LEN)),
  PlainPassword_str: z.optional(str),
  ClientX_bin: z.optional(bin()),
  ClientK_bin: z.optional(bin()),
  CheckServerCert_bool: z.optional(bool),
  ServerCert_bin: z.optional(bin()),
  ...policyParams,
})
type LinkParams = z.output<typeof linkParams>

const linkResult = z.object({
  HubName_Ex_str: str,
  Online_bool: boolean,
  AccountName_utf: str,
  Hostname_str: str,
  Port_u32: number,
  PortUDP_u32: number,
  HubName_str: str,
  DeviceName_str: str,
  ProxyType_u32: number,
  ProxyName_str: str,
  ProxyPort_u32: number,
  ProxyUsername_str: str,
  ProxyPassword_str: str,
  CustomHttpHeader_str: str,
  NumRetry_u32: number,
  RetryInterval_u32: number,
  MaxConnection_u32: number,
  UseEncrypt_bool: boolean,
  UseCompress_bool: boolean,
  HalfConnection_bool: boolean,
  NoRoutingTracking_bool: boolean,
  AdditionalConnectionInterval_u32: number,
  ConnectionDisconnectSpan_u32: number,
  HideStatusWindow_bool: boolean,
  HideNicInfoWindow_bool: boolean,
  RequireMonitorMode_bool: boolean,
  RequireBridgeRoutingMode_bool: boolean,
  DisableQoS_bool: boolean,
  FromAdminPack_bool: boolean,
  NoUdpAcceleration_bool: boolean,
  HostUniqueKey_bin: str,
  AuthType_u32: number,
  Username_str: str,
  HashedPassword_bin: z.optional(str),
  PlainPassword_str: z.optional(str),
  ClientX_bin: z.optional(str),
  ClientK_bin: z.optional(str),
  CheckServerCert_bool: boolean,
  ServerCert_bin: z.optional(str),
  ...policyResult,
})

const linkRow = z.object({
  AccountName_utf: str,
  Online_bool: boolean,
  Connected_bool: boolean,
  LastError_u32: number,
  ConnectedTime_dt: str,
  Hostname_str: str,
  ConnectedHubName_str: str,
  TargetHubName_str: str,
  LinkHubName_str: str,
})

const SESSION_KEY_LEN = 20

const linkStatus = z.object({
  HubName_Ex_str: str,
  AccountName_utf: str,
  ServerName_str: str,
  ServerPort_u32: number,
  ServerProductName_str: str,
  ServerProductVer_u32: number,
  ServerProductBuild_u32: number,
  Active_bool: boolean,
  Connected_bool: boolean,
  SessionStatus_u32: number,
  SessionName_str: str,
  ConnectionName_str: str,
  CipherName_str: str,
  StartTime_dt: str,
  FirstConnectionEstablisiedTime_dt: str,
  CurrentConnectionEstablishTime_dt: str,
  NumConnectionsEstablished_u32: number,
  HalfConnection_bool: boolean,
  QoS_bool: boolean,
  MaxTcpConnections_u32: number,
  NumTcpConnections_u32: number,
  NumTcpConnectionsUpload_u32: number,
  NumTcpConnectionsDownload_u32: number,
  IsRUDPSession_bool: boolean,
  UnderlayProtocol_str: str,
  IsUdpAccelerationEnabled_bool: boolean,
  IsUsingUdpAcceleration_bool: boolean,
  SessionKey_bin: str,
  VLanId_u32: number,
  UseEncrypt_bool: boolean,
  UseCompress_bool: boolean,
  IsBridgeMode_bool: boolean,
  IsMonitorMode_bool: boolean,
  TotalSendSize_u64: number,
  TotalRecvSize_u64: number,
  TotalSendSizeReal_u64: number,
  TotalRecvSizeReal_u64: number,
  ...trafficFields,
  ...policyResult,
})

export const cascadeOperations = {
  EnumLink: operation({
    summary: text('Lists the cascades of a hub', 'カスケード接続の一覧'),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_str',
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, LinkList: z.array(linkRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      return { HubName_str: hub.name, LinkList: hub.settings().cascades.map((cascade) => describeRow(hub, cascade)) }
    },
  }),

  CreateLink: operation({
    summary: text('Makes a cascade, off line', 'カスケード接続を作成する (オフライン)'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_Ex_str',
    forbiddenBy: 'no_cascade',
    params: linkParams,
    tells: ({ AccountName_utf }) => ['cascadeCreated', AccountName_utf],
    result: linkResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_Ex_str)
      checkName('AccountName_utf', params.AccountName_utf)
      await hub.changeSettings((settings) => {
        requireFree(settings, params.AccountName_utf)
        if (settings.cascades.length >= CASCADES_MAX) {
          throw new RpcError(ERROR_CODES.tooManyItems, `There are ${CASCADES_MAX} cascades, as many as a hub may have.`)
        }
        return { cascades: [...settings.cascades, cascadeOf(params, undefined)] }
      })
      return describeLink(hub, requireCascade(hub.settings(), params.AccountName_utf))
    },
  }),

  SetLink: operation({
    summary: text('Replaces the settings of a cascade', 'カスケード接続の設定を置き換える'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_Ex_str',
    forbiddenBy: 'no_cascade',
    params: linkParams,
    tells: ({ AccountName_utf }) => ['cascadeSet', AccountName_utf],
    result: linkResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_Ex_str)
      await editCascade(hub, params.AccountName_utf, (previous) => cascadeOf(params, previous))
      return describeLink(hub, requireCascade(hub.settings(), params.AccountName_utf))
    },
  }),

  GetLink: operation({
    summary: text('The settings of a cascade', 'カスケード接続の設定の取得'),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_Ex_str',
    params: z.object({ HubName_Ex_str: str, AccountName_utf: str }),
    result: linkResult,
    handle: (context, { HubName_Ex_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_Ex_str)
      return describeLink(hub, requireCascade(hub.settings(), AccountName_utf))
    },
  }),

  SetLinkOnline: operation({
    summary: text('Starts a cascade', 'カスケード接続をオンラインにする'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    forbiddenBy: 'no_cascade',
    params: nameParams,
    tells: ({ AccountName_utf }) => ['cascadeOnline', AccountName_utf],
    result: nameResult,
    handle: async (context, { HubName_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      await editCascade(hub, AccountName_utf, (cascade) => ({ ...cascade, online: true }))
      return { HubName_str: hub.name, AccountName_utf }
    },
  }),

  SetLinkOffline: operation({
    summary: text('Ends a cascade', 'カスケード接続をオフラインにする'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    forbiddenBy: 'no_cascade',
    params: nameParams,
    tells: ({ AccountName_utf }) => ['cascadeOffline', AccountName_utf],
    result: nameResult,
    handle: async (context, { HubName_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      await editCascade(hub, AccountName_utf, (cascade) => ({ ...cascade, online: false }))
      return { HubName_str: hub.name, AccountName_utf }
    },
  }),

  RenameLink: operation({
    summary: text('Renames a cascade', 'カスケード接続の名前を変更する'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    forbiddenBy: 'no_cascade',
    params: z.object({ HubName_str: str, OldAccountName_utf: str, NewAccountName_utf: str }),
    tells: ({ OldAccountName_utf, NewAccountName_utf }) => ['cascadeRenamed', OldAccountName_utf, NewAccountName_utf],
    result: z.object({ HubName_str: str, OldAccountName_utf: str, NewAccountName_utf: str }),
    handle: async (context, { HubName_str, OldAccountName_utf, NewAccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      checkName('NewAccountName_utf', NewAccountName_utf)
      await hub.changeSettings((settings) => {
        const cascade = requireCascade(settings, OldAccountName_utf)
        if (!isNamed(cascade, NewAccountName_utf)) requireFree(settings, NewAccountName_utf)
        return { cascades: replaced(settings, cascade, { ...cascade, name: NewAccountName_utf }) }
      })
      return { HubName_str: hub.name, OldAccountName_utf, NewAccountName_utf }
    },
  }),

  DeleteLink: operation({
    summary: text('Deletes a cascade', 'カスケード接続を削除する'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    forbiddenBy: 'no_cascade',
    params: nameParams,
    tells: ({ AccountName_utf }) => ['cascadeDeleted', AccountName_utf],
    result: nameResult,
    handle: async (context, { HubName_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      await hub.changeSettings((settings) => {
        const cascade = requireCascade(settings, AccountName_utf)
        return { cascades: settings.cascades.filter((other) => other !== cascade) }
      })
      return { HubName_str: hub.name, AccountName_utf }
    },
  }),

  GetLinkStatus: operation({
    summary: text(
      'How a cascade is doing; refused while it is off line',
      'カスケード接続の状態 (オフラインの場合はエラー)',
    ),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_Ex_str',
    params: z.object({ HubName_Ex_str: str, AccountName_utf: str }),
    result: linkStatus,
    handle: (context, { HubName_Ex_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_Ex_str)
      const cascade = requireCascade(hub.settings(), AccountName_utf)
      const status = hub.cascadeStatus(cascade.name)
      if (!cascade.online || status === undefined) {
        throw new RpcError(ERROR_CODES.cascadeOffline, 'The specified Cascade Connection is offline.')
      }
      return describeStatus(hub, cascade, status)
    },
  }),
}

function isNamed(cascade: CascadeSettings, name: string): boolean {
  return cascade.name.toLowerCase() === name.toLowerCase()
}

function requireCascade({ cascades }: HubSettings, name: string): CascadeSettings {
  const cascade = cascades.find((candidate) => isNamed(candidate, name))
  if (cascade === undefined) throw objectNotFound(`cascade "${name}" on this hub`)
  return cascade
}

function requireFree({ cascades }: HubSettings, name: string): void {
  if (cascades.some((cascade) => isNamed(cascade, name))) {
    throw new RpcError(ERROR_CODES.cascadeExists, `There is a cascade "${name}" already.`)
  }
}

function checkName(field: string, name: string): void {
  if (name !== '' && name.length <= CASCADE_NAME_MAX) return
  throw invalidParameters([{ field, allowed: `1 to ${CASCADE_NAME_MAX} letters`, actual: JSON.stringify(name) }])
}

function editCascade(
  hub: ManagedHub,
  name: string,
  edit: (cascade: CascadeSettings) => CascadeSettings,
): Promise<void> {
  return hub.changeSettings((settings) => {
    const cascade = requireCascade(settings, name)
    return { cascades: replaced(settings, cascade, edit(cascade)) }
  })
}

function replaced({ cascades }: HubSettings, previous: CascadeSettings, next: CascadeSettings): CascadeSettings[] {
  return cascades.map((cascade) => (cascade === previous ? next : cascade))
}

function cascadeOf(params: LinkParams, previous: CascadeSettings | undefined): CascadeSettings {
  const serverCert = params.ServerCert_bin
  return {
    name: previous?.name ?? params.AccountName_utf,
    online: previous?.online ?? false,
    hostName: params.Hostname_str,
    port: params.Port_u32,
    hubName: params.HubName_str,
    authentication: authenticationOf(params),
    proxy: proxyOf(params),
    customHttpHeader: params.CustomHttpHeader_str ?? '',
    maxConnection: params.MaxConnection_u32 ?? 8,
    useEncrypt: params.UseEncrypt_bool ?? true,
    useCompress: params.UseCompress_bool ?? false,
    halfConnection: params.HalfConnection_bool ?? false,
    disableQos: params.DisableQoS_bool ?? false,
    noUdpAcceleration: params.NoUdpAcceleration_bool ?? false,
    additionalConnectionInterval: params.AdditionalConnectionInterval_u32 ?? 1,
    connectionDisconnectSpan: params.ConnectionDisconnectSpan_u32 ?? 0,
    checkServerCert: params.CheckServerCert_bool ?? false,
    serverCert: serverCert === undefined || serverCert.length === 0 ? undefined : serverCert,
    policy: readPolicy(params),
  }
}

function authenticationOf(params: LinkParams): CascadeAuthentication {
  const kind = AUTH_KINDS[params.AuthType_u32 ?? 0]
  const userName = params.Username_str ?? ''
  switch (kind) {
    case 'anonymous':
      return { kind, userName }
    case 'password':
      return { kind, userName, hashedPassword: hashOf(params, userName) }
    case 'plainPassword':
      return { kind, userName, password: params.PlainPassword_str ?? '' }
    case 'certificate':
      return {
        kind,
        userName,
        certificate: params.ClientX_bin ?? new Uint8Array(),
        key: params.ClientK_bin ?? new Uint8Array(),
      }
    default:
      throw notSupported('AuthType_u32 4: a smart card is no means of a cascade.')
  }
}

function hashOf({ HashedPassword_bin: hash, Auth_Password_str: password }: LinkParams, userName: string): Uint8Array {
  if (hash !== undefined && hash.length > 0) return hash
  return password === undefined ? new Uint8Array(PASSWORD_HASH_LEN) : userHash(userName, password)
}

function proxyOf(params: LinkParams): CascadeProxy {
  return {
    kind: PROXY_KINDS[params.ProxyType_u32 ?? 0]!,
    hostName: params.ProxyName_str ?? '',
    port: params.ProxyPort_u32 ?? 0,
    userName: params.ProxyUsername_str ?? '',
    password: params.ProxyPassword_str ?? '',
  }
}

function describeLink(hub: ManagedHub, cascade: CascadeSettings): z.input<typeof linkResult> {
  const { authentication, proxy } = cascade
  return {
    HubName_Ex_str: hub.name,
    Online_bool: cascade.online,
    AccountName_utf: cascade.name,
    Hostname_str: cascade.hostName,
    Port_u32: cascade.port,
    PortUDP_u32: 0,
    HubName_str: cascade.hubName,
    DeviceName_str: DEVICE_NAME,
    ProxyType_u32: PROXY_KINDS.indexOf(proxy.kind),
    ProxyName_str: proxy.hostName,
    ProxyPort_u32: proxy.port,
    ProxyUsername_str: proxy.userName,
    ProxyPassword_str: proxy.password,
    CustomHttpHeader_str: cascade.customHttpHeader,
    NumRetry_u32: FOREVER,
    RetryInterval_u32: RETRY_SECONDS,
    MaxConnection_u32: cascade.maxConnection,
    UseEncrypt_bool: cascade.useEncrypt,
    UseCompress_bool: cascade.useCompress,
    HalfConnection_bool: cascade.halfConnection,
    NoRoutingTracking_bool: true,
    AdditionalConnectionInterval_u32: cascade.additionalConnectionInterval,
    ConnectionDisconnectSpan_u32: cascade.connectionDisconnectSpan,
    HideStatusWindow_bool: false,
    HideNicInfoWindow_bool: false,
    RequireMonitorMode_bool: false,
    RequireBridgeRoutingMode_bool: true,
    DisableQoS_bool: cascade.disableQos,
    FromAdminPack_bool: false,
    NoUdpAcceleration_bool: cascade.noUdpAcceleration,
    HostUniqueKey_bin: binText(new Uint8Array(HOST_KEY_LEN)),
    AuthType_u32: AUTH_KINDS.indexOf(authentication.kind),
    Username_str: authentication.userName,
    ...describeAuthentication(authentication),
    CheckServerCert_bool: cascade.checkServerCert,
    ...(cascade.serverCert === undefined ? {} : { ServerCert_bin: binText(cascade.serverCert) }),
    ...describePolicy(cascade.policy),
  }
}

function describeAuthentication(given: CascadeAuthentication): object {
  switch (given.kind) {
    case 'anonymous':
      return {}
    case 'password':
      return { HashedPassword_bin: binText(given.hashedPassword) }
    case 'plainPassword':
      return { PlainPassword_str: given.password }
    case 'certificate':
      return { ClientX_bin: binText(given.certificate), ClientK_bin: binText(given.key) }
  }
}

function describeRow(hub: ManagedHub, cascade: CascadeSettings): z.input<typeof linkRow> {
  const status = hub.cascadeStatus(cascade.name)
  return {
    AccountName_utf: cascade.name,
    Online_bool: cascade.online,
    Connected_bool: status?.state === 'established',
    LastError_u32: status?.lastError ?? 0,
    ConnectedTime_dt: timeText(status?.establishedAt),
    Hostname_str: cascade.hostName,
    ConnectedHubName_str: cascade.hubName,
    TargetHubName_str: cascade.hubName,
    LinkHubName_str: cascade.hubName,
  }
}

function describeStatus(hub: ManagedHub, cascade: CascadeSettings, status: CascadeStatus): z.input<typeof linkStatus> {
  return {
    HubName_Ex_str: hub.name,
    AccountName_utf: cascade.name,
    ServerName_str: cascade.hostName,
    ServerPort_u32: cascade.port,
    ServerProductName_str: status.serverProduct,
    ServerProductVer_u32: status.serverVersion,
    ServerProductBuild_u32: status.serverBuild,
    Active_bool: true,
    Connected_bool: status.state === 'established',
    SessionStatus_u32: STATES.indexOf(status.state),
    SessionName_str: status.sessionName,
    ConnectionName_str: status.connectionName,
    CipherName_str: status.cipherName,
    StartTime_dt: timeText(status.startedAt),
    FirstConnectionEstablisiedTime_dt: timeText(status.firstEstablishedAt),
    CurrentConnectionEstablishTime_dt: timeText(status.establishedAt),
    NumConnectionsEstablished_u32: status.timesEstablished,
    HalfConnection_bool: status.isHalfDuplex,
    QoS_bool: false,
    MaxTcpConnections_u32: status.maxTcpConnections,
    NumTcpConnections_u32: status.tcpConnections,
    NumTcpConnectionsUpload_u32: status.isHalfDuplex ? Math.ceil(status.tcpConnections / 2) : 0,
    NumTcpConnectionsDownload_u32: status.isHalfDuplex ? Math.floor(status.tcpConnections / 2) : 0,
    IsRUDPSession_bool: false,
    UnderlayProtocol_str: status.state === 'established' ? 'Standard TCP/IP (IPv4)' : '',
    IsUdpAccelerationEnabled_bool: false,
    IsUsingUdpAcceleration_bool: false,
    // Whoever has it can join the session.
    SessionKey_bin: binText(new Uint8Array(SESSION_KEY_LEN)),
    VLanId_u32: 0,
    UseEncrypt_bool: status.usesEncryption,
    UseCompress_bool: status.usesCompression,
    IsBridgeMode_bool: true,
    IsMonitorMode_bool: false,
    TotalSendSize_u64: status.traffic.txBytes,
    TotalRecvSize_u64: status.traffic.rxBytes,
    TotalSendSizeReal_u64: status.wireBytesSent,
    TotalRecvSizeReal_u64: status.wireBytesReceived,
    ...describeTraffic(status.traffic),
    ...describePolicy(cascade.policy),
  }
}
