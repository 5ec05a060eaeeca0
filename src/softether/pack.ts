// PACK: SoftEther's ordered list of named, typed elements, each with one or more values. Logins, their answers and the
// administration protocol are made of it.
//
//     PACK    := u32 count, element*
//     element := u32 length of name + 1, name, u32 type, u32 number of values, value*
//
// Names are compared without case; a name that comes twice and an element without values make the whole PACK unreadable,
// as in the original. A type that is not the expected one reads as absent, an absent number as 0, an absent text as ''.
// Nothing is allocated on the word of a count: every count is first held against the bytes that are there.

import { getU32, setU32 } from '../wire/bytes.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'

/** Elements of one PACK. */
export const PACK_ELEMENTS_MAX = 262_144
/** Longer names are cut by the original's reader, which then compares what is left. */
const NAME_LEN_KEPT = 63
/** Length of an empty name, type, count, and the shortest value. */
const ELEMENT_LEN_MIN = 16
/** Times travel as milliseconds of the Unix epoch less nine hours. */
const TIME_OFFSET_MS = 32_400_000

export type PackElement =
  | { readonly type: 'int'; readonly name: string; readonly values: readonly number[] }
  | { readonly type: 'data'; readonly name: string; readonly values: readonly Uint8Array[] }
  | { readonly type: 'str'; readonly name: string; readonly values: readonly string[] }
  | { readonly type: 'unistr'; readonly name: string; readonly values: readonly string[] }
  | { readonly type: 'int64'; readonly name: string; readonly values: readonly bigint[] }

const TYPES = ['int', 'data', 'str', 'unistr', 'int64'] as const
/** The shortest value of each type. */
const VALUE_LEN_MIN = [4, 4, 4, 4, 8] as const

