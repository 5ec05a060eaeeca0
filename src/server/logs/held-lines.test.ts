import { describe, expect, test } from 'vitest'
import { HELD_LINES_MAX, HeldLines } from './held-lines.ts'

function setUp() {
  const written: string[] = []
  return { written, lines: new HeldLines((at, line) => written.push(`${at} ${line}`)) }
}

describe('held lines', () => {
  test('a line that waits holds back those behind it, and their order stays', () => {
    const { written, lines } = setUp()
    lines.write(1, 'a')
    const first = lines.hold(2, 'b?')
    lines.write(3, 'c')
    const second = lines.hold(4, 'd?')
    lines.write(5, 'e')
    expect(written).toEqual(['1 a'])
    second('d')
    expect(written).toEqual(['1 a'])
    first('b')
    expect(written).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e'])
    lines.write(6, 'f')
    first('again')
    expect(written).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e', '6 f'])
  })

  test('released, everything is written as far as it is known', () => {
    const { written, lines } = setUp()
    const late = lines.hold(1, 'a?')
    lines.write(2, 'b')
    lines.release()
    late('a')
    expect(written).toEqual(['1 a?', '2 b'])
  })

  test('no more than so many wait', () => {
    const { written, lines } = setUp()
    lines.hold(0, 'slow')
    for (let at = 1; at < HELD_LINES_MAX; at += 1) lines.write(at, 'x')
    expect(written).toEqual([])
    lines.write(HELD_LINES_MAX, 'x')
    expect(written).toHaveLength(HELD_LINES_MAX + 1)
    expect(written[0]).toBe('0 slow')
    expect(lines.stats.notHeldHeldLinesMax).toBe(1)
  })
})
