// One hub as a whole.

import type { MacTableRow } from '../../hub/hub.ts'

export interface HubControl {
  readonly name: string
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number
  readonly isOnline: boolean
  macTable(): readonly MacTableRow[]
  /** What came into the hub since it was started. */
  traffic(): { readonly rxFrames: number; readonly rxBytes: number }
}
