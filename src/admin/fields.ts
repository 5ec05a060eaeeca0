// The types of operation parameters and results: SoftEther's JSON-RPC field suffixes (`_str`, `_u32`, `_bool`, `_ip`, `_bin`,
// `_dt`). Requests are read as tolerantly as the original reads them: numbers as text, booleans as 0 and 1.
// Every message completes the sentence "FIELD must be …".

import * as z from 'zod/mini'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { formatIpv4, parseIpv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { MAC_LEN, ZERO_MAC } from '../wire/mac.ts'

const U32_MAX = 0xffff_ffff
/** Times of the original count from nine o'clock of the epoch's first day. */
const WIRE_OFFSET_MS = 32_400_000
/** The last a Date can be, with a margin. */
const LAST_TIME = 8_000_000_000_000_000

/** What a field takes, for documents and completion; of which type it is its suffix says. */
export interface FieldFacts {
  /** Completes "must be …". */
  readonly allowed: string
  readonly min?: number
  readonly max?: number
  /** The words it may be. */
  readonly words?: readonly string[]
}

const factsOf = new WeakMap<object, FieldFacts>()

export function fieldFacts(schema: object): FieldFacts | undefined {
  return factsOf.get(schema)
}

function known<T extends object>(facts: FieldFacts, schema: T): T {
  factsOf.set(schema, facts)
  return schema
}

/** A value that several spellings stand for. */
export function spelled<T>(facts: FieldFacts, read: (value: unknown) => T | undefined) {
  const { allowed } = facts
  return known(
    facts,
    z.pipe(
      z.unknown(),
      z.transform((given, context): T => {
        const value = read(given)
        if (value !== undefined) return value
        context.issues.push({ code: 'custom', message: allowed, input: given })
        return z.NEVER
      }),
    ),
  )
}

export const str = known({ allowed: 'text' }, z.string('text'))
export function u32In({ min, max }: { readonly min: number; readonly max: number }) {
  return spelled({ allowed: `a whole number from ${min} to ${max}`, min, max }, (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : undefined
  })
}
export const u32 = u32In({ min: 0, max: U32_MAX })
export function oneOf<const Words extends readonly string[]>(words: Words) {
  const quoted = words.map((word) => `"${word}"`)
  const allowed = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return known({ allowed, words }, z.enum(words, allowed))
}
export const bool = spelled({ allowed: 'true or false' }, (value) => {
  if (value === true || value === 1 || value === 'true' || value === '1') return true
  return value === false || value === 0 || value === 'false' || value === '0' ? false : undefined
})
/** Empty and 0.0.0.0 both mean: none. */
export const ip = spelled({ allowed: 'an IPv4 address such as 192.168.30.1' }, (value) => {
  if (value === '') return 0 as Ipv4Address
  return typeof value === 'string' ? parseIpv4(value) : undefined
})
export const mac = spelled({ allowed: 'the six bytes of a MAC address in base64' }, readMac)

function readMac(value: unknown): MacAddress | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]{8}$/.test(value)) return undefined
  const bytes = fromBase64(value)!
  let address = 0
  for (const byte of bytes) address = address * 256 + byte
  return bytes.length === MAC_LEN ? (address as MacAddress) : undefined
}

/** The same, or empty for none: all zeros. */
export const optionalMac = spelled({ allowed: 'the six bytes of a MAC address in base64, or empty' }, (value) =>
  value === '' ? ZERO_MAC : readMac(value),
)

/** Text of at most so many letters. */
export function strUpTo(max: number) {
  const allowed = `text of at most ${max} letters`
  return known({ allowed, max }, z.string(allowed).check(z.maxLength(max, allowed)))
}
export const u64 = u32In({ min: 0, max: Number.MAX_SAFE_INTEGER })
/** Bytes in base64; empty is none. With `length`: exactly so many, or none. */
export function bin(length?: number) {
  const allowed = length === undefined ? 'bytes in base64' : `${length} bytes in base64`
  return spelled({ allowed }, (value) => {
    const bytes = typeof value === 'string' ? fromBase64(value) : undefined
    return bytes === undefined || length === undefined || bytes.length === length || bytes.length === 0
      ? bytes
      : undefined
  })
}
/** Milliseconds of the Unix epoch; `undefined` is never. A number is the original's: nine hours less, and 0 is never. */
export const dt = z.pipe(
  spelled({ allowed: 'a time such as 2026-01-31T12:00:00.000Z, or empty for never' }, (value) => {
    if (value === '') return 0
    const wire =
      typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined
    if (wire !== undefined) return Number.isInteger(wire) && wire >= 0 && wire <= LAST_TIME ? wire : undefined
    const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
    return Number.isNaN(at) ? undefined : Math.max(0, at - WIRE_OFFSET_MS)
  }),
  z.transform((wire: number) => (wire === 0 ? undefined : wire + WIRE_OFFSET_MS)),
)
known(fieldFacts(dt._zod.def.in)!, dt)

/** What is sent must not be tolerant: these types are the exact ones, for results. */
export const number = z.number()
export const boolean = z.boolean()

export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}

export function binText(bytes: Uint8Array): string {
  let letters = ''
  for (const byte of bytes) letters += String.fromCharCode(byte)
  return btoa(letters)
}

export function macText(address: MacAddress): string {
  const bytes = new Uint8Array(MAC_LEN)
  for (let i = MAC_LEN - 1, rest: number = address; i >= 0; i -= 1, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  return binText(bytes)
}

export function ipText(address: Ipv4Address): string {
  return formatIpv4(address)
}

/** @param epochMs milliseconds of the Unix epoch; `undefined`: never */
export function timeText(epochMs: number | undefined): string {
  const at = Math.trunc(epochMs ?? WIRE_OFFSET_MS)
  const minute = Math.floor(at / MINUTE_MS)
  const place = minute & (MINUTES_KEPT - 1)
  if (keptMinutes[place] !== minute) {
    keptTexts[place] = new Date(minute * MINUTE_MS).toISOString().slice(0, -'00.000Z'.length)
    keptMinutes[place] = minute
  }
  const inMinute = at - minute * MINUTE_MS
  const seconds = Math.floor(inMinute / 1000)
  return `${keptTexts[place]}${TWO_DIGITS[seconds]}.${THREE_DIGITS[inMinute - seconds * 1000]}Z`
}

// A table has two times in each row, most of them of few minutes: what the library does for each would be half the work of a page.
const MINUTE_MS = 60_000
/** A power of two. */
const MINUTES_KEPT = 64
const keptMinutes: number[] = new Array(MINUTES_KEPT).fill(Number.NaN)
const keptTexts: string[] = new Array(MINUTES_KEPT).fill('')
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'))

/** An address as the original's plain integers hold it: first octet lowest. */
export function littleEndian(address: Ipv4Address): number {
  return (((address & 0xff) << 24) | ((address & 0xff00) << 8) | ((address >>> 8) & 0xff00) | (address >>> 24)) >>> 0
}
