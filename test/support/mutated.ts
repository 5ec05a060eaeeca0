// Inputs for fuzz tests.

import fc from 'fast-check'

/** A good input of the kind, with a few bytes changed and perhaps cut. */
export const mutated = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xc0, 0xff))), {
        maxLength: 6,
      }),
      fc.option(fc.nat(), { freq: 3 }),
    )
    .map(([good, changes, cut]) => {
      const bytes = good.slice(0, cut === null ? good.length : cut % (good.length + 1))
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
      return bytes
    })
