// The HTTP/1.1 messages that every connection begins with, of both sides: probe, signature, PACK requests and answers
// (protocol reference 3). Plain messages with Content-Length, one after the other; what lies behind the last one belongs to the
// tunnel and is handed over untouched (`rest`).
//
// The reader is strict where the original is: a header line without a value ends the connection. It is bounded: head and
// body each have a limit, and nothing is stored beyond them.

import { emitPack, type Pack } from './pack.ts'

/** Bytes of a start line and its headers. */
export const HTTP_HEAD_MAX = 16_384
const HEADER_LINES_LIMIT = 128
/** Bytes of a PACK before the login, and of what comes while it is judged. */
export const LOGIN_BODY_MAX = 65_536
/** Bytes of a signature: the watermark and up to 2,000 random ones. */
export const SIGNATURE_BODY_MAX = 4_096

export const SIGNATURE_TARGET = '/vpnsvc/connect.cgi'
export const PACK_TARGET = '/vpnsvc/vpn.cgi'
const PACK_TYPE = 'application/octet-stream'

/** What the original's clients look for in the answer to their probe (protocol reference 3.2). */
const PROBE_MARKER = '9C37197CA7C2428388C2E6E59B829B30'
const SHORT_SIGNATURE = 'VPNCONNECT'
const WATERMARK_LEN = 1_411
const WATERMARK_SHA256 = '96a706bbab378ec37dfef21e02b1a3c177fbebeffa039eb0efac918630df12a0'
/** The element of random length that keeps sizes varied. */
const PADDING_NAME = 'pencore'
const PADDING_LEN_LIMIT = 1_000

const encoder = new TextEncoder()
const decoder = new TextDecoder('latin1')

export interface HttpMessage {
  /** `POST /vpnsvc/connect.cgi HTTP/1.1` or `HTTP/1.1 200 OK` */
  readonly startLine: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

interface Head {
  readonly startLine: string
  readonly headers: ReadonlyMap<string, string>
  readonly bodyLen: number
}

/** Messages of one direction. `push` what was read, then take what `next` gives until it gives none. */
export class HttpReader {
  /** The longest body accepted next; may be changed between messages. */
  bodyMax: number
  #bytes = new Uint8Array(0)
  #used = 0
  #head: Head | undefined
  /** Nothing that ends a head lies before. */
  #scanned = 0
  #isBroken = false

  constructor(bodyMax: number) {
    this.bodyMax = bodyMax
  }

  /** What came is no such message, or too large; nothing more will be read. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Bytes that were pushed and not taken. */
  get length(): number {
    return this.#used
  }

