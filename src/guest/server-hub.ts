// The way into a hub of a running server, for `run` and `attach`: the hub's socket in the state directory.

import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Attachable } from '../hub/port.ts'
import type { StreamConnection, StreamEvents } from '../link/stream-link.ts'
import { connectStream } from '../link/stream-link.ts'
import { controlSocketPath, hubSocketPath } from '../server/state-paths.ts'
import { GuestError } from './guest-error.ts'

/** Nobody listens there, or there is nothing. */
function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR'
}

/** `undefined`: no server runs on this state directory. @throws GuestError when it runs, but not with this hub */
export async function connectServerHub(
  stateDir: string,
  hub: string,
  wireEnd: Attachable,
  events: StreamEvents,
): Promise<StreamConnection | undefined> {
  const name = hubsWithSocket(stateDir).find((candidate) => candidate.toLowerCase() === hub.toLowerCase()) ?? hub
  try {
    return await connectStream({ path: hubSocketPath(stateDir, name) }, wireEnd, events)
  } catch (error) {
    if (!isAbsence(error)) throw new GuestError(explain(error, stateDir, name))
  }
  if (!(await isServerRunning(stateDir))) return undefined
  const hubs = hubsWithSocket(stateDir).join(', ') || 'none'
  throw new GuestError(`the server on ${stateDir} has no hub "${hub}" that is online; it has: ${hubs}`)
}

function hubsWithSocket(stateDir: string): string[] {
  try {
    return readdirSync(join(stateDir, 'hubs'))
      .filter((file) => file.endsWith('.sock'))
      .map((file) => file.slice(0, -'.sock'.length))
  } catch {
    // No such directory, or not ours to read: connecting says which.
    return []
  }
}

function isServerRunning(stateDir: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocketPath(stateDir))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error) => {
      if (isAbsence(error)) resolve(false)
      else reject(new GuestError(explain(error, stateDir, undefined)))
    })
  })
}

function explain(error: unknown, stateDir: string, hub: string | undefined): string {
  const { code, message } = error as NodeJS.ErrnoException
  const what = hub === undefined ? 'the server' : `the hub "${hub}" of the server`
  if (code === 'EACCES' || code === 'EPERM')
    return `${what} on ${stateDir} belongs to another user: run this as that user or as root`
  return `${what} on ${stateDir} cannot be reached: ${message}`
}
