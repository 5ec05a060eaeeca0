// The sessions of a hub.

import type { Page, PageRange } from '../../hub/page.ts'
import type { SessionRow } from '../../hub/session.ts'

export interface SessionControl {
  /** Oldest first; so the next one. */
  sessionPage(range: PageRange): Page<SessionRow>
  sessions(): readonly SessionRow[]
  /** True when there was such a session. */
  disconnect(sessionName: string): boolean
}
