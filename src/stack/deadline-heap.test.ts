import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Deadline, DeadlineHeap } from './deadline-heap.ts'

class Item implements Deadline {
  heapAt = Number.POSITIVE_INFINITY
  heapIndex = -1
  at = Number.POSITIVE_INFINITY
  expired: number[] = []
  nextDeadline(): number {
    return this.at
  }
  expire(now: number): void {
    this.expired.push(now)
    this.at = Number.POSITIVE_INFINITY
  }
}

const step = fc.oneof(
  fc.record({ set: fc.nat({ max: 9 }), in: fc.oneof(fc.nat({ max: 50 }), fc.constant(Number.POSITIVE_INFINITY)) }),
  fc.record({ remove: fc.nat({ max: 9 }) }),
  fc.record({ pass: fc.nat({ max: 30 }) }),
)

test('whatever is set, moved and removed: each expires once it is due, not before, and the heap is never late', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const heap = new DeadlineHeap()
      const items = Array.from({ length: 10 }, () => new Item())
      let now = 0
      for (const it of steps) {
        if ('set' in it) {
          const item = items[it.set]!
          item.at = now + it.in
          heap.update(item)
        } else if ('remove' in it) {
          const item = items[it.remove]!
          item.at = Number.POSITIVE_INFINITY
          heap.remove(item)
          expect(item.heapIndex).toBe(-1)
        } else {
          now += it.pass
          const due = items.filter(({ at }) => at <= now)
          const counts = items.map(({ expired }) => expired.length)
          // As the one timer does: until it is not late any more.
          for (let times = 0; heap.nextAt() <= now && times < 100; times++) heap.expire(now)
          for (const [index, item] of items.entries()) {
            expect(item.expired.length - counts[index]!).toBe(due.includes(item) ? 1 : 0)
          }
        }
        expect(heap.nextAt()).toBeLessThanOrEqual(Math.min(...items.map(({ at }) => at)))
        const inside = items.filter(({ heapIndex }) => heapIndex >= 0)
        expect(heap.size).toBe(inside.length)
        expect(new Set(inside.map(({ heapIndex }) => heapIndex)).size).toBe(inside.length)
      }
      for (const item of items) item.at = Number.POSITIVE_INFINITY
      for (let times = 0; heap.size > 0 && times < 100; times++) heap.expire(1e9)
      expect(heap.size).toBe(0)
    }),
  )
})

test('a deadline that moves later costs nothing until its old time', () => {
  const heap = new DeadlineHeap()
  const item = new Item()
  item.at = 10
  heap.update(item)
  item.at = 100
  heap.update(item)
  expect(heap.nextAt()).toBe(10)
  heap.expire(10)
  expect(item.expired).toEqual([])
  expect(heap.nextAt()).toBe(100)
})

test('one that is due again at once waits for the next call', () => {
  const heap = new DeadlineHeap()
  const item = new Item()
  item.expire = (now) => {
    item.expired.push(now)
    item.at = now
  }
  item.at = 5
  heap.update(item)
  heap.expire(5)
  expect(item.expired).toEqual([5])
  expect(heap.nextAt()).toBe(5)
})

test('an item may be removed while another expires', () => {
  const heap = new DeadlineHeap()
  const [a, b] = [new Item(), new Item()]
  a.at = 1
  b.at = 2
  heap.update(a)
  heap.update(b)
  a.expire = () => {
    a.at = Number.POSITIVE_INFINITY
    b.at = Number.POSITIVE_INFINITY
    heap.remove(b)
  }
  heap.expire(10)
  expect(b.expired).toEqual([])
  expect(heap.size).toBe(0)
})
