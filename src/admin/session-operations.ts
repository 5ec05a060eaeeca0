// Operations on the sessions of a hub.

import * as z from 'zod/mini'
import { DEFAULT_POLICY } from '../hub/policy.ts'
import type { SessionRow } from '../hub/session.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { binText, boolean, ipText, number, str, timeText } from './fields.ts'
import type { ServerFacts } from './management/server.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { pageParams, pageResult, rangeOf } from './paging.ts'
import { describePolicy, policyResult } from './policy-fields.ts'
import { PROTOCOL_BUILD, PROTOCOL_VERSION } from './protocol-version.ts'
import { ERROR_CODES, objectNotFound, RpcError } from './rpc-error.ts'
import { describeTraffic, trafficFields } from './traffic-fields.ts'

const NO_ADDRESS = 0 as Ipv4Address
const UNIQUE_ID_LEN = 16
const SESSION_ESTABLISHED = 3

const sessionRow = z.object({
  Name_str: str,
  Username_str: str,
  Hostname_str: str,
  Ip_ip: str,
  ClientIP_ip: str,
  MaxNumTcp_u32: number,
  CurrentNumTcp_u32: number,
  PacketSize_u64: number,
  PacketNum_u64: number,
  RemoteSession_bool: boolean,
  RemoteHostname_str: str,
  SecureNATMode_bool: boolean,
  LinkMode_bool: boolean,
  BridgeMode_bool: boolean,
  Layer3Mode_bool: boolean,
  Client_BridgeMode_bool: boolean,
  Client_MonitorMode_bool: boolean,
  VLanId_u32: number,
  UniqueId_bin: str,
  IsDormantEnabled_bool: boolean,
  IsDormant_bool: boolean,
  LastCommDormant_dt: str,
  CreatedTime_dt: str,
  LastCommTime_dt: str,
})

const sessionStatus = z.object({
  HubName_str: str,
  Name_str: str,
  Username_str: str,
  GroupName_str: str,
  RealUsername_str: str,
  SessionStatus_ClientIp_ip: str,
  SessionStatus_ClientHostName_str: str,
  Client_Ip_Address_ip: str,
  ServerName_str: str,
  ServerProductName_str: str,
  ServerProductVer_u32: number,
  ServerProductBuild_u32: number,
  ServerPort_u32: number,
  ClientProductName_str: str,
  ClientProductVer_u32: number,
  ClientProductBuild_u32: number,
  CipherName_str: str,
  SessionName_str: str,
  ConnectionName_str: str,
  Active_bool: boolean,
  Connected_bool: boolean,
  SessionStatus_u32: number,
  NumConnectionsEstablished_u32: number,
  HalfConnection_bool: boolean,
  QoS_bool: boolean,
  MaxTcpConnections_u32: number,
  NumTcpConnections_u32: number,
  NumTcpConnectionsUpload_u32: number,
  NumTcpConnectionsDownload_u32: number,
  UseEncrypt_bool: boolean,
  UseCompress_bool: boolean,
  IsRUDPSession_bool: boolean,
  UnderlayProtocol_str: str,
  IsUdpAccelerationEnabled_bool: boolean,
  IsUsingUdpAcceleration_bool: boolean,
  IsBridgeMode_bool: boolean,
  IsMonitorMode_bool: boolean,
  StartTime_dt: str,
  FirstConnectionEstablisiedTime_dt: str,
  CurrentConnectionEstablishTime_dt: str,
  TotalSendSize_u64: number,
  TotalRecvSize_u64: number,
  TotalSendSizeReal_u64: number,
  TotalRecvSizeReal_u64: number,
  VLanId_u32: number,
  UniqueId_bin: str,
  ...trafficFields,
  ...policyResult,
})

