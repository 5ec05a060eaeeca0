// Starts a server with everything that belongs to it. What `serve` runs, and `run` where no server is running.

import { listenControl } from './control-socket.ts'
import type { FirstStart, ServerOptions } from './server.ts'
import { Server } from './server.ts'
import { controlSocketPath } from './state-paths.ts'

export function startServer(options: ServerOptions): Promise<{ server: Server; first: FirstStart | undefined }> {
  return Server.start(options, {
    control: (server) => listenControl(controlSocketPath(options.stateDir), server),
    network: async (server, network) => {
      const { openNetwork } = await import('./doors/open-network.ts')
      return openNetwork(server, network)
    },
  })
}