  /** Keeps a copy. */
  push(chunk: Uint8Array): void {
    if (this.#isBroken) return
    const needed = this.#used + chunk.length
    if (needed > this.#bytes.length) {
      // Doubling: a peer that sends byte by byte must not cost a copy of everything each time.
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = grown
    }
    this.#bytes.set(chunk, this.#used)
    this.#used = needed
  }

  next(): HttpMessage | undefined {
    if (this.#isBroken) return undefined
    this.#head ??= this.#readHead()
    const head = this.#head
    if (head === undefined) return undefined
    if (head.bodyLen > this.bodyMax) return this.#break()
    if (this.#used < head.bodyLen) return undefined
    const body = this.#take(head.bodyLen)
    this.#head = undefined
    this.#scanned = 0
    return { startLine: head.startLine, headers: head.headers, body }
  }

  /** What was read beyond the last message; the reader has nothing left. */
  rest(): Uint8Array {
    return this.#take(this.#used)
  }

  #readHead(): Head | undefined {
    const end = this.#findEnd()
    if (end === undefined) return this.#used > HTTP_HEAD_MAX ? this.#break() : undefined
    if (end > HTTP_HEAD_MAX) return this.#break()
    const head = parseHead(decoder.decode(this.#take(end)))
    return head ?? this.#break()
  }

  /** Behind the empty line, if it is there yet. */
  #findEnd(): number | undefined {
    const bytes = this.#bytes
    const used = this.#used
    for (let at = Math.max(3, this.#scanned); at < used; at += 1) {
      if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return at + 1
    }
    this.#scanned = used
    return undefined
  }

  #take(length: number): Uint8Array {
    const taken = this.#bytes.slice(0, length)
    this.#bytes.copyWithin(0, length, this.#used)
    this.#used -= length
    return taken
  }

  #break(): undefined {
    this.#isBroken = true
    this.#bytes = new Uint8Array(0)
    this.#used = 0
    return undefined
  }
}

function parseHead(text: string): Head | undefined {
  const [startLine, ...lines] = text.slice(0, -4).split('\r\n')
  if (startLine === undefined || startLine === '' || lines.length > HEADER_LINES_LIMIT) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const match = /^([^:\s]+):\s*(\S.*)$/.exec(line)
    if (match === null) return undefined
    headers.set(match[1]!.toLowerCase(), match[2]!.trim())
  }
  const length = headers.get('content-length') ?? '0'
  return /^\d{1,9}$/.test(length) ? { startLine, headers, bodyLen: Number(length) } : undefined
}

export interface HttpRequestLine {
  readonly method: string
  readonly target: string
  readonly version: string
}

/** `undefined` where this is no HTTP request. */
export function requestLine(message: HttpMessage): HttpRequestLine | undefined {
  const match = /^([A-Z_]+) (\S+) (HTTP\/1\.[01])$/.exec(message.startLine)
  return match === null ? undefined : { method: match[1]!, target: match[2]!, version: match[3]! }
}

/** The original looks neither at the content type nor at the version. */
export function isSignatureTarget({ method, target }: HttpRequestLine): boolean {
  return method === 'POST' && target.toLowerCase() === SIGNATURE_TARGET
}

/** @param sha256 the digest as lower-case hexadecimal */
export function isSignature(body: Uint8Array, sha256: (bytes: Uint8Array) => string): boolean {
  if (body.length === SHORT_SIGNATURE.length) return decoder.decode(body) === SHORT_SIGNATURE
  return body.length >= WATERMARK_LEN && sha256(body.subarray(0, WATERMARK_LEN)) === WATERMARK_SHA256
}

/** The body of a PACK request, or `undefined` where the original would not look at it. */
export function packRequestBody(message: HttpMessage): Uint8Array | undefined {
  const line = requestLine(message)
  if (line?.method !== 'POST' || line.target.toLowerCase() !== PACK_TARGET || line.version !== 'HTTP/1.1')
    return undefined
  return hasPackBody(message) ? message.body : undefined
}

/** The body of a PACK answer, or `undefined`: then the other side is no VPN server. */
export function packAnswerBody(message: HttpMessage): Uint8Array | undefined {
  return /^HTTP\/1\.1 200\b/.test(message.startLine) && hasPackBody(message) ? message.body : undefined
}

function hasPackBody(message: HttpMessage): boolean {
  return message.headers.get('content-type')?.toLowerCase() === PACK_TYPE && message.body.length > 0
}

/** What a client begins with: the short form of the proof that it speaks this protocol. @param host an address, no name */
export function emitSignatureRequest(host: string): Uint8Array {
  return emitMessage(`POST ${SIGNATURE_TARGET} HTTP/1.1`, host, 'image/jpeg', encoder.encode(SHORT_SIGNATURE))
}

export function emitPackRequest(host: string, pack: Pack, random: () => number): Uint8Array {
  return emitMessage(`POST ${PACK_TARGET} HTTP/1.1`, host, PACK_TYPE, emitPack(padded(pack, random)))
}

export function emitPackAnswer(pack: Pack, random: () => number): Uint8Array {
  return emitMessage('HTTP/1.1 200 OK', undefined, PACK_TYPE, emitPack(padded(pack, random)))
}

/** For `GET /`: without the marker the original's clients take the server for none. */
export function emitProbeAnswer(): Uint8Array {
  const page = `<!DOCTYPE html><!-- ${PROBE_MARKER} --><title>403 Forbidden</title><h1>Forbidden</h1>`
  return emitMessage('HTTP/1.1 403 Forbidden', undefined, 'text/html; charset=utf-8', encoder.encode(page))
}

/** For whoever does not speak this protocol. */
export function emitNotFound(): Uint8Array {
  const page = '<!DOCTYPE html><title>404 Not Found</title><h1>Not Found</h1>'
  return emitMessage('HTTP/1.1 404 Not Found', undefined, 'text/html; charset=utf-8', encoder.encode(page))
}

function emitMessage(startLine: string, host: string | undefined, type: string, body: Uint8Array): Uint8Array {
  const lines = [
    startLine,
    'Connection: Keep-Alive',
    `Content-Length: ${body.length}`,
    `Content-Type: ${type}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    'Keep-Alive: timeout=15; max=19',
  ]
  const head = encoder.encode(`${lines.join('\r\n')}\r\n\r\n`)
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}

/** @param random an unsigned 32-bit number */
function padded(pack: Pack, random: () => number): Pack {
  const padding = new Uint8Array(random() % PADDING_LEN_LIMIT)
  for (let at = 0; at < padding.length; at += 1) padding[at] = random()
  return pack.addData(PADDING_NAME, padding)
}
