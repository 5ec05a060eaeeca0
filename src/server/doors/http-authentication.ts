// Who is asking over HTTP (protocol reference 18.2): `X-VPNADMIN-PASSWORD` with or without `X-VPNADMIN-HUBNAME`, which wins, or HTTP Basic.
//
// A browser adds the password it keeps for Basic to requests that another site's page makes; those are only believed with the headers, which a page
// must know the password for.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Administrators, Recognised } from '../administrators.ts'
import { answerText } from './http-door.ts'

interface Credentials {
  readonly name: string
  readonly password: string
}

/** @returns `undefined` when the request has been answered with a refusal */
export async function authenticated(
  request: IncomingMessage,
  response: ServerResponse,
  administrators: Administrators,
): Promise<Recognised | undefined> {
  const credentials = credentialsOf(request)
  const recognised =
    credentials &&
    (await administrators.withPassword(credentials.name, credentials.password, request.socket.remoteAddress ?? ''))
  if (recognised === 'busy') {
    response.setHeader('Retry-After', '10')
    answerText(response, 429, 'Too many logins of this address at once.')
    return undefined
  }
  if (recognised !== undefined) return recognised
  response.writeHead(401, {
    'WWW-Authenticate': 'Basic realm="SecureNAT administration", charset="UTF-8"',
    'Content-Type': 'text/html; charset=utf-8',
  })
  response.end(
    '<!DOCTYPE html>\n<html><head><title>401 Unauthorized</title></head><body><h1>Unauthorized</h1></body></html>\n',
  )
  return undefined
}

export function credentialsOf(request: IncomingMessage): Credentials | undefined {
  const password = header(request, 'x-vpnadmin-password')
  if (password !== undefined) return { name: header(request, 'x-vpnadmin-hubname') ?? '', password }
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (basic === undefined || isFromAnotherSite(request)) return undefined
  const text = Buffer.from(basic, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Node hands header values out as Latin-1; clients send UTF-8. */
function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? Buffer.from(value, 'latin1').toString('utf8') : undefined
}

function isFromAnotherSite({ headers }: IncomingMessage): boolean {
  if (headers['sec-fetch-site'] === 'cross-site') return true
  if (headers.origin === undefined) return false
  return !URL.canParse(headers.origin) || new URL(headers.origin).host !== headers.host
}
