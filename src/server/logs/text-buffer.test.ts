import { expect, test } from 'vitest'
import { TextBuffer } from './text-buffer.ts'

const text = (buffer: TextBuffer): string => new TextDecoder().decode(buffer.bytes)

test('what is appended comes out as UTF-8, in order, however much it is', () => {
  const buffer = new TextBuffer()
  expect(text(buffer)).toBe('')
  let expected = ''
  for (let n = 0; n < 1000; n++) {
    const line = `${n} ${'セッション'.repeat(n % 7)}\n`
    buffer.append(line)
    expected += line
  }
  expect(text(buffer)).toBe(expected)
})

test('one text larger than all before, and bytes of another buffer', () => {
  const [first, second] = [new TextBuffer(), new TextBuffer()]
  first.append('a')
  first.append('あ'.repeat(50_000))
  second.append('b'.repeat(20_000))
  first.appendBytes(second.bytes)
  expect(text(first)).toBe(`a${'あ'.repeat(50_000)}${'b'.repeat(20_000)}`)
})

test('cleared it holds nothing of before, and says whether it is worth keeping', () => {
  const buffer = new TextBuffer()
  buffer.append('before')
  expect(buffer.clear()).toBe(true)
  expect(buffer.bytes).toHaveLength(0)
  buffer.append('after')
  expect(text(buffer)).toBe('after')
  buffer.append('x'.repeat(1024 * 1024))
  expect(buffer.clear()).toBe(false)
})
