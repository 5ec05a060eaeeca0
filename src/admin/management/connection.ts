// The TCP connections to the server, whatever they are for.

import type { Ipv4Address } from '../../wire/ipv4-address.ts'

/** SoftEther's kinds of connections, in the order of its numbers. */
export const CONNECTION_KINDS = [
  'client',
  'initializing',
  'login',
  'additional',
  'farm',
  'administration',
  'enumerateHubs',
  'passwordChange',
] as const
export type ConnectionKind = (typeof CONNECTION_KINDS)[number]

export interface ConnectionRow {
  /** `CID-3` */
  readonly name: string
  readonly kind: ConnectionKind
  readonly address: Ipv4Address
  readonly port: number
  readonly hostName: string
  /** Milliseconds of the Unix epoch. */
  readonly connectedAt: number
  readonly clientProduct: string
  readonly clientVersion: number
  readonly clientBuild: number
}

export interface ConnectionControl {
  connections(): readonly ConnectionRow[]
  /** True when there was such a connection. */
  disconnectConnection(name: string): boolean
}
