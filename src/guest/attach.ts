// `attach`: joins a TAP device of this machine to a hub of a running server, and stays until told to stop.
//
// Frames go from the device over a wire to the hub's socket: no hub in between, super-frames split by the stream link.

import { openTapLink } from '../link/tap-link.ts'
import { Wire } from '../link/wire.ts'
import { GuestError } from './guest-error.ts'
import { connectServerHub } from './server-hub.ts'

const DEFAULT_MTU = 1500

export interface AttachOptions {
  readonly tap: string
  readonly netns?: string
  readonly hub: string
  readonly stateDir: string
  readonly mtu?: number
  readonly gso: boolean
  /** Resolves when the user wants an end. */
  readonly stopped: Promise<void>
  readonly tell: (line: string) => void
}

/** @throws GuestError, TapError; and when the server or the device goes away */
export async function attachTap(options: AttachOptions): Promise<void> {
  const { tap, netns, hub, stateDir, mtu = DEFAULT_MTU, gso, stopped, tell } = options
  const wire = new Wire()
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)
  const connection = await connectServerHub(stateDir, hub, wire.b, {
    detached: (_session, reason) => fail(new GuestError(`the server on ${stateDir} has gone (${reason})`)),
  })
  if (connection === undefined)
    throw new GuestError(`no server runs on ${stateDir}: start one with "securenat serve --state ${stateDir}"`)
  try {
    const request = { name: tap, ...(netns === undefined ? {} : { netns }), mtu, gso }
    const link = openTapLink(wire.a, request, { closed: (reason) => fail(new GuestError(reason)) })
    try {
      tell(`${link.identity.hostName} is joined to the hub "${hub}"`)
      await Promise.race([stopped, failed])
    } finally {
      link.close()
    }
  } finally {
    await connection.close()
  }
}
