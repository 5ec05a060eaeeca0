// Administrators who watch the NAT session table: each on a connection of its own asks for one page every PERIOD_MS, from standard input's first
// line until its end. Prints `"ready"` when all are connected, and then how many pages came and how long they took.
//
//     node administrators.mjs HOST:PORT tls|plain own|same PASSWORD ADMINISTRATORS ROWS PAGE_ROWS PERIOD_MS
//
// They share the machine with what is measured, so they are as light as can be: requests are written as they lie, answers are counted by
// their Content-Length, and only one in PARSED is read.

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Latencies } from './latency.ts'

const PARSED = 64

const [where = '', kind = '', pages = '', password = '', count = '', rows = '', pageRows = '', period = ''] =
  process.argv.slice(2)
const [host = '', port = ''] = where.split(':')
const administrators = Number(count)
const limit = Number(pageRows)
const pageCount = pages === 'same' ? 1 : Math.max(1, Math.ceil(Number(rows) / limit))
const periodMs = Number(period)

const requests = Array.from({ length: pageCount }, (_, page) => {
  const params = { HubName_str: 'DEFAULT', Offset_u32: page * limit, Limit_u32: limit }
  const body = JSON.stringify({ jsonrpc: '2.0', id: '1', method: 'EnumNAT', params })
  const head = [
    'POST /api/ HTTP/1.1',
    `Host: ${where}`,
    `X-VPNADMIN-PASSWORD: ${password}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
})

const latencies = new Latencies()
let answers = 0
let rowsSeen = 0
let failed = 0
let isMeasured = false

class Administrator {
  readonly #socket: Socket
  readonly #connected: Promise<void>
  #chunks: Buffer[] = []
  #missing = 0
  #askedAt = 0
  #answered: (() => void) | undefined

  constructor() {
    const isTls = kind === 'tls'
    this.#socket = isTls
      ? connectTls({ host, port: Number(port), rejectUnauthorized: false })
      : connect(Number(port), host)
    this.#connected = new Promise((resolve) => this.#socket.once(isTls ? 'secureConnect' : 'connect', resolve))
    this.#socket.on('data', (chunk) => this.#take(chunk))
    this.#socket.on('error', () => {})
    this.#socket.once('close', () => {
      failed++
    })
  }

  /** @returns when it is answered; not at all while an earlier question is not */
  async ask(page: number): Promise<void> {
    await this.#connected
    if (this.#answered !== undefined) return
    this.#askedAt = performance.now()
    this.#socket.write(requests[page % pageCount]!)
    await new Promise<void>((resolve) => {
      this.#answered = resolve
    })
  }

  #take(chunk: Buffer): void {
    if (this.#chunks.length === 0) this.#missing = lengthOf(chunk)
    this.#chunks.push(chunk)
    this.#missing -= chunk.length
    if (this.#missing > 0) return
    if (isMeasured) latencies.add(performance.now() - this.#askedAt)
    if (++answers % PARSED === 0) read(Buffer.concat(this.#chunks))
    this.#chunks = []
    this.#answered?.()
    this.#answered = undefined
  }
}

/** Of the whole answer, by its head. */
function lengthOf(first: Buffer): number {
  const end = first.indexOf('\r\n\r\n')
  const head = first.toString('latin1', 0, end)
  if (end < 0 || !head.startsWith('HTTP/1.1 200 ')) throw new Error(`an answer that is none: ${head.slice(0, 300)}`)
  return end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1])
}

function read(answer: Buffer): void {
  const { result } = JSON.parse(answer.toString('utf8', answer.indexOf('\r\n\r\n') + 4)) as {
    result: { NatTable: unknown[] }
  }
  rowsSeen = result.NatTable.length
}

const all: Administrator[] = []
async function join(more: number): Promise<void> {
  const group = Array.from({ length: more }, () => new Administrator())
  all.push(...group)
  await Promise.all(group.map((administrator) => administrator.ask(0)))
}
// The first login, which all others follow; then a few at a time: a handshake is work, and too many at once from one address are refused.
await join(1)
while (all.length < administrators) await join(Math.min(16, administrators - all.length))
process.stdout.write('"ready"\n')
for (const [index, administrator] of all.entries()) {
  let turn = index
  const poll = (): void => void setInterval(() => void administrator.ask(++turn), periodMs)
  setTimeout(poll, (index / administrators) * periodMs)
}
let startedAt = 0
let usedBefore = process.cpuUsage()
process.stdin.once('data', () => {
  isMeasured = true
  startedAt = performance.now()
  usedBefore = process.cpuUsage()
})
process.stdin.on('end', () => {
  const { user, system } = process.cpuUsage(usedBefore)
  const seconds = (performance.now() - startedAt) / 1_000
  const { count: pages } = latencies
  const cores = (user + system) / 1e6 / seconds
  const figures = { pages, perSecond: pages / seconds, rows: rowsSeen, failed, cores, ...latencies.percentiles() }
  process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
})
