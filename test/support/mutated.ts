// Inputs for fuzz tests.

import fc from 'fast-check'

/** Without the preference for small numbers: changes are to be found everywhere. */
const POSITION = fc.noBias(fc.nat())

/** A good input of the kind, with a few bytes changed and perhaps cut. */
export const mutated = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(POSITION, fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xc0, 0xff))), {
        maxLength: 6,
      }),
      fc.option(POSITION, { freq: 3 }),
    )
    .map(([good, changes, cut]) => {
      // Not `slice`: a Buffer's shares its memory, and the seed would be changed.
      const bytes = Uint8Array.from(good.subarray(0, cut === null ? good.length : cut % (good.length + 1)))
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
      return bytes
    })
