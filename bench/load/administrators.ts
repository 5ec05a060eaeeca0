// Administrators who watch the NAT session table: each on a TLS connection of its own asks once a second for one page, from standard
// input's first line until its end. Prints `"ready"` when all are connected, and then how many pages came and how long they took.
//
//     node administrators.mjs HOST:PORT PASSWORD ADMINISTRATORS ROWS PAGE_ROWS

import { Agent, request } from 'node:https'
import { Latencies } from './latency.ts'

const PERIOD_MS = 1_000

const [where = '', password = '', count = '', rows = '', pageRows = ''] = process.argv.slice(2)
const [host, port] = where.split(':')
const administrators = Number(count)
const limit = Number(pageRows)
// One more: the first login, which all others follow.
const agent = new Agent({ keepAlive: true, maxSockets: administrators + 1, rejectUnauthorized: false })

function page(offset: number): Promise<number> {
  const params = { HubName_str: 'DEFAULT', Offset_u32: offset, Limit_u32: limit }
  const body = JSON.stringify({ jsonrpc: '2.0', id: '1', method: 'EnumNAT', params })
  return new Promise((resolve, reject) => {
    const headers = { 'X-VPNADMIN-PASSWORD': password, 'Content-Type': 'application/json' }
    const asked = request({ host, port, path: '/api/', method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`HTTP status ${response.statusCode}: ${text.slice(0, 200)}`))
        else resolve((JSON.parse(text) as { result: { NatTable: unknown[] } }).result.NatTable.length)
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const latencies = new Latencies()
let failed = 0
let pageRowsSeen = 0
let isMeasured = false

async function ask(administrator: number, turn: number): Promise<void> {
  const askedAt = performance.now()
  try {
    const pages = Math.max(1, Math.ceil(Number(rows) / limit))
    const seen = await page(((administrator + turn) % pages) * limit)
    if (!isMeasured) return
    latencies.add(performance.now() - askedAt)
    pageRowsSeen += seen
  } catch {
    failed++
  }
}

await page(0)
// A few at a time: a handshake is work, and too many at once from one address are refused.
for (let first = 0; first < administrators; first += 16) {
  const group = Array.from({ length: Math.min(16, administrators - first) }, (_, index) => ask(first + index, 0))
  await Promise.all(group)
}
process.stdout.write('"ready"\n')
for (let administrator = 0; administrator < administrators; administrator++) {
  let turn = 0
  setTimeout(
    () => setInterval(() => void ask(administrator, ++turn), PERIOD_MS),
    (administrator / administrators) * PERIOD_MS,
  )
}
let startedAt = 0
process.stdin.once('data', () => {
  isMeasured = true
  startedAt = performance.now()
})
process.stdin.on('end', () => {
  const seconds = (performance.now() - startedAt) / 1_000
  const { count: pages } = latencies
  const figures = { pages, perSecond: pages / seconds, rows: pageRowsSeen, failed, ...latencies.percentiles() }
  process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
})
