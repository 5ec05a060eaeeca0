// What is behind the doors to the network: the HTTP paths, and the protocols spoken inside TLS. Loaded when guests can attach already.

import type { Server } from '../server.ts'
import type { NetworkOptions } from './network-doors.ts'
import { NetworkDoors } from './network-doors.ts'

export function openNetwork(server: Server, options: NetworkOptions): Promise<NetworkDoors> {
  return NetworkDoors.open(
    {
      stateDir: server.stateDir,
      log: server.log,
      config: () => server.config,
      routes: [],
      protocols: [],
    },
    options,
  )
}
