// GET /api/events: what happens, as server-sent events, for administrators and viewers. `?hub=NAME` and `?events=a,b` narrow it; the
// administrator of a hub sees that hub alone. A stream ends after STREAM_MS_MAX, so that who may not watch any more does not; a client resumes by
// itself, with its password and the id of the last event.

import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { AdminOptionName } from '../../accounts/admin-options.ts'
import type { Role } from '../../admin/operation.ts'
import type { Administrators, Recognised } from '../administrators.ts'
import type { HubUnit } from '../hub-unit.ts'
import type { Server } from '../server.ts'
import type { EventReader } from './event-feed.ts'
import { EventFeed } from './event-feed.ts'
import { authenticated } from './http-authentication.ts'
import type { HttpRequest, HttpRoute } from './http-door.ts'
import { answerText, HTTP_ANSWER_MS_MAX } from './http-door.ts'

export const STREAM_MS_MAX = 900_000
/** How long a client waits before it comes again. */
const RETRY_MS = 2_000

export interface EventsRoute extends HttpRoute {
  readonly feed: EventFeed
  close(): void
}

export function eventsRoute(server: Server, administrators: Administrators): EventsRoute {
  const feed = new EventFeed({
    subscribe: (subscriber) => server.events.subscribe(subscriber),
    counters: () => Array.from(server.hubUnits(), (unit) => ({ hub: unit.config.name, counters: countersOf(unit) })),
    wallClock: Date.now,
    run: randomBytes(6).toString('hex'),
  })
  return {
    path: '/api/events',
    handle: (request) => stream(request, feed, server, administrators),
    feed,
    close: () => feed.close(),
  }
}

async function stream(
  http: HttpRequest,
  feed: EventFeed,
  server: Server,
  administrators: Administrators,
): Promise<void> {
  const { request, response, url } = http
  if (request.method !== 'GET') {
    response.setHeader('Allow', 'GET')
    answerText(response, 405, 'GET a stream of events.')
    return
  }
  const recognised = await authenticated(request, response, administrators)
  // Who went away meanwhile will not be told so again.
  if (recognised === undefined || response.destroyed) return
  const { role } = recognised
  const reader = readerOf(response, recognised, url.searchParams, (option) => {
    const hub = role.kind === 'hub' ? server.hubUnit(role.hub) : undefined
    return (hub?.config.adminOptions[option] ?? 0) !== 0
  })
  const lastId = request.headers['last-event-id'] ?? url.searchParams.get('lastEventId') ?? undefined
  response.once('close', () => feed.leave(reader))
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
    Connection: 'close',
  })
  response.write(`retry: ${RETRY_MS}\n\n`)
  if (!feed.join(reader, typeof lastId === 'string' ? lastId : undefined)) {
    response.end('event: refused\ndata: {"event":"refused","reason":"too many readers"}\n\n')
    return
  }
  http.mayTake(STREAM_MS_MAX + HTTP_ANSWER_MS_MAX)
  const deadline = setTimeout(() => {
    // Before the end: writing behind it would be a fault, and the end may have to wait for a slow reader.
    feed.leave(reader)
    response.end()
  }, STREAM_MS_MAX)
  response.once('close', () => clearTimeout(deadline))
}

/** What an administration option keeps from the administrator of its hub, it keeps from him here too. */
const FORBIDDEN_BY: Readonly<Record<string, AdminOptionName>> = {
  securityLine: 'no_read_log_file',
  sessionAttached: 'no_enum_session',
  sessionDetached: 'no_enum_session',
}

/** @param isForbidden asked each time: options change while somebody watches */
function readerOf(
  response: ServerResponse,
  recognised: Recognised,
  query: URLSearchParams,
  isForbidden: (option: AdminOptionName) => boolean,
): EventReader {
  const { role } = recognised
  const hub = (role.kind === 'hub' ? role.hub : (query.get('hub') ?? '')).toLowerCase()
  const wanted = new Set((query.get('events') ?? '').split(',').filter((type) => type !== ''))
  return {
    account: accountOf(role),
    isValid: () => recognised.isValid(),
    accepts: (type, of) => {
      // Whoever asks for one hub has no business with the server's own events; its administrator may not see them.
      if (hub !== '' && of?.toLowerCase() !== hub) return false
      const option = FORBIDDEN_BY[type]
      if (option !== undefined && isForbidden(option)) return false
      return wanted.size === 0 || wanted.has(type)
    },
    write: (text) => {
      response.write(text)
      return response.writableLength
    },
    end: () => response.destroy(),
  }
}

function accountOf(role: Role): string {
  if (role.kind === 'server') return ''
  return role.kind === 'hub' ? `hub ${role.hub.toLowerCase()}` : `viewer ${role.name}`
}

function countersOf({ hub, secureNat }: HubUnit): object {
  const { rxFrames, rxBytes } = hub.stats
  return { rxFrames, rxBytes, sessions: hub.sessions().length, ...secureNat?.status() }
}
