// How a cascade is doing: its row in the list of a hub, and its status.

import * as z from 'zod/mini'
import type { CascadeSettings } from './cascade-settings.ts'
import { binText, boolean, number, str, timeText } from './fields.ts'
import type { CascadeState, CascadeStatus } from './management/cascade.ts'
import { describePolicy, policyResult } from './policy-fields.ts'
import { describeTraffic, trafficFields } from './traffic-fields.ts'

const STATES: readonly CascadeState[] = [
  'connecting',
  'negotiating',
  'authenticating',
  'established',
  'retrying',
  'idle',
]
const SESSION_KEY_LEN = 20

export const linkRow = z.object({
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

export const linkStatus = z.object({
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

export function describeRow(cascade: CascadeSettings, status: CascadeStatus | undefined): z.input<typeof linkRow> {
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

export function describeStatus(
  hub: string,
  cascade: CascadeSettings,
  status: CascadeStatus,
): z.input<typeof linkStatus> {
  return {
    HubName_Ex_str: hub,
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
