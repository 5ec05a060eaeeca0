// control.sock: JSON-RPC for the command line. Whoever may open the file is the administrator.
//
// The HTTP server and the operations behind it are loaded when the first connection comes: a start must not pay for them.

import { chmodSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import type { Door, Server } from './server.ts'
import { checkSocketPath } from './state-dir.ts'

/** Connections at a time; each may hold CONTROL_BODY_MAX bytes. */
export const CONTROL_CONNECTIONS_MAX = 64

export async function listenControl(path: string, server: Server): Promise<Door> {
  checkSocketPath(path)
  const open = new Set<Socket>()
  const listener = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    const name = server.nextAdministration()
    import('./control-http.ts').then(
      ({ serveControl }) => serveControl(socket, name, server),
      (error: Error) => {
        server.log.error('the control socket cannot answer', { reason: error.message })
        socket.destroy()
      },
    )
  })
  listener.maxConnections = CONTROL_CONNECTIONS_MAX
  return new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(path, () => {
      listener.off('error', reject)
      listener.on('error', (error) => server.log.error('the control socket failed', { reason: error.message }))
      // The state directory is closed to others already; this holds where somebody opened it.
      if (process.platform !== 'win32') chmodSync(path, 0o600)
      resolve({
        close: () =>
          new Promise((closed) => {
            listener.close(() => closed())
            for (const socket of open) socket.destroy()
          }),
      })
    })
  })
}
