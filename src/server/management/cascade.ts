// The cascades of a hub while they run.

import type { CascadeControl } from '../../admin/management/cascade.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'

export function cascadeControl(_server: Server, unit: HubUnit): CascadeControl {
  return { cascadeStatus: (name) => unit.cascades?.cascadeStatus(name) }
}
