// Operations on the TCP connections to the server.

import * as z from 'zod/mini'
import { ipText, number, str, timeText } from './fields.ts'
import type { ConnectionRow } from './management/connection.ts'
import { CONNECTION_KINDS } from './management/connection.ts'
import type { Management } from './management.ts'
import { operation, text } from './operation.ts'
import { PROTOCOL_BUILD, PROTOCOL_VERSION } from './protocol-version.ts'
import { objectNotFound } from './rpc-error.ts'

const connectionRow = z.object({
  Name_str: str,
  Hostname_str: str,
  Ip_ip: str,
  Port_u32: number,
  ConnectedTime_dt: str,
  Type_u32: number,
})

export const connectionOperations = {
  EnumConnection: operation({
    summary: text('Lists the connections to the server', 'サーバーに接続中の TCP コネクションの一覧'),
    permission: 'server',
    effect: 'reads',
    params: z.object({}),
    result: z.object({ ConnectionList: z.array(connectionRow) }),
    handle: ({ management }) => ({ ConnectionList: management.connections().map(describeRow) }),
  }),

  GetConnectionInfo: operation({
    summary: text('What is known of one connection', 'TCP コネクションの情報の取得'),
    permission: 'server',
    effect: 'reads',
    params: z.object({ Name_str: str }),
    result: z.object({
      Name_str: str,
      Type_u32: number,
      Hostname_str: str,
      Ip_ip: str,
      Port_u32: number,
      ConnectedTime_dt: str,
      ServerStr_str: str,
      ServerVer_u32: number,
      ServerBuild_u32: number,
      ClientStr_str: str,
      ClientVer_u32: number,
      ClientBuild_u32: number,
    }),
    handle: ({ management }, { Name_str }) => {
      const row = requireConnection(management, Name_str)
      return {
        ...describeRow(row),
        ServerStr_str: management.facts().productName,
        ServerVer_u32: PROTOCOL_VERSION,
        ServerBuild_u32: PROTOCOL_BUILD,
        ClientStr_str: row.clientProduct,
        ClientVer_u32: row.clientVersion,
        ClientBuild_u32: row.clientBuild,
      }
    },
  }),

  DisconnectConnection: operation({
    summary: text('Ends a connection', 'TCP コネクションを切断する'),
    permission: 'server',
    effect: 'changes',
    params: z.object({ Name_str: str }),
    result: z.object({ Name_str: str }),
    handle: ({ management }, { Name_str }) => {
      const { name } = requireConnection(management, Name_str)
      if (!management.disconnectConnection(name)) throw objectNotFound(`connection "${Name_str}"`)
      return { Name_str: name }
    },
  }),
}

function requireConnection(management: Management, name: string): ConnectionRow {
  const row = management.connections().find((connection) => connection.name.toLowerCase() === name.toLowerCase())
  if (row === undefined) throw objectNotFound(`connection "${name}"`)
  return row
}

function describeRow(row: ConnectionRow): z.input<typeof connectionRow> {
  return {
    Name_str: row.name,
    Hostname_str: row.hostName,
    Ip_ip: ipText(row.address),
    Port_u32: row.port,
    ConnectedTime_dt: timeText(row.connectedAt),
    Type_u32: CONNECTION_KINDS.indexOf(row.kind),
  }
}
