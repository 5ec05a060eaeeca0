import { expect, test } from 'vitest'
import type { NatSessionRow } from './rows.ts'
import { type NatSession, SESSION_LIMIT, SESSIONS_PER_GUEST_LIMIT, SessionTable } from './session-table.ts'

function session(table: SessionTable, internalAddress: number): NatSession {
  return {
    id: table.nextId(),
    internalAddress,
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
  const mine = Array.from({ length: SESSIONS_PER_GUEST_LIMIT }, () => session(table, 1))
  for (const it of mine) table.add(it)
  expect(table.hasRoomFor(1)).toBe(false)
  expect(table.hasRoomFor(2)).toBe(true)
  expect(table.stats).toEqual({ refusedSessionLimit: 0, refusedGuestLimit: 1 })
  table.remove(mine[0]!)
  // Removing twice gives back once.
  table.remove(mine[0]!)
  expect(table.hasRoomFor(1)).toBe(true)
  table.add(session(table, 1))
  expect(table.hasRoomFor(1)).toBe(false)
})

test('all guests together have a limit', () => {
  const table = new SessionTable()
  for (let index = 0; index < SESSION_LIMIT; index++) table.add(session(table, index & 7))
  expect(table.hasRoomFor(99)).toBe(false)
  expect(table.stats.refusedSessionLimit).toBe(1)
  expect(table.size).toBe(SESSION_LIMIT)
  expect([...table.values()]).toHaveLength(SESSION_LIMIT)
})
