// The server as a whole, its set of hubs, its log files and the connections to it.

import type { HubSettings } from '../hub-settings.ts'
import type { LogOptions } from '../log-settings.ts'
import type { SettingFault } from './setting-fault.ts'

export interface ServerFacts {
  readonly productName: string
  readonly version: string
  readonly hostName: string
  readonly startedAt: number
  readonly operatingSystem: OperatingSystem
}

export interface OperatingSystem {
  /** SoftEther's number: 3100 is Linux. */
  readonly type: number
  readonly system: string
  readonly product: string
  readonly vendor: string
  readonly version: string
  readonly kernel: string
  readonly kernelVersion: string
}

export interface ServerStatus {
  /** Milliseconds of the Unix epoch. */
  readonly now: number
  /** Monotonic milliseconds. */
  readonly tick: number
  readonly tcpConnections: number
  /** Bytes of this computer's memory. */
  readonly totalMemory: number
  readonly freeMemory: number
}

export interface LogFileRow {
  /** Below the directory of logs, with `/`. */
  readonly path: string
  /** Whose log it is; `undefined`: the server's. */
  readonly hub: string | undefined
  readonly size: number
  /** Milliseconds of the Unix epoch. */
  readonly updatedAt: number
}

/** What people are shown of a certificate. */
export interface CertificateFacts {
  /** The parts of the name, separated by commas; so for the next one. */
  readonly subject: string
  readonly issuer: string
  /** Milliseconds of the Unix epoch. */
  readonly expiresAt: number
}

export interface ServerControl {
  facts(): ServerFacts
  status(): ServerStatus
  /** A fault of the name, or that there are too many already. */
  createHub(name: string, settings: Partial<HubSettings>): Promise<'created' | 'exists' | 'tooMany' | SettingFault>
  deleteHub(name: string): Promise<boolean>
  /** Writes what is only in memory. @returns the length of the configuration file in bytes */
  flush(): Promise<number>
  configText(): string
  /** Nothing is changed when faults are answered, each a sentence with its path. */
  replaceConfig(text: string): Promise<readonly string[]>
  /** @param certificate DER. @returns `undefined` for bytes that are none */
  certificateFacts(certificate: Uint8Array): CertificateFacts | undefined
  logSettings(): LogOptions
  changeLogSettings(patch: Partial<LogOptions>): Promise<void>
  logFiles(): Promise<readonly LogFileRow[]>
  /** `undefined`: there is no such log file. Past its end: no bytes. */
  readLogFile(path: string, offset: number, length: number): Promise<Uint8Array | undefined>
}
