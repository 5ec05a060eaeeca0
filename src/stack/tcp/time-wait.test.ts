import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipv4 } from '../../wire/ipv4-address.ts'
import { ChunkPool } from '../chunk-pool.ts'
import { Tcb } from './tcb.ts'
import { TIME_WAIT_LIMIT, TIME_WAIT_MS, TimeWaitTable } from './time-wait.ts'

const pool = new ChunkPool()
const localAddress = ipv4('203.0.113.1')
const remoteAddress = ipv4('192.168.30.10')

function connection(remotePort: number): Tcb {
  return new Tcb({ localAddress, localPort: 80, remoteAddress, remotePort }, 0, pool, () => {})
}

test('a connection is found by its endpoints until 2 MSL have passed', () => {
  const table = new TimeWaitTable(1)
  const record = table.enter(connection(1000), 5)
  expect(table.find(localAddress, 80, remoteAddress, 1000)).toBe(record)
  expect(table.find(localAddress, 80, remoteAddress, 1001)).toBeUndefined()
  expect(table.nextDeadline()).toBe(5 + TIME_WAIT_MS)
  table.expire(4 + TIME_WAIT_MS)
  expect(table.size).toBe(1)
  table.expire(5 + TIME_WAIT_MS)
  expect(table.size).toBe(0)
  expect(table.nextDeadline()).toBe(Number.POSITIVE_INFINITY)
})

test('past the limit the oldest is forgotten, and counted', () => {
  const table = new TimeWaitTable(1)
  for (let port = 0; port < TIME_WAIT_LIMIT; port++) table.enter(connection(port), port)
  expect(table.stats.evicted).toBe(0)
  table.enter(connection(60_000), TIME_WAIT_LIMIT)
  expect(table).toMatchObject({ size: TIME_WAIT_LIMIT, stats: { evicted: 1 } })
  expect(table.find(localAddress, 80, remoteAddress, 0)).toBeUndefined()
  expect(table.nextDeadline()).toBe(1 + TIME_WAIT_MS)
})

test('whatever enters, is restarted or leaves, the next deadline is the smallest and nothing is lost', () => {
  const step = fc.record({ action: fc.constantFrom('enter', 'restart', 'remove', 'expire'), pick: fc.nat(50) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new TimeWaitTable(7)
      let live = [] as ReturnType<TimeWaitTable['enter']>[]
      for (const [index, { action, pick }] of steps.entries()) {
        const now = index * 1000
        const picked = live[pick % Math.max(1, live.length)]
        if (action === 'enter') live.push(table.enter(connection(index), now))
        else if (picked === undefined) continue
        else if (action === 'restart') table.restart(picked, now)
        else if (action === 'remove') {
          table.remove(picked)
          table.remove(picked)
          live = live.filter((record) => record !== picked)
        } else {
          table.expire(picked.expiresAt)
          live = live.filter((record) => record.expiresAt > picked.expiresAt)
        }
        expect(table.size).toBe(live.length)
        expect(table.nextDeadline()).toBe(Math.min(...live.map(({ expiresAt }) => expiresAt)))
      }
    }),
  )
})
