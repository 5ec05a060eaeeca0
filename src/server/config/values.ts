// How the texts and numbers of securenat.json become values. Every message completes the sentence "PATH: must be …".

import * as z from 'zod/mini'
import type { Ipv4Address } from '../../wire/ipv4-address.ts'
import { ANY_IPV4, formatIpv4, parseIpv4 } from '../../wire/ipv4-address.ts'
import { parseMac } from '../../wire/mac.ts'

/** A text that stands for a value. */
export function textual<T>(allowed: string, parse: (text: string) => T | undefined) {
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

export const bool = z.boolean('true or false')
export const text = z.string('text')
export const integer = z.int('a whole number')
export function integerIn({ min, max }: { readonly min: number; readonly max: number }) {
  const allowed = `a whole number from ${min} to ${max}`
  return z.int(allowed).check(z.minimum(min, allowed), z.maximum(max, allowed))
}
export function oneOf<const Words extends readonly string[]>(words: Words) {
  const quoted = words.map((word) => `"${word}"`)
  return z.enum(words, `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`)
}
export const address = textual('an IPv4 address such as 192.168.30.1', parseIpv4)
export const optionalAddress = textual('an IPv4 address such as 192.168.30.1, or empty', (given) =>
  given === '' ? ANY_IPV4 : parseIpv4(given),
)
export const mac = textual('a MAC address such as 00-AC-01-23-45-67', parseMac)
export const instant = textual('a time such as 2026-01-31T12:00:00.000Z', (given) => {
  const at = Date.parse(given)
  return Number.isNaN(at) ? undefined : at
})
/** Bytes; with `length`, exactly so many. */
export function bytes(length?: number) {
  const allowed = length === undefined ? 'bytes in base64' : `${length} bytes in base64`
  return textual(allowed, (given) => {
    if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(given)) return undefined
    const value = Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0))
    return length === undefined || value.length === length ? value : undefined
  })
}

export function bytesText(value: Uint8Array): string {
  let letters = ''
  for (const byte of value) letters += String.fromCharCode(byte)
  return btoa(letters)
}

export function instantText(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

export function optionalAddressText(value: Ipv4Address): string {
  return value === ANY_IPV4 ? '' : formatIpv4(value)
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:5555`, `[::1]:5555`, `localhost:5555` */
export const endpoint = textual('an address and a port, such as 127.0.0.1:5555', parseEndpoint)

export function parseEndpoint(given: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(given)
  if (match === null || Number(match[3]) > 65535) return undefined
  return { host: (match[1] ?? match[2])!, port: Number(match[3]) }
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
