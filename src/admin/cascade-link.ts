// The fields of a cascade, SoftEther's "link": from the parameters of CreateLink and SetLink to settings, and back.

import * as z from 'zod/mini'
import type { ClientAuthentication } from '../accounts/client-authentication.ts'
import { PASSWORD_HASH_LEN, userHash } from '../accounts/password-hash.ts'
import type { CascadeProxy, CascadeSettings, ProxyKind } from './cascade-settings.ts'
import { CASCADE_CONNECTIONS_RANGE, CASCADE_INTERVAL_RANGE } from './cascade-settings.ts'
import { bin, binText, bool, boolean, number, str, u32, u32In } from './fields.ts'
import { describePolicy, policyParams, policyResult, readPolicy } from './policy-fields.ts'
import { notSupported } from './rpc-error.ts'

const AUTH_KINDS = ['anonymous', 'password', 'plainPassword', 'certificate'] as const
const PROXY_KINDS: readonly ProxyKind[] = ['direct', 'http', 'socks4', 'socks5']
const FOREVER = 0xffff_ffff
const RETRY_SECONDS = 10
const HOST_KEY_LEN = 20
const DEVICE_NAME = '_SEHUBLINKCLI_'
const PORT_RANGE = { min: 1, max: 65_535 }

export const linkParams = z.object({
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

export const linkResult = z.object({
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

export function cascadeOf(params: LinkParams, previous: CascadeSettings | undefined): CascadeSettings {
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

function authenticationOf(params: LinkParams): ClientAuthentication {
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

export function describeLink(hub: string, cascade: CascadeSettings): z.input<typeof linkResult> {
  const { authentication, proxy } = cascade
  return {
    HubName_Ex_str: hub,
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

function describeAuthentication(given: ClientAuthentication): object {
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
