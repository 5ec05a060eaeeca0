// The suite every framing passes: wherever a stream is cut into chunks, the same frames come out.

import { expect, test } from 'vitest'

export interface FramingUnderTest {
  /** The bytes of these frames on the stream. */
  encode(frames: readonly Uint8Array[]): Uint8Array
  /** A new reader; `push` answers false once the stream is broken. */
  reader(frame: (frame: Uint8Array) => void): { push(chunk: Uint8Array): boolean }
}

const LENGTHS = [60, 1, 14, 1514, 300, 61]

function patterned(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7) & 255)
}

export function splitPointsSuite(framing: FramingUnderTest): void {
  const frames = LENGTHS.map(patterned)
  const stream = framing.encode(frames)

  /** Every chunk is overwritten after it was pushed: what is kept must have been copied. */
  function read(chunks: readonly Uint8Array[]): Uint8Array[] {
    const got: Uint8Array[] = []
    const reader = framing.reader((frame) => got.push(Uint8Array.from(frame)))
    for (const chunk of chunks) {
      // Not `slice`: a Buffer's shares its memory.
      const lent = Uint8Array.from(chunk)
      expect(reader.push(lent)).toBe(true)
      lent.fill(0xee)
    }
    return got
  }

  test('one chunk with all frames', () => {
    expect(read([stream])).toEqual(frames)
  })

  test('a cut at every point of the stream', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const got = read([stream.subarray(0, at), stream.subarray(at)])
      expect(got.length, `cut at ${at}`).toBe(frames.length)
      for (const [index, frame] of frames.entries()) {
        expect(Buffer.compare(got[index] as Uint8Array, frame), `frame ${index}, cut at ${at}`).toBe(0)
      }
    }
  })

  test('chunks of one size, from a byte to more than a frame', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 63, 64, 65, 1000, 1518, 1519]) {
      const chunks: Uint8Array[] = []
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size))
      expect(read(chunks), `chunks of ${size}`).toEqual(frames)
    }
  })
}
