// The keys `users` and `groups` of a hub: a key for each name. Passwords are kept as hashes only, but with these hashes one can log in.

import * as z from 'zod/mini'
import { PASSWORD_HASH_LEN } from '../../accounts/password-hash.ts'
import type { Group, User, UserAuthentication } from '../../accounts/user.ts'
import { isUserName, USER_NAME_ALLOWED } from '../../accounts/user-name.ts'
import { GROUPS_MAX, USERS_MAX } from '../../admin/hub-settings.ts'
import { formatPolicy, policyOf, policyShape } from './policy.ts'
import type { ConfigDefaults, Section, Shape } from './section.ts'
import { isRecord, joined, preview, shaped } from './section.ts'
import type { SettingIssue } from './settings-check.ts'
import { bytes, bytesText, instant, instantText, text } from './values.ts'

const authenticationShape = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('anonymous') }),
    z.strictObject({ kind: z.literal('password'), hash: bytes(PASSWORD_HASH_LEN), ntHash: z.optional(bytes()) }),
    z.strictObject({ kind: z.literal('certificate'), certificate: bytes() }),
    z.strictObject({ kind: z.literal('signedCertificate'), commonName: z.optional(text), serial: z.optional(bytes()) }),
  ],
  'an object whose "kind" is "anonymous", "password", "certificate" or "signedCertificate"',
)

const userShape = z.strictObject(
  {
    realName: z.optional(text),
    note: z.optional(text),
    group: z.optional(text),
    createdAt: z.optional(instant),
    updatedAt: z.optional(instant),
    expiresAt: z.optional(z.nullable(instant)),
    authentication: authenticationShape,
    policy: z.optional(z.nullable(policyShape)),
  },
  'an object',
)

const groupShape = z.strictObject(
  { realName: z.optional(text), note: z.optional(text), policy: z.optional(z.nullable(policyShape)) },
  'an object',
)

/** A key for each name: what both have in common. */
function namedSection<Given, T extends { readonly name: string }>(
  shape: Shape<Given>,
  max: number,
  make: (name: string, given: Given, defaults: ConfigDefaults) => T,
  format: (value: T) => unknown,
): Section<readonly T[]> {
  return {
    initial: () => [],
    parse: (json, path, defaults, issues) => {
      if (json === undefined) return []
      if (!isRecord(json)) {
        issues.push({ path, allowed: 'an object with a key for each name', actual: preview(json, []) })
        return undefined
      }
      const entries = Object.entries(json)
      const sound = checkNames(Object.keys(json), max, path, issues)
      const values = entries.map(([name, value]) => {
        const given = shaped(shape, value, joined(path, name), issues)
        return given && make(name, given, defaults)
      })
      return sound && values.every((value) => value !== undefined) ? values : undefined
    },
    format: (values) => Object.fromEntries(values.map((value) => [value.name, format(value)])),
  }
}

function checkNames(names: readonly string[], max: number, path: string, issues: SettingIssue[]): boolean {
  const before = issues.length
  const seen = new Set<string>()
  for (const name of names) {
    const actual = JSON.stringify(name)
    if (!isUserName(name)) issues.push({ path, allowed: `names of ${USER_NAME_ALLOWED}`, actual })
    else if (seen.has(name.toLowerCase())) issues.push({ path, allowed: 'names unique in any letter case', actual })
    seen.add(name.toLowerCase())
  }
  if (names.length > max) issues.push({ path, allowed: `at most ${max}`, actual: String(names.length) })
  return issues.length === before
}

export const usersSection: Section<readonly User[]> = namedSection(
  userShape,
  USERS_MAX,
  (name, given, { wallClock }): User => ({
    name,
    realName: given.realName ?? '',
    note: given.note ?? '',
    group: given.group ?? '',
    createdAt: given.createdAt ?? wallClock(),
    updatedAt: given.updatedAt ?? given.createdAt ?? wallClock(),
    expiresAt: given.expiresAt ?? undefined,
    authentication: authenticationOf(given.authentication),
    policy: given.policy ? policyOf(given.policy) : undefined,
  }),
  (user) => ({
    realName: user.realName,
    note: user.note,
    group: user.group,
    createdAt: instantText(user.createdAt),
    updatedAt: instantText(user.updatedAt),
    expiresAt: user.expiresAt === undefined ? null : instantText(user.expiresAt),
    authentication: formatAuthentication(user.authentication),
    policy: user.policy === undefined ? null : formatPolicy(user.policy),
  }),
)

export const groupsSection: Section<readonly Group[]> = namedSection(
  groupShape,
  GROUPS_MAX,
  (name, given): Group => ({
    name,
    realName: given.realName ?? '',
    note: given.note ?? '',
    policy: given.policy ? policyOf(given.policy) : undefined,
  }),
  ({ realName, note, policy }) => ({ realName, note, policy: policy === undefined ? null : formatPolicy(policy) }),
)

function authenticationOf(given: z.output<typeof authenticationShape>): UserAuthentication {
  switch (given.kind) {
    case 'password':
      return { kind: 'password', hashedKey: given.hash, ntLmSecureHash: given.ntHash ?? new Uint8Array() }
    case 'signedCertificate':
      return { kind: given.kind, commonName: given.commonName ?? '', serial: given.serial ?? new Uint8Array() }
    default:
      return given
  }
}

function formatAuthentication(given: UserAuthentication): object {
  const { kind } = given
  switch (kind) {
    case 'anonymous':
      return { kind }
    case 'password':
      return { kind, hash: bytesText(given.hashedKey), ntHash: bytesText(given.ntLmSecureHash) }
    case 'certificate':
      return { kind, certificate: bytesText(given.certificate) }
    case 'signedCertificate':
      return { kind, commonName: given.commonName, serial: bytesText(given.serial) }
  }
}
