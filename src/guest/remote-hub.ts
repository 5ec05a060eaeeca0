// The way into a hub of a server elsewhere, for `run --server` and `client`: a VPN client in this process, between the TAP device and
// the server. It comes up again by itself; only the first login must succeed, or there is nothing to wait for.

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TapDevice } from '../link/tap-device.ts'
import { TapLink } from '../link/tap-link.ts'
import { Wire } from '../link/wire.ts'
import { randomSource } from '../server/random.ts'
import { setTimer } from '../server/timer.ts'
import type { ClientFailure } from '../softether/client-connection.ts'
import { passwordAuthentication } from '../softether/client-credential.ts'
import { PROTOCOL_BUILD, PROTOCOL_VERSION } from '../softether/login-messages.ts'
import { type ServerTrust, tlsDial } from '../softether/tls-dial.ts'
import type { ClientSettings } from '../softether/vpn-client.ts'
import { VpnUplink } from '../softether/vpn-uplink.ts'
import { GuestError } from './guest-error.ts'
import type { GuestHub, JoinOptions } from './server-hub.ts'

const DEFAULT_PORT = 5555
const CONNECTIONS = 2
const DIRECT = { kind: 'direct', hostName: '', port: 0, userName: '', password: '' } as const
/** For the last frames to leave: the address that is given back. */
const LAST_FRAMES_MS = 50

/** What the user says of the server, as text. */
export interface RemoteRequest {
  /** `HOST` or `HOST:PORT` */
  readonly server: string
  readonly user: string | undefined
  readonly password: () => Promise<string>
  /** SHA-256 of the certificate, in hexadecimal with or without colons. */
  readonly pin: string | undefined
  /** Whoever answers is believed to be the server. */
  readonly noVerify: boolean
}

export interface RemoteOptions {
  readonly hub: string
  /** There is a network behind the device. */
  readonly bridge: boolean
  readonly tell: (line: string) => void
}

/** @throws GuestError when the first login fails */
export async function connectRemoteHub(request: RemoteRequest, options: RemoteOptions): Promise<GuestHub> {
  const { hostName, port } = parseServer(request.server)
  const trust = trustOf(request)
  if (request.user === undefined) throw new GuestError('--user is missing: --server HOST[:PORT] --user NAME')
  const authentication = passwordAuthentication(request.user, await request.password())
  const settings: ClientSettings = {
    hubName: options.hub,
    authentication,
    product: { name: 'SecureNAT Client', version: PROTOCOL_VERSION, build: PROTOCOL_BUILD },
    serverHostName: hostName,
    serverPort: port,
    hostName: hostname(),
    osName: process.platform,
    osVersion: '',
    uniqueId: randomBytes(16),
    bridge: options.bridge,
    maxConnection: CONNECTIONS,
    useCompress: false,
    halfConnection: false,
    intervalMs: 1_000,
    connectionSpanMs: 0,
  }
  const target = { hostName, port, trust, proxy: DIRECT, customHttpHeader: '' }
  return RemoteHub.connect(settings, target, options.tell)
}

class RemoteHub implements GuestHub {
  readonly #wire = new Wire()
  readonly #uplink: VpnUplink
  #link: TapLink | undefined

  static connect(
    settings: ClientSettings,
    target: Parameters<typeof tlsDial>[0],
    tell: (line: string) => void,
  ): Promise<RemoteHub> {
    return new Promise((resolve, reject) => {
      const hub = new RemoteHub(settings, target, {
        up: (isFirst) => {
          if (isFirst) resolve(hub)
          else tell('the connection to the server is up again')
        },
        down: ({ code, reason }, isFirst, wasUp) => {
          if (isFirst) {
            hub.#uplink.stop()
            reject(new GuestError(`${settings.serverHostName}: ${explain(code, reason, settings)}`))
          } else if (wasUp) tell(`the connection to the server was lost (${reason}); trying again`)
        },
      })
    })
  }

  private constructor(
    settings: ClientSettings,
    target: Parameters<typeof tlsDial>[0],
    events: { up(isFirst: boolean): void; down(failure: ClientFailure, isFirst: boolean, wasUp: boolean): void },
  ) {
    const environment = {
      now: () => performance.now(),
      wallClock: Date.now,
      random: randomSource(),
      setTimer,
      nextTurn: (callback: () => void) => void setImmediate(callback),
    }
    const identity = { kind: 'CLIENT', userName: '', hostName: settings.serverHostName }
    this.#uplink = new VpnUplink(this.#wire.b, identity, settings, tlsDial(target), environment, {
      established: () => events.up(this.#uplink.timesEstablished === 1),
      failed: (failure, wasUp) => events.down(failure, this.#uplink.timesEstablished === 0, wasUp),
    })
  }

  async join(device: TapDevice, { gso, hostName, ended }: JoinOptions): Promise<undefined> {
    this.#link = new TapLink(this.#wire.a, device, { gso, hostName }, { closed: ended })
  }

  async close(): Promise<void> {
    this.#link?.finish()
    await sleep(LAST_FRAMES_MS)
    this.#uplink.stop()
  }
}

function parseServer(text: string): { hostName: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text)
  const port = Number(match?.[3] ?? DEFAULT_PORT)
  if (match === null || port < 1 || port > 65_535)
    throw new GuestError(`--server must be HOST or HOST:PORT, is "${text}"`)
  return { hostName: match[1] ?? match[2]!, port }
}

function trustOf({ pin, noVerify }: RemoteRequest): ServerTrust {
  if (pin === undefined) return { kind: noVerify ? 'none' : 'system' }
  if (noVerify) throw new GuestError('--pin and --no-verify contradict each other: give one')
  const sha256 = pin.replaceAll(':', '').toUpperCase()
  if (!/^[0-9A-F]{64}$/.test(sha256))
    throw new GuestError(`--pin must be the SHA-256 fingerprint of a certificate, 64 hexadecimal digits, is "${pin}"`)
  return { kind: 'fingerprint', sha256 }
}

/** The codes that say something of what the user gave. */
function explain(code: number, reason: string, { hubName, authentication }: ClientSettings): string {
  switch (code) {
    case 8:
      return `there is no hub "${hubName}" (error 8)`
    case 9:
      return `the user "${authentication.userName}" or the password is wrong (error 9)`
    case 85:
      return `${reason}; if it is the right one, add --pin with it`
    default:
      return `${reason} (error ${code})`
  }
}
