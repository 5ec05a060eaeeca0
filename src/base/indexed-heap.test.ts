import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HeapItem, IndexedHeap } from './indexed-heap.ts'

const item = (heapAt: number): HeapItem => ({ heapAt, heapIndex: -1 })

test('any order of additions, removals and moves: the first is the least, as a sorted list says', () => {
  const step = fc.tuple(fc.constantFrom('add', 'remove', 'lower', 'first'), fc.nat(50), fc.nat(1000))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new IndexedHeap<HeapItem>()
      const inside: HeapItem[] = []
      for (const [does, which, at] of steps) {
        const chosen = inside[which % Math.max(1, inside.length)]
        if (does === 'add') inside.push(item(at))
        if (does === 'add') heap.add(inside.at(-1)!)
        else if (chosen !== undefined && does === 'remove') {
          inside.splice(inside.indexOf(chosen), 1)
          expect(heap.remove(chosen)).toBe(true)
          expect(chosen.heapIndex).toBe(-1)
        } else if (chosen !== undefined && does === 'lower') heap.lower(chosen, chosen.heapAt - at)
        expect(heap.size).toBe(inside.length)
        expect(heap.first?.heapAt ?? Number.POSITIVE_INFINITY).toBe(Math.min(...inside.map(({ heapAt }) => heapAt)))
      }
    }),
    { numRuns: 100 },
  )
})

test('an item of another heap, or of none, is not taken out', () => {
  const [one, other] = [new IndexedHeap<HeapItem>(), new IndexedHeap<HeapItem>()]
  const [mine, theirs] = [item(1), item(2)]
  one.add(mine)
  other.add(theirs)
  expect([one.remove(theirs), one.remove(item(3))]).toEqual([false, false])
  expect([one.first, other.first]).toEqual([mine, theirs])
})
