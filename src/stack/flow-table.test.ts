import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Flow, FlowTable } from './flow-table.ts'

interface Item extends Flow<Item> {
  hashNext: Item | undefined
}

const address = fc.constantFrom(0, 1, 0xc0a8_1e01, 0xffff_ffff)
const port = fc.constantFrom(0, 1, 80, 65_535)
const flow = fc.tuple(address, port, address, port)

test('a map of text keys agrees', () => {
  const step = fc.tuple(flow, fc.boolean())
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 200, size: 'max' }), (seed, steps) => {
      const table = new FlowTable<Item>(seed)
      const naive = new Map<string, Item>()
      for (const [tuple, adds] of steps) {
        const key = tuple.join()
        const known = naive.get(key)
        expect(table.get(...tuple)).toBe(known)
        if (known !== undefined && !adds) {
          naive.delete(key)
          expect(table.remove(known)).toBe(true)
          expect(table.remove(known)).toBe(false)
        } else if (known === undefined && adds) {
          const [localAddress, localPort, remoteAddress, remotePort] = tuple
          const item = { localAddress, localPort, remoteAddress, remotePort, hashNext: undefined }
          naive.set(key, item)
          table.add(item)
        }
        expect(table.size).toBe(naive.size)
      }
      expect(new Set(table.values())).toEqual(new Set(naive.values()))
    }),
  )
})

test('grows with its contents, and can be emptied while it is walked', () => {
  const table = new FlowTable<Item>(1)
  for (let index = 0; index < 5000; index++) {
    table.add({
      localAddress: 1,
      localPort: index & 0xff,
      remoteAddress: index >> 8,
      remotePort: 7,
      hashNext: undefined,
    })
  }
  expect(table.get(1, 4999 & 0xff, 4999 >> 8, 7)).toBeDefined()
  let walked = 0
  for (const item of table.values()) {
    walked++
    table.remove(item)
  }
  expect([walked, table.size]).toEqual([5000, 0])
})
