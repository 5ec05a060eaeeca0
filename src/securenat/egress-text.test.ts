// Networks and ports as people write them.

import { expect, test } from 'vitest'
import { formatNetwork, formatPorts, parseNetwork, parsePorts } from './egress-text.ts'

test.each(['10.0.0.0/8', '0.0.0.0/0', '192.168.1.7/32', '128.0.0.0/1'])('%s is read and written', (text) => {
  expect(formatNetwork(parseNetwork(text)!)).toBe(text)
})
test('one address, and any', () => {
  expect(formatNetwork(parseNetwork('192.0.2.1')!)).toBe('192.0.2.1/32')
  expect(formatNetwork(parseNetwork('any')!)).toBe('0.0.0.0/0')
})
test.each(['', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/8/8', '10.0.0.0/', 'x/8', '10.0.0/8'])(
  'refused: %j',
  (text) => expect(parseNetwork(text)).toBeUndefined(),
)
test.each([['443'], ['8000-8999'], ['1-65535']])('ports %s', (text) => expect(formatPorts(parsePorts(text))).toBe(text))
test.each(['', '0', '65536', '9-8', '1-', '-1', '1,2', 'http'])('ports refused: %j', (text) =>
  expect(parsePorts(text)).toBeUndefined(),
)
