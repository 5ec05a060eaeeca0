import { describe, expect, test } from 'vitest'
import type { Group, User } from '../accounts/user.ts'
import { DEFAULT_POLICY } from '../hub/policy.ts'
import type { PortIdentity } from '../hub/port.ts'
import { nextExpiry, sessionJudge } from './user-sessions.ts'

const NOW = Date.UTC(2026, 10, 23)
const DENIED = { ...DEFAULT_POLICY, access: false }

const user = (name: string, more: Partial<User> = {}): User => ({
  name,
  realName: '',
  note: '',
  group: '',
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  authentication: { kind: 'anonymous' },
  policy: undefined,
  ...more,
})
const group = (name: string, policy: Group['policy']): Group => ({ name, realName: '', note: '', policy })
const session = (userName: string): PortIdentity => ({ kind: 'VPN', userName, hostName: 'h', policy: DEFAULT_POLICY })

function mayGoOn(userName: string, users: readonly User[], groups: readonly Group[] = [], hasAdministrator = false) {
  const hash = new Uint8Array(20)
  const adminPassword = hasAdministrator ? { hashedPassword: hash, securePassword: hash } : undefined
  return sessionJudge({ users, groups, adminPassword }, NOW)(session(userName))
}

test('the session of a cascade is no user’s, whatever it is called', () => {
  const judge = sessionJudge({ users: [], groups: [], adminPassword: undefined }, NOW)
  expect(judge({ ...session('Cascade'), isLink: true })).toBe(true)
})

describe('a session of a user goes on', () => {
  test.each([
    ['as long as there is the user, in any case of letters', [user('Alice')], [], true],
    ['no more when there is none', [user('bob')], [], false],
    ['no more when it may not come in', [user('alice', { policy: DENIED })], [], false],
    ['no more when its group may not', [user('alice', { group: 'Staff' })], [group('staff', DENIED)], false],
    [
      'when its own policy lets it in',
      [user('alice', { group: 'g', policy: DEFAULT_POLICY })],
      [group('g', DENIED)],
      true,
    ],
    ['in another group', [user('alice', { group: 'g' })], [group('g', undefined), group('h', DENIED)], true],
    ['until it expires', [user('alice', { expiresAt: NOW + 1 })], [], true],
    ['no more from then on', [user('alice', { expiresAt: NOW })], [], false],
  ] as const)('%s', (_what, users, groups, expected) => {
    expect(mayGoOn('alice', users, groups)).toBe(expected)
  })

  test("as the hub's administrator, while he has a password", () => {
    expect(mayGoOn('administrator', [], [], true)).toBe(true)
    expect(mayGoOn('administrator', [], [], false)).toBe(false)
    expect(mayGoOn('alice', [], [], true)).toBe(false)
  })
})

test('ports without a policy are nobody’s to end', () => {
  const judge = sessionJudge({ users: [], groups: [], adminPassword: undefined }, NOW)
  expect(judge({ kind: 'TAP', userName: '', hostName: 'tap0' })).toBe(true)
})

test('the next to expire', () => {
  expect(nextExpiry([user('a')], NOW)).toBeUndefined()
  const users = [NOW - 5, NOW, NOW + 20, NOW + 10].map((expiresAt) => user('a', { expiresAt }))
  expect(nextExpiry(users, NOW)).toBe(NOW + 10)
})