/** A table's column is an array. */
type OneOrMany<T> = T | readonly T[]

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Pack {
  readonly #elements = new Map<string, PackElement>()

  /** In the order of the wire. */
  elements(): IterableIterator<PackElement> {
    return this.#elements.values()
  }

  /** Whoever writes a name first wins, as where the original puts PACKs together. */
  add(element: PackElement): this {
    const key = element.name.toLowerCase()
    if (element.values.length > 0 && !this.#elements.has(key)) this.#elements.set(key, element)
    return this
  }

  addInt(name: string, values: OneOrMany<number>): this {
    return this.add({ type: 'int', name, values: many(values) })
  }

  addBool(name: string, values: OneOrMany<boolean>): this {
    return this.addInt(name, many(values).map(Number))
  }

  addInt64(name: string, values: OneOrMany<bigint>): this {
    return this.add({ type: 'int64', name, values: many(values) })
  }

  addText(name: string, values: OneOrMany<string>): this {
    return this.add({ type: 'str', name, values: many(values) })
  }

  addUnicode(name: string, values: OneOrMany<string>): this {
    return this.add({ type: 'unistr', name, values: many(values) })
  }

  addData(name: string, values: OneOrMany<Uint8Array>): this {
    return this.add({ type: 'data', name, values: many(values) })
  }

  /** Milliseconds of the Unix epoch; `undefined`: never. */
  addTime(name: string, values: OneOrMany<number | undefined>): this {
    const wire = (at: number | undefined): bigint => (at === undefined ? 0n : BigInt(Math.round(at) - TIME_OFFSET_MS))
    return this.addInt64(name, many(values).map(wire))
  }

  /** IPv4 addresses in their four elements; the number is in little-endian order. */
  addIpv4(name: string, values: OneOrMany<Ipv4Address>): this {
    const addresses = many(values)
    const zeros = addresses.map(() => 0)
    const arrays = addresses.map(() => new Uint8Array(16))
    this.addInt(`${name}@ipv6_bool`, zeros).addData(`${name}@ipv6_array`, arrays)
    return this.addInt(`${name}@ipv6_scope_id`, zeros).addInt(name, addresses.map(swapBytes))
  }

  /** Values of an element; 0: absent. */
  count(name: string): number {
    return this.#elements.get(name.toLowerCase())?.values.length ?? 0
  }

  int(name: string, index = 0): number {
    const element = this.#elements.get(name.toLowerCase())
    return element?.type === 'int' ? (element.values[index] ?? 0) : 0
  }

  bool(name: string, index = 0): boolean {
    return this.int(name, index) !== 0
  }

  int64(name: string, index = 0): bigint {
    const element = this.#elements.get(name.toLowerCase())
    return element?.type === 'int64' ? (element.values[index] ?? 0n) : 0n
  }

  /** Of `str` and `unistr` alike, without the white space around it. */
  text(name: string, index = 0): string {
    const element = this.#elements.get(name.toLowerCase())
    return element?.type === 'str' || element?.type === 'unistr' ? (element.values[index] ?? '').trim() : ''
  }

  data(name: string, index = 0): Uint8Array | undefined {
    const element = this.#elements.get(name.toLowerCase())
    return element?.type === 'data' ? element.values[index] : undefined
  }

  /** Milliseconds of the Unix epoch; `undefined`: never. */
  time(name: string, index = 0): number | undefined {
    const value = this.int64(name, index)
    return value === 0n ? undefined : Number(value) + TIME_OFFSET_MS
  }

  /** Only the plain element counts. */
  ipv4(name: string, index = 0): Ipv4Address {
    return swapBytes(this.int(name, index)) as Ipv4Address
  }
}

function many<T>(values: OneOrMany<T>): readonly T[] {
  return Array.isArray(values) ? values : [values as T]
}

/** The other byte order: addresses have it, and the integers of node information. */
export function swapBytes(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
}

/** What was read may be kept: it is copied. Bytes behind the last element are none of our business. */
export function parsePack(bytes: Uint8Array): Pack | undefined {
  if (bytes.length < 4) return undefined
  const count = getU32(bytes, 0)
  if (count > PACK_ELEMENTS_MAX || count * ELEMENT_LEN_MIN > bytes.length - 4) return undefined
  const pack = new Pack()
  const names = new Set<string>()
  const reader = new Reader(bytes, 4)
  for (let index = 0; index < count; index += 1) {
    const element = readElement(reader)
    if (element === undefined) return undefined
    const key = element.name.toLowerCase()
    if (names.has(key)) return undefined
    names.add(key)
    pack.add(element)
  }
  return pack
}

export function emitPack(pack: Pack): Uint8Array {
  const writer = new Writer()
  writer.u32(0)
  let count = 0
  for (const element of pack.elements()) {
    const name = encoder.encode(element.name)
    writer.u32(name.length + 1)
    writer.bytes(name)
    writer.u32(TYPES.indexOf(element.type))
    writer.u32(element.values.length)
    emitValues(writer, element)
    count += 1
  }
  const bytes = writer.take()
  setU32(bytes, 0, count)
  return bytes
}

function readElement(reader: Reader): PackElement | undefined {
  const nameLen = reader.u32()
  if (nameLen === undefined || nameLen === 0) return undefined
  const nameBytes = reader.view(nameLen - 1)
  const code = reader.u32()
  const count = reader.u32()
  if (nameBytes === undefined || code === undefined || count === undefined || count === 0) return undefined
  const type = TYPES[code]
  if (type === undefined || count * VALUE_LEN_MIN[code]! > reader.left) return undefined
  const name = decoder.decode(nameBytes.subarray(0, NAME_LEN_KEPT))
  if (type === 'int') return element(type, name, reader, count, (from) => from.u32())
  if (type === 'int64') return element(type, name, reader, count, (from) => from.u64())
  if (type === 'data') return element(type, name, reader, count, (from) => from.block()?.slice())
  return element(type, name, reader, count, (from) => readText(from, type === 'unistr'))
}

function element<T>(
  type: PackElement['type'],
  name: string,
  reader: Reader,
  count: number,
  read: (reader: Reader) => T | undefined,
): PackElement | undefined {
  const values: T[] = []
  for (let index = 0; index < count; index += 1) {
    const value = read(reader)
    if (value === undefined) return undefined
    values.push(value)
  }
  return { type, name, values } as unknown as PackElement
}

/** A `unistr` counts the NUL at its end; one that forgot it is understood as well. */
function readText(reader: Reader, isUnicode: boolean): string | undefined {
  const block = reader.block()
  if (block === undefined) return undefined
  return decoder.decode(isUnicode && block.at(-1) === 0 ? block.subarray(0, -1) : block)
}

function emitValues(writer: Writer, element: PackElement): void {
  switch (element.type) {
    case 'int':
      for (const value of element.values) writer.u32(value)
      break
    case 'int64':
      for (const value of element.values) writer.u64(value)
      break
    case 'data':
      for (const value of element.values) writer.block(value, 0)
      break
    default:
      for (const value of element.values) writer.block(encoder.encode(value), element.type === 'unistr' ? 1 : 0)
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u32(): number | undefined {
    if (this.left < 4) return undefined
    this.#at += 4
    return getU32(this.#bytes, this.#at - 4)
  }

  u64(): bigint | undefined {
    if (this.left < 8) return undefined
    this.#at += 8
    return (BigInt(getU32(this.#bytes, this.#at - 8)) << 32n) | BigInt(getU32(this.#bytes, this.#at - 4))
  }

  view(length: number): Uint8Array | undefined {
    if (length > this.left) return undefined
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** Bytes behind their length. */
  block(): Uint8Array | undefined {
    const length = this.u32()
    return length === undefined ? undefined : this.view(length)
  }
}

class Writer {
  #bytes = new Uint8Array(1024)
  #used = 0

  u32(value: number): void {
    this.#reserve(4)
    setU32(this.#bytes, this.#used, value)
    this.#used += 4
  }

  u64(value: bigint): void {
    this.u32(Number((value >> 32n) & 0xffff_ffffn))
    this.u32(Number(value & 0xffff_ffffn))
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#used)
    this.#used += bytes.length
  }

  /** Behind its length, with `padding` zero bytes that count. */
  block(bytes: Uint8Array, padding: number): void {
    this.u32(bytes.length + padding)
    this.bytes(bytes)
    this.#reserve(padding)
    this.#used += padding
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#used)
  }

  #reserve(length: number): void {
    const needed = this.#used + length
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = grown
  }
}
