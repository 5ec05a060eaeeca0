import { expect, test } from 'vitest'
import { UNEXPLAINED_REQUESTS_LIMIT, UnexplainedRequests } from './unexplained-requests.ts'

test('errors belong to requests in the order in which those were made', () => {
  const requests = new UnexplainedRequests<number>()
  requests.add(1)
  requests.add(2)
  expect([requests.next(), requests.next(), requests.next()]).toEqual([1, 2, undefined])
})

test('an error that the queue had no room for is not waited for, and shifts nothing to a later request', () => {
  const requests = new UnexplainedRequests<number>()
  for (let request = 1; request <= 3; request++) requests.add(request)
  expect(requests.next()).toBe(1)
  requests.queueIsEmpty()
  expect(requests.size).toBe(0)
  requests.add(4)
  expect(requests.next()).toBe(4)
})

test('however many there are, the first of them are remembered', () => {
  const requests = new UnexplainedRequests<number>()
  for (let request = 0; request < 10 * UNEXPLAINED_REQUESTS_LIMIT; request++) requests.add(request)
  expect(requests.size).toBe(UNEXPLAINED_REQUESTS_LIMIT)
  expect(requests.next()).toBe(0)
})
