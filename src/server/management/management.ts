// The server as the management operations see it (admin/management.ts), put together from one file for each area.

import type { ManagedHub, Management } from '../../admin/management.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import { cascadeControl } from './cascade.ts'
import { dnsControl } from './dns.ts'
import { doorControl } from './door.ts'
import { egressControl } from './egress.ts'
import { hubControl } from './hub.ts'
import { inboundControl } from './inbound.ts'
import { secureNatControl } from './securenat.ts'
import { serverControl } from './server.ts'
import { sessionControl } from './session.ts'

export function serverManagement(server: Server): Management {
  return {
    ...serverControl(server),
    ...doorControl(server),
    hubs: () => Array.from(server.hubUnits(), (unit) => managedHub(server, unit)),
    hub: (name) => {
      const unit = server.hubUnit(name)
      return unit === undefined ? undefined : managedHub(server, unit)
    },
  }
}

function managedHub(server: Server, unit: HubUnit): ManagedHub {
  return {
    ...hubControl(server, unit),
    ...secureNatControl(server, unit),
    ...egressControl(server, unit),
    ...inboundControl(server, unit),
    ...dnsControl(server, unit),
    ...sessionControl(server, unit),
    ...cascadeControl(server, unit),
  }
}
