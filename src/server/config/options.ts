// The keys of a hub behind which there are a few plain values: `options`, `extendedOptions`, `adminOptions`, `adminPassword`, `log`
// and `message`. Of the two tables of SoftEther's options the file has those that were set.

import * as z from 'zod/mini'
import type { AdminOptions } from '../../accounts/admin-options.ts'
import { ADMIN_OPTION_NAMES } from '../../accounts/admin-options.ts'
import type { HubPassword } from '../../accounts/password-hash.ts'
import { PASSWORD_HASH_LEN } from '../../accounts/password-hash.ts'
import type { HubLogSettings } from '../../admin/hub-settings.ts'
import { DEFAULT_HUB_LOG, HUB_MESSAGE_MAX, LOG_SWITCHES } from '../../admin/hub-settings.ts'
import type { ExtendedOptions } from '../../hub/extended-options.ts'
import { EXTENDED_OPTION_DEFAULTS } from '../../hub/extended-options.ts'
import type { HubOptions } from '../../hub/hub-options.ts'
import { DEFAULT_HUB_OPTIONS } from '../../hub/hub-options.ts'
import { SESSION_LIMIT } from '../../hub/session-list.ts'
import { scryptHash } from './administrator.ts'
import type { Section } from './section.ts'
import { plainSection, preview, shaped } from './section.ts'
import { bool, bytes, bytesText, integerIn, oneOf } from './values.ts'

const optionValue = z.optional(integerIn({ min: 0, max: 0xffff_ffff }))

export const hubOptionsSection: Section<HubOptions> = plainSection(
  z.strictObject(
    { maxSessions: z.optional(integerIn({ min: 0, max: SESSION_LIMIT })), noEnumeration: z.optional(bool) },
    'an object',
  ),
  DEFAULT_HUB_OPTIONS,
)

export const extendedOptionsSection: Section<ExtendedOptions> = namedValues(Object.keys(EXTENDED_OPTION_DEFAULTS))

export const adminOptionsSection: Section<AdminOptions> = namedValues(ADMIN_OPTION_NAMES)

export const hubLogSection: Section<HubLogSettings> = plainSection(
  z.strictObject(
    { saveSecurityLog: z.optional(bool), securityLogSwitch: z.optional(oneOf(LOG_SWITCHES)) },
    'an object',
  ),
  DEFAULT_HUB_LOG,
)

const passwordShape = z.strictObject(
  { hash: bytes(PASSWORD_HASH_LEN), userHash: bytes(PASSWORD_HASH_LEN), scrypt: z.optional(scryptHash) },
  'an object or null',
)

export const adminPasswordSection: Section<HubPassword | undefined> = {
  initial: () => undefined,
  parse: (json, path, _defaults, issues) => {
    const given = json === undefined || json === null ? undefined : shaped(passwordShape, json, path, issues)
    if (given === undefined) return undefined
    const { hash, userHash, scrypt } = given
    return { hashedPassword: hash, securePassword: userHash, ...(scrypt && { scrypt }) }
  },
  format: (password) =>
    password === undefined
      ? null
      : {
          hash: bytesText(password.hashedPassword),
          userHash: bytesText(password.securePassword),
          scrypt: password.scrypt,
        },
}

export const messageSection: Section<string> = {
  initial: () => '',
  parse: (json, path, _defaults, issues) => {
    if (json === undefined) return ''
    if (typeof json === 'string' && json.length <= HUB_MESSAGE_MAX) return json
    issues.push({ path, allowed: `text of at most ${HUB_MESSAGE_MAX} letters`, actual: preview(json, []) })
    return undefined
  },
  format: (message) => message,
}

function namedValues(names: readonly string[]): Section<Readonly<Record<string, number>>> {
  const shape = z.strictObject(Object.fromEntries(names.map((name) => [name, optionValue])), 'an object')
  return {
    initial: () => ({}),
    parse: (json, path, _defaults, issues) =>
      json === undefined ? {} : (shaped(shape, json, path, issues) as Readonly<Record<string, number>> | undefined),
    format: (values) => values,
  }
}
