import { describe, expect, test } from 'vitest'
import { PROBE_REQUEST_MAX, probeAnswer, probeLength } from './probe.ts'

const REQUEST = [
  'GET / HTTP/1.1',
  'X-VPN: 1',
  'Host: 10.77.0.1',
  'Connection: Keep-Alive',
  'User-Agent: Mozilla/5.0',
  '',
  '',
].join('\r\n')

describe('the probe', () => {
  test('is known at every split point, and what follows it is not touched', () => {
    for (let length = 0; length < REQUEST.length; length += 1) {
      expect(probeLength(Buffer.from(REQUEST.slice(0, length)))).toBe(0)
    }
    expect(probeLength(Buffer.from(REQUEST))).toBe(REQUEST.length)
    expect(probeLength(Buffer.from(`${REQUEST}POST /vpnsvc/`))).toBe(REQUEST.length)
  })

  test.each(['POST / HTTP/1.1\r\n', 'GET /api/ HTTP/1.1\r\n', 'GET /?', 'HEAD / ', '\u0016\u0003'])(
    '%j is something else',
    (text) => {
      expect(probeLength(Buffer.from(text))).toBeUndefined()
    },
  )

  test('a request without end is no probe', () => {
    expect(probeLength(Buffer.from(REQUEST.slice(0, -2).padEnd(PROBE_REQUEST_MAX + 1, 'x')))).toBeUndefined()
  })

  test('the answer is whole, keeps the connection, and has the marker in its first kilobyte', () => {
    const answer = probeAnswer('Mon, 23 Nov 2026 11:34:06 GMT')
    const [head, body] = answer.split('\r\n\r\n')
    expect(head).toContain('HTTP/1.1 403 Forbidden\r\nConnection: Keep-Alive\r\n')
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body!)}\r\n`)
    expect(body!.indexOf('9C37197CA7C2428388C2E6E59B829B30')).toBeGreaterThan(0)
    expect(body!.indexOf('9C37197CA7C2428388C2E6E59B829B30')).toBeLessThan(1023 - 32)
    expect(head!.split('\r\n').filter((line) => /^[^:]+:\s*$/.test(line))).toEqual([])
  })
})
