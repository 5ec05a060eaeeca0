// `attach`: joins a TAP device of this machine to a hub of a running server, and stays until told to stop.
//
// The server takes the device over where it can; then all there is to do here is to wait (server-hub.ts).

import { openTap, setTapMtu } from '../link/tap-device.ts'
import { GuestError } from './guest-error.ts'
import type { GuestHub } from './server-hub.ts'
import { connectServerHub } from './server-hub.ts'

const DEFAULT_MTU = 1500

export interface AttachOptions {
  readonly tap: string
  readonly netns?: string
  readonly hub: string
  readonly stateDir: string
  /** The hub of a server elsewhere; left out: of a server of this machine. */
  readonly connectRemote?: () => Promise<GuestHub>
  readonly gso: boolean
  /** Resolves when the user wants an end. */
  readonly stopped: Promise<void>
  readonly tell: (line: string) => void
}

/** @throws GuestError, TapError; and when the server or the device goes away */
export async function attachTap(options: AttachOptions): Promise<void> {
  const { tap, netns, hub, stateDir, gso, stopped, tell, connectRemote } = options
  const server = connectRemote === undefined ? `the server on ${stateDir}` : 'the server'
  let end: (reason: string) => void = () => undefined
  const ended = new Promise<never>((_resolve, reject) => {
    end = (reason) => reject(new GuestError(`the connection to ${server} has ended (${reason})`))
  })
  ended.catch(() => undefined)
  const joined = connectRemote === undefined ? await connectServerHub(stateDir, hub) : await connectRemote()
  if (joined === undefined)
    throw new GuestError(`no server runs on ${stateDir}: start one with "securenat serve --state ${stateDir}"`)
  try {
    const place = netns === undefined ? {} : { netns }
    const device = openTap({ name: tap, ...place, mtu: DEFAULT_MTU, gso })
    const hostName = netns === undefined ? device.name : `${device.name}@${netns}`
    const mtu = await joined.join(device, { gso, hostName, ended: (reason) => end(reason) })
    if (mtu !== undefined && mtu !== DEFAULT_MTU) setTapMtu(device.name, netns, mtu)
    tell(`${hostName} is joined to the hub "${hub}"`)
    await Promise.race([stopped, ended])
  } finally {
    await joined.close()
  }
}
