// A cascade: a connection of a hub to a hub of another server (protocol reference 13 and 17.7).

import type { ClientAuthentication } from '../accounts/client-authentication.ts'
import type { Policy } from '../hub/policy.ts'

export type ProxyKind = 'direct' | 'http' | 'socks4' | 'socks5'

export interface CascadeProxy {
  readonly kind: ProxyKind
  readonly hostName: string
  readonly port: number
  readonly userName: string
  readonly password: string
}

export interface CascadeSettings {
  /** Unique on the hub, without regard to case. */
  readonly name: string
  readonly online: boolean
  readonly hostName: string
  readonly port: number
  /** The hub to log in to. */
  readonly hubName: string
  readonly authentication: ClientAuthentication
  readonly proxy: CascadeProxy
  readonly customHttpHeader: string
  /** TCP connections of the session, 1–32. */
  readonly maxConnection: number
  readonly useEncrypt: boolean
  readonly useCompress: boolean
  readonly halfConnection: boolean
  readonly disableQos: boolean
  readonly noUdpAcceleration: boolean
  /** Seconds between additional connections. */
  readonly additionalConnectionInterval: number
  /** Seconds a TCP connection may live; 0: as long as it likes. */
  readonly connectionDisconnectSpan: number
  readonly checkServerCert: boolean
  /** DER; the only certificate the server may show. */
  readonly serverCert: Uint8Array | undefined
  /** Acts on the cascade's port on this hub. */
  readonly policy: Policy
}

export const CASCADE_CONNECTIONS_RANGE = { min: 1, max: 32 } as const
/** A new connection at most so often, seconds. */
export const CASCADE_INTERVAL_RANGE = { min: 1, max: 4_294_967_295 } as const
export const CASCADE_NAME_MAX = 255

export const DIRECT: CascadeProxy = { kind: 'direct', hostName: '', port: 0, userName: '', password: '' }
