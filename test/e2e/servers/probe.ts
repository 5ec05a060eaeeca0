// A client that measures: one experiment per call, its result one JSON object on standard output.
//
//     node probe.mjs connect HOST PORT COUNT     → { times: ms of each connect }
//     node probe.mjs refused HOST PORT           → { error, ms }
//     node probe.mjs half-close HOST PORT LENGTH → { answer, length, sha256, error }
//     node probe.mjs read HOST PORT              → { length, error, ended }
//     node probe.mjs udp-ports HOST,HOST,… PORT  → { seen: the public port each destination saw }
//     node probe.mjs udp HOST PORT               → { answer }
//     node probe.mjs udp-refused HOST PORT       → { error }
//     node probe.mjs dns-tcp HOST NAME           → { address, ms }
//     node probe.mjs dns HOST NAME TYPE          → { records, ms, error }

import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pattern } from './pattern.ts'

const TIMEOUT_MS = 20_000
const UDP_TIMEOUT_MS = 1_500

type Outcome = Record<string, unknown>

async function connectTimes(host: string, port: number, count: number): Promise<Outcome> {
  const times: number[] = []
  for (let round = 0; round < count; round++) {
    const startedAt = performance.now()
    const socket = connect(port, host)
    await once(socket, 'connect')
    times.push(performance.now() - startedAt)
    socket.destroy()
    await once(socket, 'close')
  }
  return { times }
}

async function refused(host: string, port: number): Promise<Outcome> {
  const startedAt = performance.now()
  const error = await new Promise<string>((resolve) => {
    const socket = connect(port, host, () => resolve('connected'))
    socket.on('error', (failure: NodeJS.ErrnoException) => resolve(failure.code ?? failure.message))
    socket.setTimeout(TIMEOUT_MS, () => resolve('nothing'))
  })
  return { error, ms: performance.now() - startedAt }
}

async function readAll(socket: Socket): Promise<{ bytes: Buffer; error: string | undefined; ended: boolean }> {
  const chunks: Buffer[] = []
  let error: string | undefined
  let ended = false
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('end', () => (ended = true))
  socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code))
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(Object.assign(new Error('idle'), { code: 'IDLE' })))
  await new Promise((resolve) => socket.once('close', resolve))
  return { bytes: Buffer.concat(chunks), error, ended }
}

async function halfClose(host: string, port: number, length: number): Promise<Outcome> {
  const socket = connect({ port, host, allowHalfOpen: true })
  socket.end(pattern(length))
  socket.once('end', () => socket.destroySoon())
  const { bytes, error } = await readAll(socket)
  const lineEnd = bytes.indexOf('\n')
  const body = bytes.subarray(lineEnd + 1)
  const sha256 = createHash('sha256').update(body).digest('hex')
  return { answer: bytes.subarray(0, Math.max(0, lineEnd)).toString(), length: body.length, sha256, error }
}

async function read(host: string, port: number): Promise<Outcome> {
  const { bytes, error, ended } = await readAll(connect(port, host))
  return { length: bytes.length, error, ended }
}

async function udpExchange(hosts: readonly string[], port: number): Promise<string[]> {
  const socket = createSocket('udp4')
  const answers: string[] = []
  for (const host of hosts) {
    const answer = once(socket, 'message') as Promise<[Buffer]>
    socket.send('where from?', port, host)
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, UDP_TIMEOUT_MS, undefined))
    answers.push((await Promise.race([answer, late]))?.[0].toString() ?? '')
  }
  socket.close()
  return answers
}

/** A query for one A record, written and read by hand: length prefix, header, question; the answer's last four bytes. */
async function dnsOverTcp(host: string, name: string): Promise<Outcome> {
  const startedAt = performance.now()
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
  const query = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1])
  const socket = connect(53, host)
  socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]))
  socket.setTimeout(5_000, () => socket.destroy(new Error('no answer over TCP')))
  let received = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer])
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) break
  }
  const message = received.subarray(2)
  if (message.length < query.length || message.readUInt16BE(0) !== 0x1234) return { error: 'no answer' }
  const answers = message.readUInt16BE(6)
  return {
    address: [...message.subarray(-4)].join('.'),
    answers,
    rcode: message.readUInt16BE(2) & 15,
    ms: performance.now() - startedAt,
  }
}

/** The error that a connected socket hears about its datagram. */
async function udpRefused(host: string, port: number): Promise<Outcome> {
  const socket = createSocket('udp4')
  socket.connect(port, host)
  await once(socket, 'connect')
  const error = new Promise<string>((resolve) => {
    socket.on('error', (failure: NodeJS.ErrnoException) => resolve(failure.code ?? failure.message))
    setTimeout(() => resolve('nothing'), UDP_TIMEOUT_MS)
  })
  socket.send('anybody there?')
  return { error: await error }
}

async function dns(host: string, name: string, type: string): Promise<Outcome> {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([host])
  const startedAt = performance.now()
  try {
    return { records: await resolver.resolve(name, type), ms: performance.now() - startedAt }
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code, ms: performance.now() - startedAt }
  }
}

async function experiment([name = '', host = '', second = '', third = '']: string[]): Promise<Outcome> {
  switch (name) {
    case 'connect':
      return connectTimes(host, Number(second), Number(third))
    case 'refused':
      return refused(host, Number(second))
    case 'half-close':
      return halfClose(host, Number(second), Number(third))
    case 'read':
      return read(host, Number(second))
    case 'udp-ports':
      return { seen: (await udpExchange(host.split(','), Number(second))).map((answer) => answer.split(' ')[1]) }
    case 'udp':
      return { answer: (await udpExchange([host], Number(second)))[0] }
    case 'udp-refused':
      return udpRefused(host, Number(second))
    case 'dns-tcp':
      return dnsOverTcp(host, second)
    case 'dns':
      return dns(host, second, third)
    default:
      throw new Error(`no experiment ${name}`)
  }
}

process.stdout.write(`${JSON.stringify(await experiment(process.argv.slice(2)))}\n`)
process.exit(0)
