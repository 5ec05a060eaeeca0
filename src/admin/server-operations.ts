// Operations on the server as a whole.

import * as z from 'zod/mini'
import { addCounters, newSessionCounters } from '../hub/session.ts'
import { capabilities } from './capabilities.ts'
import { bin, binText, boolean, number, str, timeText, u32 } from './fields.ts'
import type { Management } from './management.ts'
import { operation, text } from './operation.ts'
import { PROTOCOL_BUILD, PROTOCOL_VERSION } from './protocol-version.ts'
import { ERROR_CODES, invalidParameters, notSupported, RpcError } from './rpc-error.ts'
import { describeTraffic, trafficFields } from './traffic-fields.ts'

const CONFIG_FILE = 'securenat.json'
/** The original's, of a server in no cluster. */
const FARM_WEIGHT = 100

/** The original's record of small calls. */
const testRecord = z.object({ IntValue_u32: number, Int64Value_u64: number, StrValue_str: str, UniStrValue_utf: str })
const configRecord = z.object({ FileName_str: str, FileData_bin: str })

export const serverOperations = {
  Test: operation({
    summary: text('Answers what was sent, to try a connection', '送られた値をそのまま返す (接続の確認用)'),
    permission: 'any',
    effect: 'reads',
    params: z.object({ IntValue_u32: z.optional(u32) }),
    result: testRecord,
    handle: (_context, { IntValue_u32 = 0 }) => ({
      IntValue_u32,
      Int64Value_u64: 0,
      StrValue_str: String(IntValue_u32),
      UniStrValue_utf: '',
    }),
  }),

  GetServerInfo: operation({
    summary: text('What program this is, and where it runs', 'サーバープログラムと動作環境の情報'),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({
      ServerProductName_str: str,
      ServerVersionString_str: str,
      ServerBuildInfoString_str: str,
      ServerVerInt_u32: number,
      ServerBuildInt_u32: number,
      ServerHostName_str: str,
      ServerType_u32: number,
      ServerBuildDate_dt: str,
      ServerFamilyName_str: str,
      ServerStartTime_dt: str,
      OsType_u32: number,
      OsServicePack_u32: number,
      OsSystemName_str: str,
      OsProductName_str: str,
      OsVendorName_str: str,
      OsVersion_str: str,
      KernelName_str: str,
      KernelVersion_str: str,
    }),
    handle: ({ management }) => {
      const { productName, version, hostName, startedAt, operatingSystem: system } = management.facts()
      return {
        ServerProductName_str: productName,
        ServerVersionString_str: `Version ${version}`,
        ServerBuildInfoString_str: `securenat ${version}`,
        ServerVerInt_u32: PROTOCOL_VERSION,
        ServerBuildInt_u32: PROTOCOL_BUILD,
        ServerHostName_str: hostName,
        ServerType_u32: 0,
        ServerBuildDate_dt: timeText(undefined),
        ServerFamilyName_str: 'securenat',
        ServerStartTime_dt: timeText(startedAt),
        OsType_u32: system.type,
        OsServicePack_u32: 0,
        OsSystemName_str: system.system,
        OsProductName_str: system.product,
        OsVendorName_str: system.vendor,
        OsVersion_str: system.version,
        KernelName_str: system.kernel,
        KernelVersion_str: system.kernelVersion,
      }
    },
  }),

  GetFarmSetting: operation({
    summary: text('The clustering setting: this server stands alone', 'クラスタリング設定の取得 (常にスタンドアロン)'),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({
      ServerType_u32: number,
      PublicIp_ip: str,
      ControllerName_str: str,
      ControllerPort_u32: number,
      MemberPassword_bin: str,
      MemberPasswordPlaintext_str: str,
      Weight_u32: number,
      ControllerOnly_bool: boolean,
    }),
    handle: () => ({
      ServerType_u32: 0,
      PublicIp_ip: '0.0.0.0',
      ControllerName_str: '',
      ControllerPort_u32: 0,
      MemberPassword_bin: '',
      MemberPasswordPlaintext_str: '',
      Weight_u32: FARM_WEIGHT,
      ControllerOnly_bool: false,
    }),
  }),

  GetServerStatus: operation({
    summary: text('How the server is doing: hubs, sessions, tables and traffic', 'サーバーの現在の状態の取得'),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({
      ServerType_u32: number,
      NumHubTotal_u32: number,
      NumHubStandalone_u32: number,
      NumHubStatic_u32: number,
      NumHubDynamic_u32: number,
      NumSessionsTotal_u32: number,
      NumSessionsLocal_u32: number,
      NumSessionsRemote_u32: number,
      NumTcpConnections_u32: number,
      NumTcpConnectionsLocal_u32: number,
      NumTcpConnectionsRemote_u32: number,
      NumMacTables_u32: number,
      NumIpTables_u32: number,
      NumUsers_u32: number,
      NumGroups_u32: number,
      CurrentTime_dt: str,
      CurrentTick_u64: number,
      AssignedBridgeLicenses_u32: number,
      AssignedClientLicenses_u32: number,
      AssignedBridgeLicensesTotal_u32: number,
      AssignedClientLicensesTotal_u32: number,
      StartTime_dt: str,
      ...trafficFields,
      TotalMemory_u64: number,
      UsedMemory_u64: number,
      FreeMemory_u64: number,
      TotalPhys_u64: number,
      UsedPhys_u64: number,
      FreePhys_u64: number,
    }),
    handle: ({ management }) => describeStatus(management),
  }),

  GetCaps: operation({
    summary: text('What this server can do, by SoftEther’s names of capabilities', 'サーバーの機能一覧の取得'),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({
      CapsList: z.array(z.object({ CapsName_str: str, CapsValue_u32: number, CapsDescrption_utf: str })),
    }),
    handle: () => ({
      CapsList: Object.entries(capabilities()).map(([CapsName_str, CapsValue_u32]) => ({
        CapsName_str,
        CapsValue_u32,
        CapsDescrption_utf: CapsName_str,
      })),
    }),
  }),

  Flush: operation({
    summary: text(
      'Writes the configuration now; answers its bytes (it is always up to date already)',
      '設定ファイルを保存し、バイト数を返す (設定は常に保存済み)',
    ),
    permission: 'server',
    effect: 'changes',
    params: z.object({}),
    result: testRecord,
    handle: async ({ management }) => ({
      IntValue_u32: await management.flush(),
      Int64Value_u64: 0,
      StrValue_str: '',
      UniStrValue_utf: '',
    }),
  }),

  RebootServer: operation({
    summary: text('Refused: whoever started the server starts it again', '未対応: サーバーの再起動は起動元で行う'),
    permission: 'server',
    effect: 'changes',
    params: z.object({}),
    result: testRecord,
    handle: () => {
      throw notSupported(
        'The server does not restart itself: end its process and start it again, or send it SIGHUP to read its configuration.',
      )
    },
  }),

  GetConfig: operation({
    summary: text(
      'The whole configuration, with its hashes of passwords',
      '設定ファイル全体の取得 (パスワードのハッシュを含む)',
    ),
    permission: 'server',
    effect: 'reads',
    params: z.object({}),
    result: configRecord,
    handle: ({ management, role }) => {
      // A viewer's secrets are taken out by field; this field is one.
      const data = role.kind === 'server' ? new TextEncoder().encode(management.configText()) : new Uint8Array()
      return { FileName_str: CONFIG_FILE, FileData_bin: binText(data) }
    },
  }),

  SetConfig: operation({
    summary: text(
      'Replaces the whole configuration, at once; refused whole with every fault',
      '設定ファイル全体の置き換え (誤りがあればすべて拒否する)',
    ),
    permission: 'server',
    effect: 'changes',
    params: z.object({ FileName_str: z.optional(str), FileData_bin: bin() }),
    result: configRecord,
    handle: async ({ management }, { FileData_bin }) => {
      const faults = await management.replaceConfig(configTextOf(FileData_bin))
      if (faults.length > 0) throw new RpcError(ERROR_CODES.invalidParameter, `FileData_bin: ${faults.join('; ')}`)
      return { FileName_str: CONFIG_FILE, FileData_bin: '' }
    },
  }),
}

