import { expect, test } from 'vitest'
import { formatTapOffer, parseTapOffer } from './tap-handover.ts'

test('an offer is read as it was written', () => {
  const offer = { name: 'tap0@guest', gso: false }
  expect(parseTapOffer(formatTapOffer(offer))).toEqual(offer)
})

test.each([
  ['no JSON', 'hello', /not a JSON object/],
  ['null', 'null', /not a JSON object/],
  ['a later version', '{"version":2,"name":"tap0","gso":true}', /version 2; this server takes version 1$/],
  ['no version', '{"name":"tap0","gso":true}', /version undefined/],
  ['no name', '{"version":1,"gso":true}', /name must be 1 to 255/],
  ['a name that would forge a line of the log', '{"version":1,"name":"a\\nb","gso":true}', /visible letters/],
  ['a name that is too long', JSON.stringify({ version: 1, name: 'x'.repeat(256), gso: true }), /1 to 255/],
  ['no word on super-frames', '{"version":1,"name":"tap0"}', /super-frames/],
])('%s is refused with a sentence', (_what, text, sentence) => {
  expect(parseTapOffer(text)).toMatch(sentence)
})
