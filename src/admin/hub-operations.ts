// Operations on hubs and on the sessions in them.

import * as z from 'zod/mini'
import type { SessionRow } from '../hub/session.ts'
import { bool, boolean, number, str, timeText } from './fields.ts'
import type { ManagedHub } from './management.ts'
import { operation, requireHub, text } from './operation.ts'
import { ERROR_CODES, hubNotFound, invalidParameters, RpcError } from './rpc-error.ts'

const trafficFields = {
  'Ex.Recv.BroadcastBytes_u64': number,
  'Ex.Recv.BroadcastCount_u64': number,
  'Ex.Recv.UnicastBytes_u64': number,
  'Ex.Recv.UnicastCount_u64': number,
  'Ex.Send.BroadcastBytes_u64': number,
  'Ex.Send.BroadcastCount_u64': number,
  'Ex.Send.UnicastBytes_u64': number,
  'Ex.Send.UnicastCount_u64': number,
}

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
  ...trafficFields,
})

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
  CreatedTime_dt: str,
  LastCommTime_dt: str,
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
    handle: ({ management, role }) => ({
      HubList: management
        .hubs()
        .filter((hub) => role.kind !== 'hub' || hub.name.toLowerCase() === role.hub.toLowerCase())
        .map(describeHub),
    }),
  }),

  CreateHub: operation({
    summary: text('Makes a Virtual Hub, with SecureNAT disabled', '仮想 HUB を作成する (SecureNAT は無効)'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ HubName_str: str, Online_bool: z.optional(bool) }),
    result: z.object({ HubName_str: str, Online_bool: boolean }),
    handle: async ({ management }, { HubName_str, Online_bool = true }) => {
      const outcome = await management.createHub(HubName_str, Online_bool)
      if (outcome === 'exists') {
        throw new RpcError(ERROR_CODES.hubExists, `There is a Virtual Hub "${HubName_str}" already.`)
      }
      if (outcome === 'tooMany')
        throw new RpcError(ERROR_CODES.tooManyHubs, 'There are as many Virtual Hubs as can be.')
      if (outcome !== 'created') throw invalidParameters([{ ...outcome, field: 'HubName_str' }])
      return { HubName_str, Online_bool }
    },
  }),

  DeleteHub: operation({
    summary: text('Deletes a Virtual Hub and ends its sessions', '仮想 HUB を削除し、セッションを切断する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str }),
    handle: async ({ management }, { HubName_str }) => {
      if (!(await management.deleteHub(HubName_str))) throw hubNotFound(HubName_str)
      return { HubName_str }
    },
  }),

  EnumSession: operation({
    summary: text('Lists the sessions of a hub, SecureNAT among them', 'HUB のセッション一覧 (SecureNAT を含む)'),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_str',
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, SessionList: z.array(sessionRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const host = context.management.facts().hostName
      return { HubName_str: hub.name, SessionList: hub.sessions().map((row) => describeSession(row, hub, host)) }
    },
  }),

  DeleteSession: operation({
    summary: text('Disconnects a session', 'セッションを切断する'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_str',
    params: z.object({ HubName_str: str, Name_str: str }),
    result: z.object({ HubName_str: str, Name_str: str }),
    handle: (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      if (hub.secureNatSession?.toLowerCase() === Name_str.toLowerCase()) {
        throw new RpcError(
          ERROR_CODES.secureNatSession,
          'The session of SecureNAT cannot be disconnected; disable SecureNAT instead.',
        )
      }
      const row = hub.sessions().find((session) => session.name.toLowerCase() === Name_str.toLowerCase())
      if (row === undefined || !hub.disconnect(row.name)) {
        throw new RpcError(ERROR_CODES.objectNotFound, `There is no session "${Name_str}" on this hub.`)
      }
      return { HubName_str: hub.name, Name_str: row.name }
    },
  }),
}

function describeHub(hub: ManagedHub): z.input<typeof hubRow> {
  const created = timeText(hub.createdAt)
  const { rxFrames, rxBytes } = hub.traffic()
  return {
    HubName_str: hub.name,
    Online_bool: hub.isOnline,
    HubType_u32: 0,
    NumUsers_u32: 0,
    NumGroups_u32: 0,
    NumSessions_u32: hub.sessions().length,
    NumMacTables_u32: hub.macTable().length,
    NumIpTables_u32: 0,
    NumLogin_u32: 0,
    LastLoginTime_dt: created,
    LastCommTime_dt: created,
    CreatedTime_dt: created,
    IsTrafficFilled_bool: true,
    'Ex.Recv.BroadcastBytes_u64': 0,
    'Ex.Recv.BroadcastCount_u64': 0,
    'Ex.Recv.UnicastBytes_u64': rxBytes,
    'Ex.Recv.UnicastCount_u64': rxFrames,
    'Ex.Send.BroadcastBytes_u64': 0,
    'Ex.Send.BroadcastCount_u64': 0,
    'Ex.Send.UnicastBytes_u64': 0,
    'Ex.Send.UnicastCount_u64': 0,
  }
}

function describeSession(row: SessionRow, hub: ManagedHub, serverHost: string): z.input<typeof sessionRow> {
  const connected = timeText(row.connectedAt)
  const isSecureNat = row.name === hub.secureNatSession
  return {
    Name_str: row.name,
    Username_str: row.identity.userName,
    Hostname_str: isSecureNat ? '' : row.identity.hostName,
    Ip_ip: '0.0.0.0',
    ClientIP_ip: '0.0.0.0',
    MaxNumTcp_u32: 0,
    CurrentNumTcp_u32: 0,
    PacketSize_u64: row.rxBytes + row.txBytes,
    PacketNum_u64: row.rxFrames + row.txFrames,
    RemoteSession_bool: false,
    RemoteHostname_str: serverHost,
    SecureNATMode_bool: isSecureNat,
    LinkMode_bool: false,
    // TAP devices and machines on a socket are joined as a bridged network card would be.
    BridgeMode_bool: !isSecureNat,
    Layer3Mode_bool: false,
    Client_BridgeMode_bool: true,
    Client_MonitorMode_bool: false,
    VLanId_u32: 0,
    CreatedTime_dt: connected,
    LastCommTime_dt: connected,
  }
}