function configTextOf(data: Uint8Array): string {
  try {
    // With or without a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(data)
  } catch {
    throw invalidParameters([
      { field: 'FileData_bin', allowed: 'UTF-8 text', actual: `${data.length} bytes that are none` },
    ])
  }
}

function describeStatus(management: Management) {
  const status = management.status()
  const traffic = newSessionCounters()
  const total = { sessions: 0, macs: 0, ips: 0, users: 0, groups: 0, clients: 0, bridges: 0 }
  const hubs = management.hubs()
  for (const hub of hubs) {
    const activity = hub.activity()
    const { users, groups } = hub.settings()
    addCounters(traffic, activity.traffic)
    total.sessions += activity.sessions
    total.macs += activity.macTableSize
    total.ips += activity.ipTableSize
    total.clients += activity.clientSessions
    total.bridges += activity.bridgeSessions
    total.users += users.length
    total.groups += groups.length
  }
  const used = status.totalMemory - status.freeMemory
  return {
    ServerType_u32: 0,
    NumHubTotal_u32: hubs.length,
    NumHubStandalone_u32: hubs.length,
    NumHubStatic_u32: 0,
    NumHubDynamic_u32: 0,
    NumSessionsTotal_u32: total.sessions,
    NumSessionsLocal_u32: total.sessions,
    NumSessionsRemote_u32: 0,
    NumTcpConnections_u32: status.tcpConnections,
    NumTcpConnectionsLocal_u32: status.tcpConnections,
    NumTcpConnectionsRemote_u32: 0,
    NumMacTables_u32: total.macs,
    NumIpTables_u32: total.ips,
    NumUsers_u32: total.users,
    NumGroups_u32: total.groups,
    CurrentTime_dt: timeText(status.now),
    CurrentTick_u64: status.tick,
    AssignedBridgeLicenses_u32: total.bridges,
    AssignedClientLicenses_u32: total.clients,
    AssignedBridgeLicensesTotal_u32: total.bridges,
    AssignedClientLicensesTotal_u32: total.clients,
    StartTime_dt: timeText(management.facts().startedAt),
    ...describeTraffic(traffic),
    TotalMemory_u64: status.totalMemory,
    UsedMemory_u64: used,
    FreeMemory_u64: status.freeMemory,
    TotalPhys_u64: status.totalMemory,
    UsedPhys_u64: used,
    FreePhys_u64: status.freeMemory,
  }
}
