// The MAC and IP tables of a hub as an administrator sees them.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import type { IpEntry } from './ip-table.ts'
import type { MacEntry } from './mac-table.ts'
import type { Session } from './session.ts'

export interface MacTableRow {
  readonly key: number
  sessionName: string
  macAddress: MacAddress
  /** Milliseconds of the Unix epoch. */
  createdAt: number
  updatedAt: number
}

export interface IpTableRow {
  readonly key: number
  sessionName: string
  /** A number for IPv4, 32 hexadecimal digits for IPv6. */
  ipAddress: Ipv4Address | string
  /** A DHCP server gave it. */
  isDhcpAllocated: boolean
  /** Milliseconds of the Unix epoch. */
  createdAt: number
  updatedAt: number
}

/** @param epoch the Unix epoch's milliseconds at the monotonic clock's zero; so for the next one */
export function macRow(macAddress: MacAddress, entry: Readonly<MacEntry<Session>>, epoch: number): MacTableRow {
  return {
    key: entry.key,
    sessionName: entry.port.sessionName,
    macAddress,
    createdAt: epoch + entry.learnedAt,
    updatedAt: epoch + entry.lastSeenAt,
  }
}

export function ipRow(entry: Readonly<IpEntry<Session>>, epoch: number): IpTableRow {
  return {
    key: entry.key,
    sessionName: entry.session.sessionName,
    ipAddress: entry.address,
    isDhcpAllocated: entry.isDhcp,
    createdAt: epoch + entry.createdAt,
    updatedAt: epoch + entry.updatedAt,
  }
}
