// What is behind the doors to the network: the HTTP paths, and the protocols spoken inside TLS. Loaded when guests can attach already.

import { Administrators } from '../administrators.ts'
import type { Server } from '../server.ts'
import { eventsRoute } from './events-route.ts'
import { jsonRpcRoutes } from './json-rpc-route.ts'
import type { NetworkOptions } from './network-doors.ts'
import { NetworkDoors } from './network-doors.ts'
import { vpnAdministration } from './vpn-administration.ts'
import { VpnDoor } from './vpn-door.ts'

export async function openNetwork(server: Server, options: NetworkOptions): Promise<NetworkDoors> {
  const administrators = new Administrators({
    administrator: () => server.config.administrator,
    hub: (name) => {
      const config = server.hubUnit(name)?.config
      return config && { name: config.name, password: config.adminPassword }
    },
    log: server.log,
  })
  const events = eventsRoute(server, administrators)
  const vpn = new VpnDoor(server, vpnAdministration(server, administrators))
  const doors = await NetworkDoors.open(
    {
      stateDir: server.stateDir,
      log: server.log,
      connections: server.connections,
      config: () => server.config,
      routes: [events, ...jsonRpcRoutes(server, administrators)],
      closing: () => {
        events.close()
        vpn.close()
      },
      protocols: [vpn],
    },
    options,
  )
  vpn.holdCertificate = (address) => doors.tls.hold(address)
  return doors
}
