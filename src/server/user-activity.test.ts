// Logins and traffic of users, across the sessions they had.

import { expect, test } from 'vitest'
import { DEFAULT_POLICY } from '../hub/policy.ts'
import type { SessionRow } from '../hub/session.ts'
import { newSessionCounters } from '../hub/session.ts'
import { UserActivities } from './user-activity.ts'

const identity = (userName: string) => ({ kind: 'VPN', userName, hostName: 'h', policy: DEFAULT_POLICY })
const counters = (rxFrames: number) => ({ ...newSessionCounters(), rxFrames })
const session = (userName: string, rxFrames: number): SessionRow => ({
  name: 'SID',
  identity: identity(userName),
  connectedAt: 0,
  lastCommunicationAt: 0,
  details: undefined,
  ...counters(rxFrames),
})

test('logins are counted, and the traffic of sessions that are and were', () => {
  let now = 100
  const activities = new UserActivities(() => now)
  activities.attached(identity('Alice'))
  now = 200
  activities.attached(identity('ALICE'))
  activities.attached({ kind: 'TAP', userName: 'alice', hostName: '' })
  activities.detached(identity('alice'), counters(5))
  const { logins, lastLoginAt, traffic } = activities.of([session('alice', 2), session('bob', 9)])('alice')
  expect([logins, lastLoginAt, traffic.rxFrames]).toEqual([2, 200, 7])
  expect(activities.of([])('bob').lastLoginAt).toBeUndefined()
  activities.keep(['bob'])
  expect(activities.of([])('alice').logins).toBe(0)
})
