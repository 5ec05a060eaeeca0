// The shape of securenat.json: which keys there are, how their texts become values, and the ranges of numbers. Whether the
// values make sense beside each other is settings-check.ts's question.
// Every message completes the sentence "PATH: must be …".

import * as z from 'zod/mini'
import { LEASE_SECONDS_RANGE, MTU_RANGE, TCP_TIMEOUT_RANGE, UDP_TIMEOUT_RANGE } from '../securenat/options.ts'
import { parsePushRoute } from '../securenat/push-routes.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { ANY_IPV4, formatIpv4, parseIpv4 } from '../wire/ipv4-address.ts'
import { parseMac } from '../wire/mac.ts'

/** A text that stands for a value. */
function textual<T>(allowed: string, parse: (text: string) => T | undefined) {
  return z.pipe(
    z.string(allowed),
    z.transform((text, context) => {
      const value = parse(text)
      if (value !== undefined) return value
      context.issues.push({ code: 'custom', message: allowed, input: text })
      return z.NEVER
    }),
  )
}

const bool = z.boolean('true or false')
const integer = z.int('a whole number')
function integerIn({ min, max }: { readonly min: number; readonly max: number }) {
  const allowed = `a whole number from ${min} to ${max}`
  return z.int(allowed).check(z.minimum(min, allowed), z.maximum(max, allowed))
}
const address = textual('an IPv4 address such as 192.168.30.1', parseIpv4)
const optionalAddress = textual('an IPv4 address such as 192.168.30.1, or empty', (text) =>
  text === '' ? ANY_IPV4 : parseIpv4(text),
)
const mac = textual('a MAC address such as 00-AC-01-23-45-67', parseMac)
const pushRoute = textual('a route such as 10.0.0.0/255.0.0.0/192.168.30.254 (network/mask/gateway)', parsePushRoute)
/** `127.0.0.1:5555`, `[::1]:5555`, `localhost:5555` */
const endpoint = textual('an address and a port, such as 127.0.0.1:5555', parseEndpoint)
const instant = textual('a time such as 2026-01-31T12:00:00.000Z', (text) => {
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
})

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text)
  if (match === null || Number(match[3]) > 65535) return undefined
  return { host: (match[1] ?? match[2])!, port: Number(match[3]) }
}

export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`
}

/** An administrator's password, kept as hashes only; a hash for another door becomes another key beside `scrypt`. */
const scryptHash = z.strictObject(
  {
    salt: z.string('text in base64'),
    hash: z.string('text in base64'),
    cost: integer,
    blockSize: integer,
    parallelization: integer,
  },
  'an object',
)
export type ScryptHash = z.infer<typeof scryptHash>

export const fileShape = z.strictObject(
  {
    language: z.optional(z.enum(['en', 'ja'], '"en" or "ja"')),
    listen: z.optional(z.array(endpoint, 'a list of addresses with ports')),
    http: z.optional(z.nullable(endpoint)),
    administrator: z.optional(
      z.strictObject({ password: z.optional(z.strictObject({ scrypt: scryptHash }, 'an object')) }, 'an object'),
    ),
    hubs: z.optional(z.record(z.string(), z.unknown(), 'an object with a key for each hub')),
  },
  'an object',
)

export const hubShape = z.strictObject(
  { createdAt: z.optional(instant), online: z.optional(bool), securenat: z.optional(z.unknown()) },
  'an object',
)

/** The parts are judged one by one (config.ts), so that a fault in one hides none in another. */
export const secureNatShape = z.strictObject(
  {
    enabled: z.optional(bool),
    saveLog: z.optional(bool),
    host: z.optional(z.unknown()),
    nat: z.optional(z.unknown()),
    dhcp: z.optional(z.unknown()),
  },
  'an object',
)

export const hostShape = z.strictObject(
  { macAddress: z.optional(mac), ipAddress: z.optional(address), subnetMask: z.optional(address) },
  'an object',
)

export const natShape = z.strictObject(
  {
    enabled: z.optional(bool),
    mtu: z.optional(integerIn(MTU_RANGE)),
    tcpTimeoutSeconds: z.optional(integerIn(TCP_TIMEOUT_RANGE)),
    udpTimeoutSeconds: z.optional(integerIn(UDP_TIMEOUT_RANGE)),
    icmp: z.optional(z.enum(['auto', 'real', 'dummy', 'off'], '"auto", "real", "dummy" or "off"')),
  },
  'an object',
)

export const dhcpShape = z.strictObject(
  {
    enabled: z.optional(bool),
    leaseStart: z.optional(address),
    leaseEnd: z.optional(address),
    subnetMask: z.optional(address),
    leaseSeconds: z.optional(integerIn(LEASE_SECONDS_RANGE)),
    gateway: z.optional(optionalAddress),
    dnsServer1: z.optional(optionalAddress),
    dnsServer2: z.optional(optionalAddress),
    domainName: z.optional(z.string('text')),
    pushRoutes: z.optional(z.array(pushRoute, 'a list of routes')),
  },
  'an object',
)

export function optionalAddressText(value: Ipv4Address): string {
  return value === ANY_IPV4 ? '' : formatIpv4(value)
}
