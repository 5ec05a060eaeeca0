// Operations on the tables of a hub's SecureNAT: its NAT sessions and its DHCP leases.

import * as z from 'zod/mini'
import type { NatProtocol, NatSessionRow, TcpStatus } from '../nat/rows.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import { ipText, littleEndian, macText, number, str, timeText, u32 } from './fields.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { isWhole, pageParams, pageResult, partOf, rangeOf } from './paging.ts'
import { objectNotFound } from './rpc-error.ts'

const PROTOCOL_NUMBERS: Readonly<Record<NatProtocol, number>> = { TCP: 0, UDP: 1, DNS: 2, ICMP: 3 }
/** 1 is "sending reset", which is over at once here. */
const TCP_STATUS_NUMBERS: Readonly<Record<TcpStatus, number>> = {
  connecting: 0,
  connected: 2,
  established: 3,
  disconnecting: 4,
}

const pagedParams = z.object({ HubName_str: str, ...pageParams })

const natRow = z.object({
  Id_u32: number,
  Protocol_u32: number,
  SrcIp_ip: str,
  SrcHost_str: str,
  SrcPort_u32: number,
  DestIp_ip: str,
  DestHost_str: str,
  DestPort_u32: number,
  CreatedTime_dt: str,
  LastCommTime_dt: str,
  SendSize_u64: number,
  RecvSize_u64: number,
  TcpStatus_u32: number,
})

const leaseRow = z.object({
  Id_u32: number,
  LeasedTime_dt: str,
  ExpireTime_dt: str,
  MacAddress_bin: str,
  IpAddress_ip: str,
  Mask_u32: number,
  Hostname_str: str,
})

export const secureNatTableOperations = {
  EnumNAT: operation({
    summary: text(
      'The NAT session table, by addresses and ports, a page of it by Id_u32; empty while SecureNAT is off',
      '仮想 NAT のセッション一覧 (アドレスとポートの順、ページ指定時は Id_u32 の順。SecureNAT が無効の間は空)',
    ),
    ...READS_HUB,
    isShared: true,
    params: pagedParams,
    result: z.object({ HubName_str: str, ...pageResult, NatTable: z.array(natRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const { total, rows } = hub.natTable(rangeOf(params))
      // A page needs an order in which new sessions come last, and which costs nothing: that of the ids.
      if (isWhole(params)) rows.sort(byFlow)
      return { HubName_str: hub.name, NumItem_u32: total, NatTable: rows.map(describeSession) }
    },
  }),

  DeleteNAT: operation({
    summary: text(
      'Ends one session of the NAT session table; the guest sees a reset',
      '仮想 NAT のセッションを 1 つ切断する (ゲストには RST が届く)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, Id_u32: u32 }),
    result: z.object({ HubName_str: str, Id_u32: number }),
    handle: (context, { HubName_str, Id_u32 }) => {
      const hub = requireHub(context, HubName_str)
      if (!hub.deleteNatSession(Id_u32)) throw objectNotFound(`NAT session with the Id_u32 ${Id_u32}`)
      return { HubName_str: hub.name, Id_u32 }
    },
  }),

  EnumDHCP: operation({
    summary: text(
      'The DHCP lease table; empty while SecureNAT is off',
      '仮想 DHCP サーバーのリース一覧 (SecureNAT が無効の間は空)',
    ),
    ...READS_HUB,
    isShared: true,
    params: pagedParams,
    result: z.object({ HubName_str: str, ...pageResult, DhcpTable: z.array(leaseRow) }),
    handle: (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const mask = littleEndian(hub.secureNatOptions().dhcp.subnetMask)
      const leases = hub.leaseTable()
      const DhcpTable = partOf(leases, params).map((lease) => ({
        Id_u32: lease.id,
        LeasedTime_dt: timeText(lease.leasedAt),
        ExpireTime_dt: timeText(lease.expiresAt),
        MacAddress_bin: macText(lease.macAddress),
        IpAddress_ip: ipText(lease.ipAddress),
        Mask_u32: mask,
        Hostname_str: lease.hostName,
      }))
      return { HubName_str: hub.name, NumItem_u32: leases.length, DhcpTable }
    },
  }),
}

function describeSession(row: NatSessionRow): z.input<typeof natRow> {
  const internal = formatIpv4(row.internalAddress)
  const destination = formatIpv4(row.destinationAddress)
  return {
    Id_u32: row.id,
    Protocol_u32: PROTOCOL_NUMBERS[row.protocol],
    SrcIp_ip: internal,
    SrcHost_str: internal,
    SrcPort_u32: row.internalPort,
    DestIp_ip: destination,
    DestHost_str: destination,
    DestPort_u32: row.destinationPort,
    CreatedTime_dt: timeText(row.createdAt),
    LastCommTime_dt: timeText(row.lastCommunicationAt),
    SendSize_u64: row.sentBytes,
    RecvSize_u64: row.receivedBytes,
    TcpStatus_u32: row.tcpStatus === undefined ? 0 : TCP_STATUS_NUMBERS[row.tcpStatus],
  }
}

/** The original's order: by source address, destination address, source port, destination port. */
function byFlow(a: NatSessionRow, b: NatSessionRow): number {
  return (
    a.internalAddress - b.internalAddress ||
    a.destinationAddress - b.destinationAddress ||
    a.internalPort - b.internalPort ||
    a.destinationPort - b.destinationPort
  )
}
