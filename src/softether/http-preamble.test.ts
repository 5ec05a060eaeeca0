import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import {
  emitNotFound,
  emitPackAnswer,
  emitPackRequest,
  emitProbeAnswer,
  emitSignatureRequest,
  HTTP_HEAD_MAX,
  type HttpMessage,
  HttpReader,
  isSignature,
  isSignatureTarget,
  LOGIN_BODY_MAX,
  packAnswerBody,
  packRequestBody,
  requestLine,
} from './http-preamble.ts'
import { Pack, parsePack } from './pack.ts'

const vectors = readVectors('http-preamble') as {
  probe_request: string[]
  signature_request_real_client: { head: string[]; body_length: number; body_first_16_hex: string }
  signature_request_short_form: { head: string[]; body_ascii: string }
  hello_reply_head_real_server: string[]
  login_request_head_real_client: string[]
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const random = (): number => 7

/** A recorded head and a body of the length it names. */
function recorded(head: readonly string[], body: Uint8Array | string = ''): Buffer {
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n`), Buffer.from(body)])
}

function readOne(bytes: Uint8Array): HttpMessage {
  const reader = new HttpReader(LOGIN_BODY_MAX)
  reader.push(bytes)
  const message = reader.next()
  if (message === undefined) throw new Error('no message')
  return message
}

describe('recorded messages', () => {
  test('the probe', () => {
    expect(requestLine(readOne(recorded(vectors.probe_request)))).toEqual({
      method: 'GET',
      target: '/',
      version: 'HTTP/1.1',
    })
  })

  test('the signature', () => {
    const { head, body_length: length, body_first_16_hex: first } = vectors.signature_request_real_client
    const body = Buffer.alloc(length)
    body.set(hex(first))
    const message = readOne(recorded(head, body))
    expect(isSignatureTarget(requestLine(message)!)).toBe(true)
    expect(message.body.length).toBe(length)
    expect(isSignature(message.body, sha256), 'its bytes are not the watermark').toBe(false)
    expect(isSignature(message.body, () => '96a706bbab378ec37dfef21e02b1a3c177fbebeffa039eb0efac918630df12a0')).toBe(
      true,
    )
  })

  test('the short form of the signature', () => {
    const { head, body_ascii: body } = vectors.signature_request_short_form
    expect(isSignature(readOne(recorded(head, body)).body, sha256)).toBe(true)
    expect(isSignature(Buffer.from('VPNCONNECX'), sha256)).toBe(false)
    expect(isSignature(Buffer.from('VPNCONNECT!'), sha256)).toBe(false)
  })

  test('the heads of PACKs', () => {
    const request = readOne(recorded(vectors.login_request_head_real_client, Buffer.alloc(3271)))
    expect(packRequestBody(request)?.length).toBe(3271)
    const answer = readOne(recorded(vectors.hello_reply_head_real_server, Buffer.alloc(238)))
    expect(packAnswerBody(answer)?.length).toBe(238)
  })
})

describe('reading', () => {
  test('byte by byte, and what lies behind the message stays as it is', () => {
    const stream = Buffer.concat([emitSignatureRequest('192.0.2.1'), Buffer.from([1, 2, 3])])
    const reader = new HttpReader(LOGIN_BODY_MAX)
    const messages: HttpMessage[] = []
    for (const byte of stream) {
      reader.push(Uint8Array.of(byte))
      const message = reader.next()
      if (message !== undefined) messages.push(message)
    }
    expect(messages.map(({ startLine }) => startLine)).toEqual(['POST /vpnsvc/connect.cgi HTTP/1.1'])
    expect(reader.next()).toBeUndefined()
    expect([...reader.rest()]).toEqual([1, 2, 3])
  })

  test('several messages in one chunk', () => {
    const reader = new HttpReader(LOGIN_BODY_MAX)
    const pack = new Pack().addText('method', 'login')
    reader.push(Buffer.concat([emitSignatureRequest('192.0.2.1'), emitPackRequest('192.0.2.1', pack, random)]))
    expect(reader.next()?.body.length).toBe(10)
    expect(parsePack(packRequestBody(reader.next()!)!)?.text('method')).toBe('login')
    expect(reader.next()).toBeUndefined()
    expect(reader.isBroken).toBe(false)
  })

  test.each([
    ['a header without a value', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['a header of white space', 'GET / HTTP/1.1\r\nHost:   \r\n\r\n'],
    ['a line that is no header', 'GET / HTTP/1.1\r\nHost\r\n\r\n'],
    ['no start line', '\r\n\r\n'],
    ['a length that is none', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'],
    ['a length beyond the limit', `POST / HTTP/1.1\r\nContent-Length: ${LOGIN_BODY_MAX + 1}\r\n\r\n`],
    ['too many headers', `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(129)}\r\n`],
    ['a head without end', 'GET / HTTP/1.1\r\nA: '.padEnd(HTTP_HEAD_MAX + 1, 'b')],
    ['a head that ends too late', `${'GET / HTTP/1.1\r\nA: '.padEnd(HTTP_HEAD_MAX, 'b')}\r\n\r\n`],
  ])('broken: %s', (_what, text) => {
    const reader = new HttpReader(LOGIN_BODY_MAX)
    reader.push(Buffer.from(text))
    expect(reader.next()).toBeUndefined()
    expect(reader.isBroken).toBe(true)
    reader.push(emitSignatureRequest('192.0.2.1'))
    expect(reader.next()).toBeUndefined()
    expect(reader.rest().length).toBe(0)
  })
})

describe('a PACK request', () => {
  const good = ['POST /vpnsvc/vpn.cgi HTTP/1.1', 'Content-Length: 4', 'Content-Type: application/octet-stream']
  const body = Buffer.alloc(4)
  test('is one', () => expect(packRequestBody(readOne(recorded([...good, ''], body)))).toEqual(new Uint8Array(4)))

  test.each([
    ['another method', ['PUT /vpnsvc/vpn.cgi HTTP/1.1', ...good.slice(1)]],
    ['another target', ['POST /vpnsvc/connect.cgi HTTP/1.1', ...good.slice(1)]],
    ['another version', ['POST /vpnsvc/vpn.cgi HTTP/1.0', ...good.slice(1)]],
    ['another type', [...good.slice(0, 2), 'Content-Type: image/jpeg']],
    ['no type', good.slice(0, 2)],
    ['no HTTP', ['SSTP_DUPLEX_POST', ...good.slice(1)]],
  ])('is not: %s', (_what, head) => {
    expect(packRequestBody(readOne(recorded([...head, ''], body)))).toBeUndefined()
  })

  test('is not: nothing in it', () => {
    expect(packRequestBody(readOne(recorded([good[0]!, good[2]!, ''])))).toBeUndefined()
  })
})

test('a PACK answer needs status 200 and its type', () => {
  const bytes = Buffer.from(emitPackAnswer(new Pack().addInt('error', 9), random)).toString('latin1')
  expect(parsePack(packAnswerBody(readOne(Buffer.from(bytes, 'latin1')))!)?.int('error')).toBe(9)
  for (const text of [bytes.replace('200 OK', '403 Forbidden'), bytes.replace('octet-stream', 'json')]) {
    expect(packAnswerBody(readOne(Buffer.from(text, 'latin1')))).toBeUndefined()
  }
})

test('every PACK has padding of random length', () => {
  let seed = 1
  const sizes = new Set<number>()
  for (let count = 0; count < 20; count += 1) {
    seed = (seed * 1_103_515_245 + 12_345) >>> 0
    sizes.add(emitPackAnswer(new Pack(), () => seed >>> 8).length)
  }
  expect(sizes.size).toBeGreaterThan(10)
})

test('the answer to the probe has the marker within its first kilobyte', () => {
  const { startLine, body } = readOne(emitProbeAnswer())
  expect(startLine).toBe('HTTP/1.1 403 Forbidden')
  expect(Buffer.from(body).toString('latin1').indexOf('9C37197CA7C2428388C2E6E59B829B30')).toBeGreaterThan(0)
  expect(body.length).toBeLessThan(1023)
})

test('a stranger is told that there is nothing', () => {
  expect(readOne(emitNotFound()).startLine).toBe('HTTP/1.1 404 Not Found')
})
