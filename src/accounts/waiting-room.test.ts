import { expect, test } from 'vitest'
import { WaitingRoom } from './waiting-room.ts'

test('a source with all its places loses its own oldest', () => {
  const room = new WaitingRoom<string>(10, 2)
  expect([room.add('b1', 'b'), room.add('a1', 'a'), room.add('a2', 'a')]).toEqual([undefined, undefined, undefined])
  expect(room.add('a3', 'a')).toBe('a1')
  expect([...room.all()]).toEqual(['b1', 'a2', 'a3'])
})

test('when every place is taken, the source with the most loses its oldest, not the oldest of all', () => {
  const room = new WaitingRoom<string>(4, 4)
  room.add('honest', 'h')
  for (const name of ['a1', 'a2', 'a3']) room.add(name, 'a')
  expect(room.add('b1', 'b')).toBe('a1')
  expect(room.add('b2', 'b')).toBe('a2')
  expect(room.add('b3', 'b')).toBe('b1')
  expect(room.has('honest')).toBe(true)
  expect(room.size).toBe(4)
})

test('who has gone has left his place, once', () => {
  const room = new WaitingRoom<string>(1, 1)
  room.add('a1', 'a')
  expect([room.remove('a1'), room.remove('a1')]).toEqual([true, false])
  expect(room.add('b1', 'b')).toBeUndefined()
})
