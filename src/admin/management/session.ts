// The sessions of a hub.

import type { SessionRow } from '../../hub/session.ts'

export interface SessionControl {
  sessions(): readonly SessionRow[]
  /** True when there was such a session. */
  disconnect(sessionName: string): boolean
}
