// Operations on the MAC and the IP table of a hub.

import * as z from 'zod/mini'
import type { IpTableRow, MacTableRow } from '../hub/table-rows.ts'
import { formatIpv6 } from '../wire/ipv6-address.ts'
import { boolean, ipText, macText, number, str, timeText, u32 } from './fields.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { pageParams, pageResult, rangeOf } from './paging.ts'
import { objectNotFound } from './rpc-error.ts'

const pagedParams = z.object({ HubName_str: str, ...pageParams })
const keyParams = z.object({ HubName_str: str, Key_u32: u32 })
const keyResult = z.object({ HubName_str: str, Key_u32: number })

const macRow = z.object({
  Key_u32: number,
  SessionName_str: str,
  MacAddress_bin: str,
  VlanId_u32: number,
  CreatedTime_dt: str,
  UpdatedTime_dt: str,
  RemoteItem_bool: boolean,
  RemoteHostname_str: str,
})

const ipRow = z.object({
  Key_u32: number,
  SessionName_str: str,
  Ip_ip: str,
  IpV6_ip: str,
  IpAddress_ip: str,
  DhcpAllocated_bool: boolean,
  CreatedTime_dt: str,
  UpdatedTime_dt: str,
  RemoteItem_bool: boolean,
  RemoteHostname_str: str,
})

export const tableOperations = {
  EnumCounter: operation({
    summary: text(
      'What a hub and its SecureNAT have counted since they were started; docs/limits.md says what the names mean',
      'HUB と SecureNAT の開始からのカウンター一覧 (名前の意味は docs/limits.md)',
    ),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: z.object({
      HubName_str: str,
      NumItem_u32: number,
      CounterList: z.array(z.object({ Name_str: str, Value_u64: number })),
    }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const CounterList = Array.from(hub.counters(), ([Name_str, Value_u64]) => ({ Name_str, Value_u64 }))
      return { HubName_str: hub.name, NumItem_u32: CounterList.length, CounterList }
    },
  }),

  EnumMacTable: operation({
    summary: text('The MAC address table of a hub', 'HUB の MAC アドレステーブル'),
    ...READS_HUB,
    isShared: true,
    params: pagedParams,
    result: z.object({ HubName_str: str, ...pageResult, MacTable: z.array(macRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const host = context.management.facts().hostName
      const { total, rows } = hub.macTable(rangeOf(params))
      return { HubName_str: hub.name, NumItem_u32: total, MacTable: rows.map((row) => describeMac(row, host)) }
    },
  }),

  DeleteMacTable: operation({
    summary: text('Forgets a MAC address', 'MAC アドレステーブルのエントリを削除する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_delete_mactable',
    params: keyParams,
    result: keyResult,
    handle: (context, { HubName_str, Key_u32 }) => {
      const hub = requireHub(context, HubName_str)
      if (!hub.deleteMac(Key_u32)) throw objectNotFound(`MAC address with the Key_u32 ${Key_u32}`)
      return { HubName_str: hub.name, Key_u32 }
    },
  }),

  EnumIpTable: operation({
    summary: text('The IP address table of a hub', 'HUB の IP アドレステーブル'),
    ...READS_HUB,
    isShared: true,
    params: pagedParams,
    result: z.object({ HubName_str: str, ...pageResult, IpTable: z.array(ipRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const host = context.management.facts().hostName
      const { total, rows } = hub.ipTable(rangeOf(params))
      return { HubName_str: hub.name, NumItem_u32: total, IpTable: rows.map((row) => describeIp(row, host)) }
    },
  }),

  DeleteIpTable: operation({
    summary: text('Forgets an IP address', 'IP アドレステーブルのエントリを削除する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_delete_iptable',
    params: keyParams,
    result: keyResult,
    handle: (context, { HubName_str, Key_u32 }) => {
      const hub = requireHub(context, HubName_str)
      if (!hub.deleteIp(Key_u32)) throw objectNotFound(`IP address with the Key_u32 ${Key_u32}`)
      return { HubName_str: hub.name, Key_u32 }
    },
  }),
}

function describeMac(row: MacTableRow, serverHost: string): z.input<typeof macRow> {
  return {
    Key_u32: row.key,
    SessionName_str: row.sessionName,
    MacAddress_bin: macText(row.macAddress),
    VlanId_u32: 0,
    CreatedTime_dt: timeText(Math.round(row.createdAt)),
    UpdatedTime_dt: timeText(Math.round(row.updatedAt)),
    RemoteItem_bool: false,
    RemoteHostname_str: serverHost,
  }
}

function describeIp(row: IpTableRow, serverHost: string): z.input<typeof ipRow> {
  const address = typeof row.ipAddress === 'number' ? ipText(row.ipAddress) : formatIpv6(bytesOfHex(row.ipAddress))
  return {
    Key_u32: row.key,
    SessionName_str: row.sessionName,
    Ip_ip: typeof row.ipAddress === 'number' ? address : '0.0.0.0',
    IpV6_ip: address,
    IpAddress_ip: address,
    DhcpAllocated_bool: row.isDhcpAllocated,
    CreatedTime_dt: timeText(Math.round(row.createdAt)),
    UpdatedTime_dt: timeText(Math.round(row.updatedAt)),
    RemoteItem_bool: false,
    RemoteHostname_str: serverHost,
  }
}

function bytesOfHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
