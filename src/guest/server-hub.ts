// The way into a hub of a running server, for `run` and `attach`.
//
// Either the server takes the TAP device over (taps/NAME.sock, see link/tap-handover.ts): nothing of ours stands in the
// frames' way then. Or, where it does not offer that (another platform, an older version), frames are carried here between
// the device and the hub's stream socket (hubs/NAME.sock), super-frames split.

import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { StreamConnection } from '../link/stream-link.ts'
import { connectStream } from '../link/stream-link.ts'
import type { TapDevice } from '../link/tap-device.ts'
import { TapError } from '../link/tap-device.ts'
import { TapHandover } from '../link/tap-handover.ts'
import { TapLink } from '../link/tap-link.ts'
import { Wire } from '../link/wire.ts'
import { LibcUnavailable, OsError } from '../os/libc.ts'
import { controlSocketPath, hubSocketPath, tapSocketPath } from '../server/state-paths.ts'
import { GuestError } from './guest-error.ts'

export interface JoinOptions {
  readonly gso: boolean
  /** For people: `tap0` or `tap0@guest`. */
  readonly hostName: string
  /** The device is on the hub no longer, not by our wish. Called once. `reason` is for people. */
  readonly ended: (reason: string) => void
}

/** A hub that one TAP device can be joined to. */
export interface GuestHub {
  /**
   * The device's descriptor is the hub's from now on, whatever comes of it.
   * @returns the hub's MTU, if it says @throws GuestError
   */
  join(device: TapDevice, options: JoinOptions): Promise<number | undefined>
  /** What the device has sent is delivered; then it leaves and, unless it is persistent, is gone. */
  close(): Promise<void>
}

/** `undefined`: no server runs on this state directory. @throws GuestError when it runs, but not with this hub */
export async function connectServerHub(stateDir: string, hub: string): Promise<GuestHub | undefined> {
  const name = hubsWithSocket(stateDir).find((candidate) => candidate.toLowerCase() === hub.toLowerCase()) ?? hub
  const handover = connectHandover(tapSocketPath(stateDir, name))
  if (handover !== undefined) return new HandoverHub(handover)
  const bridge = new BridgedHub()
  try {
    await bridge.connect(hubSocketPath(stateDir, name))
    return bridge
  } catch (error) {
    if (!isAbsence(error)) throw new GuestError(explain(error, stateDir, name))
  }
  if (!(await isServerRunning(stateDir))) return undefined
  const hubs = hubsWithSocket(stateDir).join(', ') || 'none'
  throw new GuestError(`the server on ${stateDir} has no hub "${hub}" that is online; it has: ${hubs}`)
}

/** Whatever keeps us out keeps us out of the other socket too, which says why; or this one is just not there. */
function connectHandover(path: string): TapHandover | undefined {
  try {
    return TapHandover.connect(path)
  } catch (error) {
    if (error instanceof OsError || error instanceof LibcUnavailable) return undefined
    throw error
  }
}

class HandoverHub implements GuestHub {
  readonly #handover: TapHandover

  constructor(handover: TapHandover) {
    this.#handover = handover
  }

  async join(device: TapDevice, { gso, hostName, ended }: JoinOptions): Promise<number | undefined> {
    try {
      return (await this.#handover.give(device.fd, { name: hostName, gso }, ended)).mtu
    } catch (error) {
      if (error instanceof TapError) throw new GuestError(error.message)
      throw error
    }
  }

  close(): Promise<void> {
    return this.#handover.close()
  }
}

class BridgedHub implements GuestHub {
  readonly #wire = new Wire()
  #connection: StreamConnection | undefined
  #link: TapLink | undefined
  #ended: ((reason: string) => void) | undefined
  /** The connection ended before anybody could be told. */
  #lost: string | undefined

  /** @throws what connecting says */
  async connect(path: string): Promise<void> {
    const detached = (_session: string, reason: string) => this.#end(reason)
    this.#connection = await connectStream({ path }, this.#wire.b, { detached })
  }

  async join(device: TapDevice, { gso, hostName, ended }: JoinOptions): Promise<undefined> {
    const closed = (reason: string) => this.#end(reason)
    this.#link = new TapLink(this.#wire.a, device, { gso, hostName }, { closed })
    this.#ended = ended
    if (this.#lost !== undefined) this.#end(this.#lost)
  }

  async close(): Promise<void> {
    this.#ended = undefined
    this.#link?.finish()
    await this.#connection?.close()
  }

  #end(reason: string): void {
    const ended = this.#ended
    this.#ended = undefined
    if (ended === undefined) this.#lost ??= reason
    else ended(reason)
  }
}

/** Nobody listens there, or there is nothing. */
function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR'
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
