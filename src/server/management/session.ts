// The sessions of a hub.

import type { SessionControl } from '../../admin/management/session.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'

export function sessionControl(_server: Server, unit: HubUnit): SessionControl {
  return {
    sessionPage: (range) => unit.hub.sessionPage(range),
    sessions: () => unit.hub.sessions(),
    disconnect: (sessionName) => unit.hub.disconnect(sessionName),
  }
}
