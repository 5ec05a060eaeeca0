import { describe, expect, test } from 'vitest'
import { PROXY_ANSWER_MAX, type ProxyKind, type ProxySettings, proxyDialogue } from './proxy.ts'

function dialogue(kind: ProxyKind, { userName = '', host = 'vpn.example', header = '' } = {}) {
  const proxy: ProxySettings = { kind, hostName: 'proxy', port: 3128, userName, password: 'pw' }
  return proxyDialogue(proxy, host, 443, header)!
}

const bytes = (...values: number[]): Buffer => Buffer.from(values)
const failed = (code: number, reason: RegExp) => ({
  kind: 'failed',
  failure: { code, reason: expect.stringMatching(reason) },
})

test('no proxy, no dialogue', () => {
  expect(dialogue('direct')).toBeUndefined()
})

describe('HTTP CONNECT', () => {
  test('asks for the server by its name, with the user’s password and further lines', () => {
    const request = Buffer.from(dialogue('http', { userName: 'u', header: 'X-A: 1\n\nX-B: 2' }).begin()).toString()
    expect(request).toBe(
      'CONNECT vpn.example:443 HTTP/1.1\r\nHost: vpn.example:443\r\nProxy-Authorization: Basic dTpwdw==\r\nX-A: 1\r\nX-B: 2\r\n\r\n',
    )
    expect(Buffer.from(dialogue('http', { host: '2001:db8::1' }).begin()).toString()).toContain(
      'CONNECT [2001:db8::1]:443 ',
    )
  })

  test('is open at the empty line behind a good status, however it comes', () => {
    const http = dialogue('http')
    const answer = Buffer.from('HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n')
    for (const byte of answer.subarray(0, -1)) expect(http.push(bytes(byte))).toEqual({ kind: 'more' })
    expect(http.push(answer.subarray(-1))).toEqual({ kind: 'open' })
  })

  test.each([
    ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 19, /password/],
    ['HTTP/1.1 503 No\r\n\r\n', 18, /status 503/],
    ['220 mail.example ESMTP\r\n\r\n', 18, /none for HTTP/],
    ['x'.repeat(PROXY_ANSWER_MAX + 1), 18, /too long/],
  ])('%j', (answer, code, reason) => {
    expect(dialogue('http').push(Buffer.from(answer))).toEqual(failed(code, reason))
  })
})

describe('SOCKS5', () => {
  const request = Buffer.concat([bytes(5, 1, 0, 3, 11), Buffer.from('vpn.example'), bytes(1, 187)])

  test('without a password', () => {
    const socks = dialogue('socks5')
    expect(Buffer.from(socks.begin())).toEqual(bytes(5, 1, 0))
    expect(socks.push(bytes(5, 0))).toEqual({ kind: 'more', send: request })
    expect(socks.push(bytes(5, 0, 0, 3, 2, 97))).toEqual({ kind: 'more' })
    expect(socks.push(bytes(98, 0, 80))).toEqual({ kind: 'open' })
  })

  test('with a password', () => {
    const socks = dialogue('socks5', { userName: 'u', host: '192.0.2.1' })
    expect(Buffer.from(socks.begin())).toEqual(bytes(5, 2, 0, 2))
    expect(socks.push(bytes(5, 2))).toEqual({ kind: 'more', send: bytes(1, 1, 117, 2, 112, 119) })
    expect(socks.push(bytes(1, 0))).toEqual({ kind: 'more', send: bytes(5, 1, 0, 1, 192, 0, 2, 1, 1, 187) })
    expect(socks.push(bytes(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))).toEqual({ kind: 'open' })
  })

  test.each([
    ['no method is acceptable', [bytes(5, 255)], 19, /password/],
    ['it is no SOCKS5 proxy', [bytes(72, 84)], 18, /none for SOCKS5/],
    ['the connection is refused', [bytes(5, 0), bytes(5, 5, 0, 1, 0)], 18, /refused/],
    ['a code nobody knows', [bytes(5, 0), bytes(5, 99, 0, 1, 0)], 18, /code 99/],
  ] as const)('%s', (_what, answers, code, reason) => {
    const socks = dialogue('socks5')
    expect(answers.map((answer) => socks.push(answer)).at(-1)).toEqual(failed(code, reason))
  })

  test('the wrong password', () => {
    const socks = dialogue('socks5', { userName: 'u' })
    socks.push(bytes(5, 2))
    expect(socks.push(bytes(1, 1))).toEqual(failed(19, /password/))
  })
})

describe('SOCKS4', () => {
  test('leaves the name to the proxy', () => {
    const begin = Buffer.from(dialogue('socks4', { userName: 'u' }).begin())
    expect(begin).toEqual(Buffer.concat([bytes(4, 1, 1, 187, 0, 0, 0, 1), Buffer.from('u\0vpn.example\0')]))
  })

  test.each([
    [90, { kind: 'open' }],
    [91, failed(18, /code 91/)],
  ] as const)('code %i', (code, step) => {
    const socks = dialogue('socks4', { host: '192.0.2.1' })
    expect(Buffer.from(socks.begin())).toEqual(bytes(4, 1, 1, 187, 192, 0, 2, 1, 0))
    expect(socks.push(bytes(0, code, 0, 0, 0, 0, 0, 0))).toEqual(step)
  })
})
