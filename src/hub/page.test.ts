import { expect, test } from 'vitest'
import { pageOf, WHOLE_TABLE } from './page.ts'

function described(offset: number, limit: number): { page: unknown; times: number } {
  let times = 0
  const page = pageOf(new Set([1, 2, 3, 4, 5]), { offset, limit }, (entry) => {
    times++
    return `row ${entry}`
  })
  return { page, times }
}

test('only the rows of the page are described', () => {
  expect(described(1, 2)).toEqual({ page: { total: 5, rows: ['row 2', 'row 3'] }, times: 2 })
  expect(described(4, 10)).toEqual({ page: { total: 5, rows: ['row 5'] }, times: 1 })
})

test('past the end there are none, and a limit of 0 asks only how many there are', () => {
  expect(described(5, 2)).toEqual({ page: { total: 5, rows: [] }, times: 0 })
  expect(described(0, 0)).toEqual({ page: { total: 5, rows: [] }, times: 0 })
})

test('the whole table', () => {
  expect(pageOf([1, 2], WHOLE_TABLE, String)).toEqual({ total: 2, rows: ['1', '2'] })
})
