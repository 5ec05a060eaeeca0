// One stream of events in made-up time: who leaves early, and the end of one whose reader takes nothing.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Administrators } from '../administrators.ts'
import { EventBus } from '../event-bus.ts'
import type { Server } from '../server.ts'
import type { EventsRoute } from './events-route.ts'
import { eventsRoute, STREAM_MS_MAX } from './events-route.ts'

const events = new EventBus()
const server = { events, hubUnits: () => [] } as unknown as Server
const role = { kind: 'server' } as const
const recognised = { role, isValid: () => true }
let known: Promise<typeof recognised>
let route: EventsRoute
/** Stands for an answer whose reader takes nothing: whatever is written waits. */
let response: PassThrough
let deadlines: number[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  known = Promise.resolve(recognised)
  route = eventsRoute(server, { withPassword: () => known } as unknown as Administrators)
  response = Object.assign(new PassThrough(), { writeHead: () => {} })
  deadlines = []
})
afterEach(() => {
  route.close()
  vi.useRealTimers()
})

function watch(): Promise<void> | void {
  return route.handle({
    request: { method: 'GET', headers: { 'x-vpnadmin-password': 'p' }, socket: {} } as unknown as IncomingMessage,
    response: response as unknown as ServerResponse,
    url: new URL('http://host/api/events'),
    isTls: true,
    remoteAddress: '192.0.2.1',
    body: async () => '',
    mayTake: (ms) => deadlines.push(ms),
  })
}

test('who went away while his password was looked at takes no place', async () => {
  let recognise: (who: typeof recognised) => void = () => {}
  known = new Promise((resolve) => (recognise = resolve))
  const watched = watch()
  response.destroy()
  await new Promise(setImmediate)
  recognise(recognised)
  await watched
  expect(route.feed.readers).toBe(0)
})

test('a stream that is over is written no more, whether what it had is taken or not', async () => {
  const errors: Error[] = []
  response.on('error', (error) => errors.push(error))
  await watch()
  expect(route.feed.readers).toBe(1)
  expect(deadlines[0], 'the door bounds the end, too').toBeGreaterThan(STREAM_MS_MAX)
  vi.advanceTimersByTime(STREAM_MS_MAX)
  expect([response.writableEnded, response.writableFinished, route.feed.readers]).toEqual([true, false, 0])
  events.emitHub('LAB', { type: 'secureNatStopped' })
  vi.advanceTimersByTime(1_000)
  await new Promise(setImmediate)
  expect(errors).toEqual([])
})
