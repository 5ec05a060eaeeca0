// The headers that the PROXY protocol's own text shows.

import { expect, test } from 'vitest'
import { ipv4 } from './ipv4-address.ts'
import { proxyHeader } from './proxy-protocol.ts'

const CALLER = ipv4('192.168.0.1')
const SERVER = ipv4('192.168.0.11')

test('version 1 is a line of text', () => {
  const header = proxyHeader(1, CALLER, 56_324, SERVER, 443)
  expect(String.fromCharCode(...header)).toBe('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n')
})

test('version 2 is binary', () => {
  const header = proxyHeader(2, CALLER, 56_324, SERVER, 443)
  expect(Buffer.from(header).toString('hex')).toBe(
    '0d0a0d0a000d0a515549540a' + '2111000c' + 'c0a80001c0a8000b' + 'dc0401bb',
  )
})