export const sessionOperations = {
  EnumSession: operation({
    summary: text('Lists the sessions of a hub, SecureNAT among them', 'HUB のセッション一覧 (SecureNAT を含む)'),
    ...READS_HUB,
    isShared: true,
    forbiddenBy: 'no_enum_session',
    params: z.object({ HubName_str: str, ...pageParams }),
    result: z.object({ HubName_str: str, ...pageResult, SessionList: z.array(sessionRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const host = context.management.facts().hostName
      const { total, rows } = hub.sessionPage(rangeOf(params))
      return { HubName_str: hub.name, NumItem_u32: total, SessionList: rows.map((row) => describeRow(row, hub, host)) }
    },
  }),

  GetSessionStatus: operation({
    summary: text('What is known of one session', 'セッションの情報の取得'),
    ...READS_HUB,
    forbiddenBy: 'no_query_session',
    params: z.object({ HubName_str: str, Name_str: str }),
    result: sessionStatus,
    handle: (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      return describeStatus(requireSession(hub, Name_str), hub, context.management.facts())
    },
  }),

  DeleteSession: operation({
    summary: text('Disconnects a session', 'セッションを切断する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_disconnect_session',
    params: z.object({ HubName_str: str, Name_str: str }),
    tells: ({ Name_str }) => ['sessionDisconnected', Name_str],
    result: z.object({ HubName_str: str, Name_str: str }),
    handle: (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      const row = requireSession(hub, Name_str)
      if (row.name === hub.secureNatSession) {
        throw new RpcError(
          ERROR_CODES.secureNatSession,
          'The session of SecureNAT cannot be disconnected; disable SecureNAT instead.',
        )
      }
      if (isOwnCascade(row)) {
        throw new RpcError(
          ERROR_CODES.cascadeSession,
          'The session of a cascade of this hub cannot be disconnected; put the cascade off line instead.',
        )
      }
      if (!hub.disconnect(row.name))
        throw objectNotFound(`session "${Name_str}" on this hub that could be disconnected`)
      return { HubName_str: hub.name, Name_str: row.name }
    },
  }),
}

function requireSession(hub: ManagedHub, name: string): SessionRow {
  const row = hub.sessions().find((session) => session.name.toLowerCase() === name.toLowerCase())
  if (row === undefined) throw objectNotFound(`session "${name}" on this hub`)
  return row
}

/** One this hub has made, not one that came from another server. */
function isOwnCascade({ identity }: SessionRow): boolean {
  return identity.isLink === true
}

function describeRow(row: SessionRow, hub: ManagedHub, serverHost: string): z.input<typeof sessionRow> {
  const { details, identity } = row
  const isSecureNat = row.name === hub.secureNatSession
  const address = ipText(details?.clientAddress ?? NO_ADDRESS)
  return {
    Name_str: row.name,
    Username_str: identity.userName,
    Hostname_str: isSecureNat ? '' : identity.hostName,
    Ip_ip: address,
    ClientIP_ip: address,
    MaxNumTcp_u32: details?.maxTcpConnections ?? 0,
    CurrentNumTcp_u32: details?.tcpConnections ?? 0,
    PacketSize_u64: row.rxBytes + row.txBytes,
    PacketNum_u64: row.rxFrames + row.txFrames,
    RemoteSession_bool: false,
    RemoteHostname_str: serverHost,
    SecureNATMode_bool: isSecureNat,
    LinkMode_bool: isOwnCascade(row),
    // TAP devices and machines on a socket are joined as a bridged network card would be.
    BridgeMode_bool: !isSecureNat && details === undefined,
    Layer3Mode_bool: false,
    Client_BridgeMode_bool: identity.policy === undefined || identity.mode === 'bridge',
    Client_MonitorMode_bool: identity.mode === 'monitor',
    VLanId_u32: identity.policy?.vlanId ?? 0,
    UniqueId_bin: binText(details?.uniqueId ?? new Uint8Array(UNIQUE_ID_LEN)),
    IsDormantEnabled_bool: false,
    IsDormant_bool: false,
    LastCommDormant_dt: timeText(undefined),
    CreatedTime_dt: timeText(row.connectedAt),
    LastCommTime_dt: timeText(Math.round(row.lastCommunicationAt)),
  }
}

function describeStatus(row: SessionRow, hub: ManagedHub, facts: ServerFacts): z.input<typeof sessionStatus> {
  const { details, identity } = row
  const started = timeText(row.connectedAt)
  const address = ipText(details?.clientAddress ?? NO_ADDRESS)
  const isHalf = details?.isHalfDuplex ?? false
  const tcp = details?.tcpConnections ?? 0
  return {
    HubName_str: hub.name,
    Name_str: row.name,
    Username_str: identity.userName,
    GroupName_str: identity.group ?? '',
    RealUsername_str: identity.userName,
    SessionStatus_ClientIp_ip: address,
    SessionStatus_ClientHostName_str: identity.hostName,
    Client_Ip_Address_ip: address,
    ServerName_str: facts.hostName,
    ServerProductName_str: facts.productName,
    ServerProductVer_u32: PROTOCOL_VERSION,
    ServerProductBuild_u32: PROTOCOL_BUILD,
    ServerPort_u32: details?.serverPort ?? 0,
    ClientProductName_str: details?.clientProduct ?? '',
    ClientProductVer_u32: details?.clientVersion ?? 0,
    ClientProductBuild_u32: details?.clientBuild ?? 0,
    CipherName_str: details?.cipherName ?? '',
    SessionName_str: row.name,
    ConnectionName_str: details?.connectionName ?? '',
    Active_bool: true,
    Connected_bool: true,
    SessionStatus_u32: SESSION_ESTABLISHED,
    NumConnectionsEstablished_u32: 1,
    HalfConnection_bool: isHalf,
    QoS_bool: false,
    MaxTcpConnections_u32: details?.maxTcpConnections ?? 0,
    NumTcpConnections_u32: tcp,
    NumTcpConnectionsUpload_u32: isHalf ? Math.ceil(tcp / 2) : 0,
    NumTcpConnectionsDownload_u32: isHalf ? Math.floor(tcp / 2) : 0,
    UseEncrypt_bool: details?.usesEncryption ?? false,
    UseCompress_bool: details?.usesCompression ?? false,
    IsRUDPSession_bool: false,
    UnderlayProtocol_str: details === undefined ? '' : 'Standard TCP/IP (IPv4)',
    IsUdpAccelerationEnabled_bool: false,
    IsUsingUdpAcceleration_bool: false,
    IsBridgeMode_bool: identity.policy === undefined || identity.mode === 'bridge',
    IsMonitorMode_bool: identity.mode === 'monitor',
    StartTime_dt: started,
    FirstConnectionEstablisiedTime_dt: started,
    CurrentConnectionEstablishTime_dt: started,
    TotalSendSize_u64: row.txBytes,
    TotalRecvSize_u64: row.rxBytes,
    TotalSendSizeReal_u64: details?.wireBytesSent ?? row.txBytes,
    TotalRecvSizeReal_u64: details?.wireBytesReceived ?? row.rxBytes,
    VLanId_u32: identity.policy?.vlanId ?? 0,
    UniqueId_bin: binText(details?.uniqueId ?? new Uint8Array(UNIQUE_ID_LEN)),
    ...describeTraffic(row),
    UsePolicy_bool: true,
    ...describePolicy(identity.policy ?? DEFAULT_POLICY),
  }
}
