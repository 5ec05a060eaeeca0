// The server as the management operations see it (admin/management.ts), put together from one file for each area.

import type { ManagedHub, Management } from '../../admin/management.ts'
import { SharedAnswers } from '../../admin/shared-answers.ts'
import type { HubConfig } from '../config/hub.ts'
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

/** Made once: pollers ask for it many times a second. */
const managements = new WeakMap<Server, Management>()
const managedHubs = new WeakMap<HubUnit, Managed>()

/** A hub, and what of its unit was copied into it: it holds as long as these are the same. */
interface Managed {
  readonly config: HubConfig
  readonly secureNatSession: string | undefined
  readonly hub: ManagedHub
}

export function serverManagement(server: Server): Management {
  const known = managements.get(server)
  if (known !== undefined) return known
  const management = newManagement(server)
  managements.set(server, management)
  return management
}

function newManagement(server: Server): Management {
  return {
    ...serverControl(server),
    ...doorControl(server),
    answers: new SharedAnswers(() => performance.now()),
    hubs: () => Array.from(server.hubUnits(), (unit) => managedHub(server, unit)),
    hub: (name) => {
      const unit = server.hubUnit(name)
      return unit === undefined ? undefined : managedHub(server, unit)
    },
  }
}

function managedHub(server: Server, unit: HubUnit): ManagedHub {
  const { config } = unit
  const secureNatSession = unit.secureNat?.sessionName
  const known = managedHubs.get(unit)
  if (known?.config === config && known.secureNatSession === secureNatSession) return known.hub
  const hub = newManagedHub(server, unit)
  managedHubs.set(unit, { config, secureNatSession, hub })
  return hub
}

function newManagedHub(server: Server, unit: HubUnit): ManagedHub {
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
