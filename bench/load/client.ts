// The load generators, one per run: `node client.mjs NAME ARGUMENTS…`. The result is one JSON object on the last line of
// standard output. All are bounded in time.

import { writeSync } from 'node:fs'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { bulkFlows } from './bulk-flows.ts'
import { firstLease } from './first-lease.ts'
import { idleSessions } from './idle-sessions.ts'
import { requestResponse } from './request-response.ts'
import { shortConnections } from './short-connections.ts'
import { dnsQueries, udpEcho } from './udp-echo.ts'
import { udpLossless } from './udp-lossless.ts'

const [name, ...parameters] = process.argv.slice(2)
const text = (index: number): string => parameters[index] ?? ''
const number = (index: number): number => Number(text(index))
const direction = (index: number): 'up' | 'down' => (text(index) === 'up' ? 'up' : 'down')

function run(): object | undefined {
  switch (name) {
    case 'rr':
      return requestResponse(ipv4(text(0)), number(1))
    case 'http':
      return shortConnections(ipv4(text(0)), number(1), number(2))
    case 'udp':
      return udpEcho(ipv4(text(0)), number(1), number(2), number(3))
    case 'udpmax':
      return udpLossless(ipv4(text(0)), number(1), direction(2))
    case 'dns':
      return dnsQueries(ipv4(text(0)), number(1), number(2))
    case 'lease':
      writeSync(1, '"ready"\n')
      return firstLease(text(0), number(1))
    case 'idle':
      idleSessions(ipv4(text(0)), number(1))
      return undefined
    case 'bulk':
      bulkFlows(ipv4(text(0)), direction(1), number(2), text(3).split(',').filter(Boolean))
      return undefined
    default:
      throw new Error(`no load named ${name}`)
  }
}

try {
  const result = run()
  if (result !== undefined) writeSync(1, `${JSON.stringify(result)}\n`)
} catch (error) {
  writeSync(1, `${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`)
  process.exitCode = 1
}
