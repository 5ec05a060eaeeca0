// Logins and traffic of users, across the sessions they had.

import { expect, test } from 'vitest'
import { DEFAULT_POLICY } from '../hub/policy.ts'
import { newSessionCounters } from '../hub/session.ts'
import { UserActivities } from './user-activity.ts'

const identity = (userName: string) => ({ kind: 'VPN', userName, hostName: 'h', policy: DEFAULT_POLICY })
const counters = (rxFrames: number) => ({ ...newSessionCounters(), rxFrames })

test('logins are counted, and the traffic of sessions that are and were', () => {
  let now = 100
  const activities = new UserActivities(() => now)
  const [first, second] = [counters(0), counters(0)]
  activities.attached(identity('Alice'), first)
  now = 200
  activities.attached(identity('ALICE'), second)
  activities.attached({ kind: 'TAP', userName: 'alice', hostName: '' }, counters(50))
  activities.attached(identity('bob'), counters(9))
  first.rxFrames = 5
  second.rxFrames = 1
  expect(activities.of('alice')).toMatchObject({ logins: 2, lastLoginAt: 200, traffic: { rxFrames: 6 } })
  activities.detached(identity('alice'), first)
  second.rxFrames = 2
  expect(activities.of('alice').traffic.rxFrames).toBe(7)
  expect(activities.of('carol')).toMatchObject({ logins: 0, lastLoginAt: undefined, traffic: { rxFrames: 0 } })
})

test('of a user that is no more nothing is kept, nor begun again when its session ends', () => {
  const activities = new UserActivities(() => 100)
  const session = counters(5)
  activities.attached(identity('alice'), session)
  activities.keep(['bob'])
  expect(activities.of('alice').logins).toBe(0)
  activities.detached(identity('alice'), session)
  expect(activities.of('alice').traffic.rxFrames).toBe(0)
})
