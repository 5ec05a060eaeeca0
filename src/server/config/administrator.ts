// The key `administrator`: how the server's administrator is recognised. Passwords are kept as hashes only.

import * as z from 'zod/mini'
import { integer } from './values.ts'

/** A hash for another door becomes another key beside `scrypt`. */
const scryptHash = z.strictObject(
  {
    salt: z.string('text in base64'),
    hash: z.string('text in base64'),
    cost: integer,
    blockSize: integer,
    parallelization: integer,
  },
  'an object',
)
export type ScryptHash = z.infer<typeof scryptHash>

export const administratorShape = z.strictObject(
  { password: z.optional(z.strictObject({ scrypt: scryptHash }, 'an object')) },
  'an object',
)
