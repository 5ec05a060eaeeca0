import { expect, test } from 'vitest'
import { DEFAULT_NAT_LIMITS } from './limits.ts'
import type { NatSessionRow } from './rows.ts'
import { HALF_OPEN_PORT_SHARE, type NatSession, SessionTable } from './session-table.ts'

type MadeUpSession = { -readonly [Key in keyof NatSession]: NatSession[Key] }

function session(table: SessionTable, internalAddress: number): MadeUpSession {
  return {
    id: table.nextId(),
    internalAddress,
    protocol: 'TCP',
    givesWay: false,
    lastActivityAt: 0,
    queuedAt: 0,
    heapAt: 0,
    heapIndex: -1,
    nextDeadline: () => Number.POSITIVE_INFINITY,
    expire: () => {},
    row: () => ({}) as NatSessionRow,
    abort: () => {},
  }
}

test('sessions are numbered from 1 and no number comes twice', () => {
  const table = new SessionTable()
  const first = session(table, 1)
  table.add(first)
  expect(first.id).toBe(1)
  expect(table.get(1)).toBe(first)
  table.remove(first)
  expect(table.get(1)).toBeUndefined()
  expect(session(table, 1).id).toBe(2)
})

test('no guest takes all: its own limit, given back session by session', () => {
  const table = new SessionTable()
  const mine = Array.from({ length: DEFAULT_NAT_LIMITS.sessionsPerGuest }, () => session(table, 1))
  for (const it of mine) table.add(it)
  expect(table.hasRoomFor(1)).toBe(false)
  expect(table.hasRoomFor(2)).toBe(true)
  expect(table.stats).toMatchObject({ refusedSessionLimit: 0, refusedGuestLimit: 1 })
  table.remove(mine[0]!)
  // Removing twice gives back once.
  table.remove(mine[0]!)
  expect(table.hasRoomFor(1)).toBe(true)
  table.add(session(table, 1))
  expect(table.hasRoomFor(1)).toBe(false)
})

test('all guests together have a limit', () => {
  const table = new SessionTable()
  for (let index = 0; index < DEFAULT_NAT_LIMITS.sessions; index++) table.add(session(table, index & 7))
  expect(table.hasRoomFor(99)).toBe(false)
  expect(table.stats.refusedSessionLimit).toBe(1)
  expect(table.size).toBe(DEFAULT_NAT_LIMITS.sessions)
  expect([...table.values()]).toHaveLength(DEFAULT_NAT_LIMITS.sessions)
})

function active(table: SessionTable, internalAddress: number, at: number): MadeUpSession {
  const it = { ...session(table, internalAddress), givesWay: true, lastActivityAt: at }
  it.abort = () => table.remove(it)
  table.add(it)
  return it
}

test('past its own limit a guest gives up the session that was used longest ago, not another guest’s', () => {
  const reached: string[] = []
  const table = new SessionTable((limit, guest) => reached.push(`${limit} ${guest}`))
  table.limits = { ...DEFAULT_NAT_LIMITS, tcpSessionsPerGuest: 3 }
  const other = active(table, 2, 0)
  const [first, second, third] = [active(table, 1, 10), active(table, 1, 20), active(table, 1, 30)]
  first!.lastActivityAt = 40
  expect(table.makeRoom('TCP', 1, 'tcpSessionsPerGuest')).toBe(true)
  expect([...table.values()]).toEqual([other, first, third])
  expect(table.get(second!.id)).toBeUndefined()
  expect(table.makeRoom('TCP', 1, 'tcpSessionsPerGuest')).toBe(false)
  expect(reached).toEqual(['tcpSessionsPerGuest 1'])
})

test('a full table is at the cost of the guest with the most, and of no other', () => {
  const table = new SessionTable()
  table.limits = { ...DEFAULT_NAT_LIMITS, sessions: 10 }
  const mine = Array.from({ length: 8 }, (_, index) => active(table, 1, index))
  const others = [active(table, 2, 0), active(table, 3, 0)]
  expect(table.hasRoomFor(1)).toBe(false)
  expect(table.hasRoomFor(2)).toBe(true)
  expect(table.stats).toMatchObject({ evictedFromGreatest: 1, refusedSessionLimit: 1 })
  expect([...table.values()]).toEqual([...mine.slice(1), ...others])
})

test('when all have the same, a full table refuses', () => {
  const table = new SessionTable()
  table.limits = { ...DEFAULT_NAT_LIMITS, sessions: 4 }
  for (const guest of [1, 2, 1, 2]) active(table, guest, 0)
  expect(table.hasRoomFor(1)).toBe(false)
  expect(table.hasRoomFor(2)).toBe(false)
  expect(table.hasRoomFor(3)).toBe(true)
})

test('who calls himself by many addresses has the half-open connections of one port', () => {
  const [evil, good] = [{}, {}]
  const reached: string[] = []
  const table = new SessionTable(
    (limit) => reached.push(limit),
    (guest) => (guest >= 100 ? evil : guest === 0 ? undefined : good),
  )
  table.limits = { ...DEFAULT_NAT_LIMITS, halfOpenPerGuest: 3, halfOpen: 20 }
  const dial = (guest: number): NatSession | undefined => {
    if (!table.mayDial(guest)) return undefined
    const it = active(table, guest, 0)
    table.countHalfOpen(it, 1)
    return it
  }
  const forged = Array.from({ length: 30 }, (_, index) => dial(100 + index)).filter((it) => it !== undefined)
  expect(forged).toHaveLength(20 * HALF_OPEN_PORT_SHARE)
  expect([dial(1), dial(2), dial(0)].map((it) => it !== undefined)).toEqual([true, true, true])
  expect([table.stats.refusedHalfOpenPortLimit, reached[0]]).toEqual([20, 'halfOpen'])
  for (const it of forged) {
    table.countHalfOpen(it, -1)
    table.remove(it)
  }
  expect(dial(100)).toBeDefined()
})

test('when the table is full, the port with the most gives way, by whatever addresses it has them', () => {
  const [evil, good] = [{}, {}]
  const table = new SessionTable(undefined, (guest) => (guest >= 100 ? evil : good))
  table.limits = { ...DEFAULT_NAT_LIMITS, sessions: 10 }
  for (const guest of [1, 1, 1]) active(table, guest, 0)
  for (let guest = 100; guest < 107; guest++) active(table, guest, 0)
  expect(table.hasRoomFor(107), 'not for another address of the same port').toBe(false)
  expect(table.hasRoomFor(2)).toBe(true)
  expect([...table.values()].filter(({ internalAddress }) => internalAddress === 1)).toHaveLength(3)
})

test('half-open connections have limits of their own, per guest and in all', () => {
  const table = new SessionTable()
  table.limits = { ...DEFAULT_NAT_LIMITS, halfOpenPerGuest: 2, halfOpen: 3 }
  const dial = (guest: number): NatSession => {
    const it = active(table, guest, 0)
    table.countHalfOpen(it, 1)
    return it
  }
  const [first] = [dial(1), dial(1)]
  expect(table.mayDial(1)).toBe(false)
  expect(table.mayDial(2)).toBe(true)
  dial(2)
  expect(table.mayDial(3)).toBe(false)
  expect(table.stats).toMatchObject({ refusedHalfOpenGuestLimit: 1, refusedHalfOpenLimit: 1 })
  table.countHalfOpen(first!, -1)
  expect(table.mayDial(1)).toBe(true)
})
