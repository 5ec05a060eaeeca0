// The server as a whole, and its set of hubs.

import type { SettingFault } from './setting-fault.ts'

export interface ServerFacts {
  readonly productName: string
  readonly version: string
  readonly hostName: string
  readonly startedAt: number
}

export interface ServerControl {
  facts(): ServerFacts
  /** A fault of the name, or that there are too many already. */
  createHub(name: string, online: boolean): Promise<'created' | 'exists' | 'tooMany' | SettingFault>
  deleteHub(name: string): Promise<boolean>
}
