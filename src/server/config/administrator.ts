// The key `administrator`: how the server's administrator is recognised, and who may only look. Passwords are kept as hashes only.

import * as z from 'zod/mini'
import { PASSWORD_HASH_LEN } from '../../accounts/password-hash.ts'
import type { ScryptHash } from '../../accounts/scrypt.ts'
import type { Section } from './section.ts'
import { shaped } from './section.ts'
import { bytes, bytesText, integer } from './values.ts'

export interface StoredPassword {
  /** For the doors that carry the password itself. `undefined`: nobody has shown it since it was set by its other hash. */
  readonly scrypt: ScryptHash | undefined
  /** SHA0(password), for SoftEther's challenge and response. `undefined`: SoftEther's tools cannot log in. */
  readonly softEther: Uint8Array | undefined
}

/** Sees everything and changes nothing. */
export interface ViewerConfig {
  readonly name: string
  readonly password: ScryptHash
}

export interface AdministratorConfig {
  /** `undefined` until the first start has made one. */
  readonly password: StoredPassword | undefined
  readonly viewers: readonly ViewerConfig[]
}

export const VIEWERS_MAX = 64
const VIEWER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const VIEWER_NAME_ALLOWED = '1 to 64 letters, digits, ".", "_" and "-", beginning with a letter or digit'

export function isViewerName(name: string): boolean {
  return VIEWER_NAME.test(name)
}

export const scryptHash = z.strictObject(
  {
    salt: z.string('text in base64'),
    hash: z.string('text in base64'),
    cost: integer,
    blockSize: integer,
    parallelization: integer,
  },
  'an object',
)

const shape = z.strictObject(
  {
    password: z.optional(
      z.strictObject({ scrypt: z.optional(scryptHash), softEther: z.optional(bytes(PASSWORD_HASH_LEN)) }, 'an object'),
    ),
    viewers: z.optional(z.record(z.string(), z.strictObject({ scrypt: scryptHash }, 'an object'), 'an object')),
  },
  'an object',
)

const NOBODY: AdministratorConfig = { password: undefined, viewers: [] }

export const administratorSection: Section<AdministratorConfig> = {
  initial: () => NOBODY,
  parse: (json, path, _defaults, issues) => {
    if (json === undefined) return NOBODY
    const given = shaped(shape, json, path, issues)
    if (given === undefined) return undefined
    const viewers = Object.entries(given.viewers ?? {}).map(([name, { scrypt }]) => ({ name, password: scrypt }))
    for (const { name } of viewers) {
      if (isViewerName(name)) continue
      issues.push({
        path: `${path}.viewers.${name}`,
        allowed: `a name of ${VIEWER_NAME_ALLOWED}`,
        actual: JSON.stringify(name),
      })
    }
    if (viewers.length > VIEWERS_MAX) {
      issues.push({ path: `${path}.viewers`, allowed: `at most ${VIEWERS_MAX} viewers`, actual: `${viewers.length}` })
    }
    const { password } = given
    return { password: password && { scrypt: password.scrypt, softEther: password.softEther }, viewers }
  },
  format: ({ password, viewers }) => {
    if (password === undefined && viewers.length === 0) return undefined
    return {
      ...(password === undefined
        ? {}
        : { password: { scrypt: password.scrypt, softEther: password.softEther && bytesText(password.softEther) } }),
      ...(viewers.length === 0
        ? {}
        : { viewers: Object.fromEntries(viewers.map(({ name, password: scrypt }) => [name, { scrypt }])) }),
    }
  },
}
