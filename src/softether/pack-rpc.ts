// The administration protocol's records as the table of operations has them: a PACK element `HubName` is the field
// `HubName_str`, and so on by suffix (protocol reference 16.3, 18.4). Nothing here knows an operation: the table
// describes itself (admin/describe-operation.ts).
//
// Tools send whole records, most of it zero or empty, and expect whole records. What a request lacks is left out where it may
// be, else it is the original's: 0, empty, no rows. A table is parallel arrays, and without rows there are none.

import type { FieldDescription } from '../admin/describe-operation.ts'
import { binText, fromBase64 } from '../admin/fields.ts'
import { ANY_IPV4, formatIpv4, parseIpv4 } from '../wire/ipv4-address.ts'
import { formatIpv6, IPV6_LEN } from '../wire/ipv6-address.ts'
import { Pack } from './pack.ts'

/** Rows of one table in a request. */
export const RPC_ROWS_MAX = 65_536

/** @returns parameters as JSON-RPC has them; what they should be the operation judges */
export function paramsOfPack(pack: Pack, fields: readonly FieldDescription[]): Record<string, unknown> {
  const params: Record<string, unknown> = {}
  for (const field of fields) {
    if (field.type === 'table') params[field.name] = rowsOf(pack, field.rows)
    else if (field.isList) params[field.name] = indices(pack.count(field.element)).map((i) => read(pack, field, i))
    else if (pack.count(field.element) > 0 || !field.isOptional) params[field.name] = read(pack, field, 0)
  }
  return params
}

export function packOfResult(result: Readonly<Record<string, unknown>>, fields: readonly FieldDescription[]): Pack {
  const pack = new Pack()
  for (const field of fields) {
    const value = result[field.name]
    if (value === undefined) continue
    if (field.type === 'table') {
      const rows = value as readonly Readonly<Record<string, unknown>>[]
      for (const column of field.rows)
        write(
          pack,
          column,
          rows.map((row) => row[column.name]),
        )
    } else write(pack, field, field.isList ? (value as readonly unknown[]) : [value])
  }
  return pack
}

function rowsOf(pack: Pack, columns: readonly FieldDescription[]): Record<string, unknown>[] {
  const count = Math.max(0, ...columns.map(({ element }) => pack.count(element)))
  return indices(Math.min(count, RPC_ROWS_MAX)).map((row) => {
    const given = columns.filter(({ element, isOptional }) => !isOptional || pack.count(element) > row)
    return Object.fromEntries(given.map((column) => [column.name, read(pack, column, row)]))
  })
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function read(pack: Pack, { element, type }: FieldDescription, index: number): unknown {
  switch (type) {
    case 'str':
    case 'utf':
      return pack.text(element, index)
    case 'u32':
      return pack.int(element, index)
    case 'bool':
      return pack.bool(element, index)
    case 'u64':
      return Number(pack.int64(element, index))
    case 'dt':
      // A number stands for the wire's own count.
      return Number(pack.int64(element, index))
    case 'ip':
      return ipv6Of(pack, element, index) ?? formatIpv4(pack.ipv4(element, index))
    case 'bin':
      return binText(pack.data(element, index) ?? new Uint8Array(0))
    default:
      throw new Error(`a table has no value: ${element}`)
  }
}

/** Of an element that is an IPv6 address: the operation refuses it. Tools send no address at all as zeros of either kind. */
function ipv6Of(pack: Pack, element: string, index: number): string | undefined {
  const bytes = pack.bool(`${element}@ipv6_bool`, index) ? pack.data(`${element}@ipv6_array`, index) : undefined
  return bytes?.length === IPV6_LEN && bytes.some((byte) => byte !== 0) ? formatIpv6(bytes) : undefined
}

function write(pack: Pack, { element, type }: FieldDescription, values: readonly unknown[]): void {
  switch (type) {
    case 'str':
      pack.addText(
        element,
        values.map((value) => (value ?? '') as string),
      )
      break
    case 'utf':
      pack.addUnicode(
        element,
        values.map((value) => (value ?? '') as string),
      )
      break
    case 'u32':
      pack.addInt(
        element,
        values.map((value) => (value ?? 0) as number),
      )
      break
    case 'bool':
      pack.addBool(
        element,
        values.map((value) => value === true),
      )
      break
    case 'u64':
      pack.addInt64(
        element,
        values.map((value) => BigInt((value ?? 0) as number)),
      )
      break
    case 'dt':
      pack.addTime(element, values.map(instant))
      break
    case 'ip':
      pack.addIpv4(
        element,
        values.map((value) => parseIpv4((value ?? '') as string) ?? ANY_IPV4),
      )
      break
    case 'bin':
      pack.addData(
        element,
        values.map((value) => fromBase64((value ?? '') as string) ?? new Uint8Array(0)),
      )
      break
    default:
      throw new Error(`a table within a table: ${element}`)
  }
}

/** The text that stands for "never" is the wire's zero. */
const NEVER = '1970-01-01T09:00:00.000Z'

function instant(value: unknown): number | undefined {
  return value === undefined || value === NEVER ? undefined : Date.parse(value as string)
}
