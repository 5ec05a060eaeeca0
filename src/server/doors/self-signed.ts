// A self-signed certificate (X.509 v3, RFC 5280) for an RSA key: what a server shows until its administrator installs another.
// Only what that takes of DER (X.690) is here.

import type { KeyObject } from 'node:crypto'
import { createHash, createPublicKey, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface CertificateRequest {
  readonly privateKey: KeyObject
  readonly commonName: string
  /** DNS names and IP addresses the certificate is for. */
  readonly names: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
  /** Any unsigned number of 8 to 20 bytes. */
  readonly serial: Uint8Array
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

const COMMON_NAME = [2, 5, 4, 3]
const SHA256_WITH_RSA = [1, 2, 840, 113549, 1, 1, 11]
const SUBJECT_KEY_IDENTIFIER = [2, 5, 29, 14]
const KEY_USAGE = [2, 5, 29, 15]
const SUBJECT_ALT_NAME = [2, 5, 29, 17]
const BASIC_CONSTRAINTS = [2, 5, 29, 19]
const EXTENDED_KEY_USAGE = [2, 5, 29, 37]
const SERVER_AUTHENTICATION = [1, 3, 6, 1, 5, 5, 7, 3, 1]
/** Context-specific, constructed: `[0] EXPLICIT Version`, `[3] EXPLICIT Extensions`. */
const VERSION = 0xa0
const EXTENSIONS = 0xa3
/** Context-specific, primitive: the two kinds of GeneralName that occur. */
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

/** Years from here on are written with four digits (RFC 5280 4.1.2.5). */
const GENERALIZED_TIME_FROM = 2050

/** @returns the certificate in PEM */
export function selfSignedCertificate(request: CertificateRequest): string {
  const algorithm = sequence(oid(SHA256_WITH_RSA), tlv(TAG.null))
  const name = sequence(tlv(TAG.set, sequence(oid(COMMON_NAME), tlv(TAG.utf8String, Buffer.from(request.commonName)))))
  const publicKey = createPublicKey(request.privateKey).export({ type: 'spki', format: 'der' })
  const body = sequence(
    tlv(VERSION, tlv(TAG.integer, Buffer.of(2))),
    unsigned(request.serial),
    algorithm,
    name,
    sequence(time(request.notBefore), time(request.notAfter)),
    name,
    publicKey,
    tlv(EXTENSIONS, sequence(...extensions(request.names, publicKey))),
  )
  const signature = sign('sha256', body, request.privateKey)
  const der = sequence(body, algorithm, tlv(TAG.bitString, Buffer.of(0), signature))
  return pem('CERTIFICATE', der)
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function extensions(names: readonly string[], publicKey: Buffer): Buffer[] {
  const keyIdentifier = createHash('sha1').update(publicKey).digest()
  return [
    extension(BASIC_CONSTRAINTS, true, sequence()),
    // digitalSignature and keyEncipherment: the two highest bits of the string, five bits of it unused.
    extension(KEY_USAGE, true, tlv(TAG.bitString, Buffer.of(5, 0b1010_0000))),
    extension(EXTENDED_KEY_USAGE, false, sequence(oid(SERVER_AUTHENTICATION))),
    extension(SUBJECT_KEY_IDENTIFIER, false, tlv(TAG.octetString, keyIdentifier)),
    extension(SUBJECT_ALT_NAME, false, sequence(...names.map(generalName))),
  ]
}

function extension(id: readonly number[], critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [tlv(TAG.boolean, Buffer.of(0xff))] : []
  return sequence(oid(id), ...flag, tlv(TAG.octetString, value))
}

function generalName(name: string): Buffer {
  switch (isIP(name)) {
    case 4:
      return tlv(IP_ADDRESS, Buffer.from(name.split('.').map(Number)))
    case 6:
      return tlv(IP_ADDRESS, ipv6Bytes(name))
    default:
      return tlv(DNS_NAME, Buffer.from(name, 'ascii'))
  }
}

function ipv6Bytes(text: string): Buffer {
  const [head = '', tail] = text.split('::')
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '')
  return at.getUTCFullYear() < GENERALIZED_TIME_FROM
    ? tlv(TAG.utcTime, Buffer.from(digits.slice(2)))
    : tlv(TAG.generalizedTime, Buffer.from(digits))
}

function oid(arcs: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = arcs
  return tlv(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

/** A leading zero keeps it from being read as negative; more of them are not DER. */
function unsigned(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const digits = bytes.subarray(start)
  return digits[0]! < 0x80 ? tlv(TAG.integer, digits) : tlv(TAG.integer, Buffer.of(0), digits)
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(TAG.sequence, ...parts)
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  if (value.length < 0x80) return Buffer.concat([Buffer.of(tag, value.length), value])
  const length: number[] = []
  for (let rest = value.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff)
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length, ...length), value])
}
