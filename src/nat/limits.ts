// How many sessions there may be, of a guest and of all: what one guest takes must not be missing to the others.

export interface NatLimits {
  /** Sessions of all guests together, and of one guest, whatever the protocol. */
  sessions: number
  sessionsPerGuest: number
  tcpSessionsPerGuest: number
  /** TCP connections whose outside or whose guest has not answered yet. */
  halfOpen: number
  halfOpenPerGuest: number
  /** UDP endpoints of a guest, and identifiers of its echo requests. */
  udpSessionsPerGuest: number
  icmpSessionsPerGuest: number
}

export type NatLimitName = keyof NatLimits

export const DEFAULT_NAT_LIMITS: Readonly<NatLimits> = {
  sessions: 65_536,
  sessionsPerGuest: 16_384,
  tcpSessionsPerGuest: 16_384,
  halfOpen: 8192,
  halfOpenPerGuest: 1024,
  udpSessionsPerGuest: 1024,
  icmpSessionsPerGuest: 256,
}
