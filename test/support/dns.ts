// DNS messages of tests: queries as guests send them, answers as resolvers do, and what an answer says.

import { getU16, getU32 } from '../../src/wire/bytes.ts'
import { emitDnsName, parseDnsName, parseDnsQuestion, skipDnsName, TYPE_OPT } from '../../src/wire/dns.ts'
import { parseRecordData, RECORD_TYPES, type RecordType } from '../../src/wire/dns-rdata.ts'
import { TYPE_SOA } from '../../src/wire/dns-scan.ts'
import { formatIpv4, type Ipv4Address } from '../../src/wire/ipv4-address.ts'
import { u16, u32 } from './frames.ts'
import type { OutsideConnection } from './made-up-sockets.ts'
import type { World } from './world.ts'

export const NXDOMAIN = 3
export const SERVFAIL = 2
export const REFUSED = 5

export interface QueryOptions {
  type?: RecordType | number
  flags?: number
  /** Leaves out EDNS when it is. */
  udpSize?: number
  dnssecOk?: boolean
  /** EDNS options, as bytes. */
  options?: readonly number[]
}

export function typeNumber(type: RecordType | number): number {
  return typeof type === 'number' ? type : RECORD_TYPES[type]
}

export function dnsQuery(id: number, name: string, given: QueryOptions = {}): Uint8Array {
  const { type = 'A', flags = 0x0100, udpSize, dnssecOk = false, options = [] } = given
  const wire = new Uint8Array(300)
  const length = emitDnsName(name, wire, 0) ?? 0
  const opt =
    udpSize === undefined
      ? []
      : [0, ...u16(TYPE_OPT), ...u16(udpSize), 0, 0, dnssecOk ? 0x80 : 0, 0, ...u16(options.length), ...options]
  const header = [...u16(id), ...u16(flags), 0, 1, 0, 0, 0, 0, 0, opt.length > 0 ? 1 : 0]
  return Uint8Array.from([...header, ...wire.subarray(0, length), ...u16(typeNumber(type)), 0, 1, ...opt])
}

export interface AnswerOptions {
  rcode?: number
  ttl?: number
  truncated?: boolean
  /** Of the SOA in the authority section: its TTL and its minimum. */
  soa?: readonly [number, number]
  type?: RecordType
  /** Adds an OPT. */
  edns?: boolean
  flags?: number
}

/** An answer to `query` with these values, each a record of its type. */
export function dnsAnswer(query: Uint8Array, values: readonly string[], given: AnswerOptions = {}): Uint8Array {
  const { rcode = 0, ttl = 60, truncated = false, soa, type = 'A', edns = false, flags = 0x8180 } = given
  const question = parseDnsQuestion(query, 0, query.length)!
  const records = values.flatMap((value) => {
    const data = parseRecordData(type, value)!
    return [0xc0, 12, ...u16(RECORD_TYPES[type]), 0, 1, ...u32(ttl), ...u16(data.length), ...data]
  })
  const soaData = [0, 0, ...[1, 2, 3, 4].flatMap(u32), ...u32(soa?.[1] ?? 0)]
  const authority =
    soa === undefined ? [] : [0xc0, 12, ...u16(TYPE_SOA), 0, 1, ...u32(soa[0]), ...u16(soaData.length), ...soaData]
  const opt = edns ? [0, ...u16(TYPE_OPT), ...u16(4096), 0, 0, 0, 0, 0, 0] : []
  const counts = [...u16(1), ...u16(values.length), ...u16(soa === undefined ? 0 : 1), ...u16(edns ? 1 : 0)]
  const head = [...query.subarray(0, 2), ...u16(flags | (truncated ? 0x0200 : 0) | rcode), ...counts]
  return Uint8Array.from([...head, ...query.subarray(12, question.end), ...records, ...authority, ...opt])
}

export interface ReadAnswer {
  id: number
  rcode: number
  flags: number
  isTruncated: boolean
  /** As it was spelt. */
  name: string
  type: number
  records: { name: string; type: number; ttl: number; data: Uint8Array }[]
  /** Records by section. */
  counts: readonly number[]
  hasOpt: boolean
  /** Addresses of the A records. */
  addresses: string[]
  length: number
}

/** @throws when it cannot be read to its last byte */
export function readDnsAnswer(bytes: Uint8Array): ReadAnswer {
  const question = parseDnsQuestion(bytes, 0, bytes.length)
  const counts = [4, 6, 8, 10].map((at) => getU16(bytes, at))
  const records: ReadAnswer['records'] = []
  let at = question?.end ?? 12
  for (let left = counts[1]! + counts[2]! + counts[3]!; left > 0; left--) {
    const name = parseDnsName(bytes, 0, at, bytes.length)
    const fixedAt = skipDnsName(bytes, at, bytes.length)
    if (name === undefined || fixedAt === undefined) throw new Error('a record without a name')
    const next = fixedAt + 10 + getU16(bytes, fixedAt + 8)
    const data = bytes.slice(fixedAt + 10, next)
    records.push({ name, type: getU16(bytes, fixedAt), ttl: getU32(bytes, fixedAt + 4), data })
    at = next
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last record`)
  const flags = getU16(bytes, 2)
  return {
    id: getU16(bytes, 0),
    rcode: flags & 15,
    flags,
    isTruncated: (flags & 0x0200) !== 0,
    name: question?.name ?? '',
    type: question?.type ?? 0,
    records: records.filter(({ type }) => type !== TYPE_OPT),
    counts,
    hasOpt: records.some(({ type }) => type === TYPE_OPT),
    addresses: records.filter(({ type }) => type === 1).map(({ data }) => formatIpv4(getU32(data, 0) as Ipv4Address)),
    length: bytes.length,
  }
}

export function nameOfData(data: Uint8Array): string {
  return parseDnsName(data, -12, 0, data.length) ?? ''
}

export function framed(message: Uint8Array): Uint8Array {
  return Uint8Array.from([...u16(message.length), ...message])
}

/** The messages of a TCP stream. */
export function unframed(stream: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let at = 0; at + 2 <= stream.length; at += 2 + getU16(stream, at)) {
    messages.push(stream.slice(at + 2, at + 2 + getU16(stream, at)))
  }
  return messages
}

export type Responder = (query: Uint8Array, resolver: Ipv4Address, over: 'udp' | 'tcp') => Uint8Array | undefined

/** Makes the outside's hosts answer port 53, over UDP and TCP. @returns what they were asked, in order */
export function resolveWith(world: World, respond: Responder): { name: string; resolver: string; over: string }[] {
  const asked: { name: string; resolver: string; over: string }[] = []
  const note = (query: Uint8Array, address: Ipv4Address, over: 'udp' | 'tcp'): Uint8Array | undefined => {
    asked.push({ name: parseDnsQuestion(query, 0, query.length)?.name ?? '', resolver: formatIpv4(address), over })
    return respond(query, address, over)
  }
  world.outside.onUdp = (socket, bytes, address, port) => {
    const answer = port === 53 ? note(bytes, address, 'udp') : undefined
    if (answer !== undefined) socket.deliver(answer, address, port)
  }
  world.outside.onConnection = (connection: OutsideConnection) => {
    connection.onReceived = (bytes) => {
      for (const query of unframed(bytes)) {
        const answer = note(query, connection.address, 'tcp')
        if (answer !== undefined) connection.send(framed(answer))
      }
    }
  }
  return asked
}
