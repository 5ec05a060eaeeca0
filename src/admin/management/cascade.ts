// The cascades of a hub while they run. Their settings are among those of the hub.

import type { SessionCounters } from '../../hub/session.ts'

export type CascadeState = 'connecting' | 'negotiating' | 'authenticating' | 'established' | 'retrying' | 'idle'

export interface CascadeStatus {
  readonly state: CascadeState
  /** SoftEther's number of what ended the last attempt; 0: nothing has. */
  readonly lastError: number
  /** Milliseconds of the Unix epoch: of the first attempt, of the first session and of this one. */
  readonly startedAt: number
  readonly firstEstablishedAt: number | undefined
  readonly establishedAt: number | undefined
  readonly timesEstablished: number
  readonly serverProduct: string
  readonly serverVersion: number
  readonly serverBuild: number
  readonly sessionName: string
  readonly connectionName: string
  readonly cipherName: string
  readonly tcpConnections: number
  readonly maxTcpConnections: number
  readonly usesEncryption: boolean
  readonly usesCompression: boolean
  readonly isHalfDuplex: boolean
  readonly traffic: Readonly<SessionCounters>
  readonly wireBytesSent: number
  readonly wireBytesReceived: number
}

export interface CascadeControl {
  /** `undefined`: it is offline, or nothing runs cascades. */
  cascadeStatus(name: string): CascadeStatus | undefined
}
