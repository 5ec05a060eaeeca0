// What the operations need of a server: one small interface for each area, joined here. The server implements each in a file of
// its own (server/management/); tests use made-up ones.

import type { CascadeControl } from './management/cascade.ts'
import type { ConnectionControl } from './management/connection.ts'
import type { DnsControl } from './management/dns.ts'
import type { DoorControl } from './management/door.ts'
import type { EgressControl } from './management/egress.ts'
import type { HubControl } from './management/hub.ts'
import type { InboundControl } from './management/inbound.ts'
import type { SecureNatControl } from './management/securenat.ts'
import type { ServerControl } from './management/server.ts'
import type { SessionControl } from './management/session.ts'
import type { SharedAnswers } from './shared-answers.ts'

export interface ManagedHub
  extends HubControl,
    SecureNatControl,
    EgressControl,
    InboundControl,
    SessionControl,
    CascadeControl,
    DnsControl {}

export interface Management extends ServerControl, DoorControl, ConnectionControl {
  /** What administrators were told a moment ago, where that is kept. */
  readonly answers?: SharedAnswers
  hubs(): readonly ManagedHub[]
  /** Compared without case. */
  hub(name: string): ManagedHub | undefined
}
