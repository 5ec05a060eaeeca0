import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import wabt from 'wabt'
import { naiveChecksum } from '../../test/support/frames.ts'
import { sumBytes } from './checksum.ts'
import { MODULE, sumBuffer, sumMemory } from './sum-memory.ts'

test('the module is what sum-memory.wat says', async () => {
  const { parseWat } = await wabt()
  const text = readFileSync(join(import.meta.dirname, 'sum-memory.wat'), 'utf8')
  const module = parseWat('sum-memory.wat', text, { simd: true })
  expect(Buffer.from(module.toBinary({}).buffer).toString('base64')).toBe(MODULE)
})

test('sums in it are those of ordinary memory: every start within a word, every length up to 300', () => {
  const bytes = sumMemory(512)
  expect(bytes.buffer).toBe(sumBuffer)
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 151 + 43) & 255
  const copy = bytes.slice()
  for (let start = 0; start < 8; start += 1) {
    for (let length = 0; length <= 300; length += 1) {
      const sum = sumBytes(bytes, start, start + length)
      expect(sum, `start ${start}, length ${length}`).toBe(sumBytes(copy, start, start + length))
      expect(sum).toBe(0xffff - naiveChecksum(copy.subarray(start, start + length)))
    }
  }
})

test.each([
  [65_536, 0xff, 0xffff],
  [65_535, 0xff, 0xff00],
  [65_536, 0, 0],
])('%i bytes of %i do not overflow', (length, byte, sum) => {
  const bytes = sumMemory(length).fill(byte)
  expect(sumBytes(bytes, 0, length)).toBe(sum)
})

test('past its end buffers come from ordinary memory', () => {
  const whole = sumMemory(4_194_304)
  expect(whole).toHaveLength(4_194_304)
  expect(whole.buffer).not.toBe(sumBuffer)
})
