import { expect, test } from 'vitest'
import { QueueBudget } from './queue-budget.ts'

test('a budget is full at its limit, and has room again for what is given back', () => {
  const budget = new QueueBudget(100)
  budget.take(60)
  expect([budget.hasRoom(40), budget.hasRoom(41)]).toEqual([true, false])
  budget.give(10)
  expect([budget.used, budget.hasRoom(50), budget.hasRoom(51)]).toEqual([50, true, false])
})

test('of a full pool everyone still has his sure part', () => {
  const pool = new QueueBudget(100)
  const slow = new QueueBudget(200, pool, 30)
  const other = new QueueBudget(200, pool, 30)
  slow.take(100)
  expect([slow.hasRoom(1), other.hasRoom(30), other.hasRoom(31)]).toEqual([false, true, false])
  other.take(30)
  expect([pool.used, other.hasRoom(1)]).toEqual([130, false])
  slow.give(100)
  expect([pool.used, other.hasRoom(70), other.hasRoom(71)]).toEqual([30, true, false])
})
