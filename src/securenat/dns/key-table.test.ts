import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../test/support/random.ts'
import { type Keyed, KeyTable } from './key-table.ts'

class Item implements Keyed<Item> {
  tableKey: number
  tableNext: Item | undefined = undefined

  constructor(key: number) {
    this.tableKey = key
  }
}

describe('a table of keys', () => {
  test('of two with one key the newer is found, and the older when that is gone', () => {
    const table = new KeyTable<Item>()
    const [older, newer, neighbour] = [new Item(7), new Item(7), new Item(7 + 16)]
    for (const item of [older, neighbour, newer]) table.add(item)
    expect(table.get(7)).toBe(newer)
    expect([table.delete(newer), table.delete(newer)]).toEqual([true, false])
    expect(table.get(7)).toBe(older)
    expect(table.get(7 + 16)).toBe(neighbour)
    expect(table.get(7 + 32)).toBeUndefined()
    table.clear()
    expect([table.size, table.get(7), table.values()]).toEqual([0, undefined, []])
  })

  test('as a Map does, in any order, however many', () => {
    const random = seededRandom(3)
    const table = new KeyTable<Item>()
    const map = new Map<number, Item>()
    for (let step = 0; step < 5000; step++) {
      const key = random.below(700) * 0x1_0001
      const known = map.get(key)
      expect(table.get(key)).toBe(known)
      if (known === undefined) {
        const item = new Item(key)
        table.add(item)
        map.set(key, item)
      } else if (random.chance(0.7)) {
        table.delete(known)
        map.delete(key)
      }
      expect(table.size).toBe(map.size)
    }
    expect(new Set(table.values())).toEqual(new Set(map.values()))
  })
})
