// TLS connections read into one shared buffer (softether/tls-reader.ts). It rests on parts of Node that are not documented for
// connections it accepts: everything arrives, in order, with what came before, and the end is seen.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readEach } from '../../src/softether/tls-reader.ts'
import { testCertificate } from '../support/certificate.ts'

let client: TLSSocket
let accepted: TLSSocket
let close: () => void

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { key, certificate } = testCertificate()
  const coming = once(server, 'connection')
  client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false })
  const [raw] = (await coming) as [Socket]
  accepted = new TLSSocket(raw, { isServer: true, secureContext: createSecureContext({ key, cert: certificate }) })
  await Promise.all([once(client, 'secureConnect'), once(accepted, 'secure')])
  close = () => {
    for (const socket of [client, accepted, raw]) socket.destroy()
    server.close()
  }
})
afterEach(() => close())

/** Everything that was read, chunk by chunk, until the end. */
async function readAll(socket: TLSSocket): Promise<{ bytes: Buffer; buffers: Set<ArrayBufferLike> }> {
  const chunks: Buffer[] = []
  const buffers = new Set<ArrayBufferLike>()
  const end = once(socket, 'end')
  readEach(socket, (chunk) => {
    chunks.push(Buffer.from(chunk))
    buffers.add(chunk.buffer)
  })
  await end
  return { bytes: Buffer.concat(chunks), buffers }
}

test('megabytes of an accepted connection come in order, in one buffer, and then the end', async () => {
  const sent = randomBytes(3_000_001)
  const read = readAll(accepted)
  client.end(sent)
  const { bytes, buffers } = await read
  expect(bytes.equals(sent)).toBe(true)
  expect(buffers.size).toBe(1)
})

test('what came before is first, when reading begins within an event', async () => {
  const sent = randomBytes(200_000)
  const [first] = (await Promise.all([
    new Promise<[Buffer, Promise<{ bytes: Buffer }>]>((resolve) => {
      accepted.once('data', (chunk: Buffer) => {
        accepted.pause()
        resolve([chunk, readAll(accepted)])
      })
    }),
    client.end(sent),
  ])) as unknown as [[Buffer, Promise<{ bytes: Buffer }>]]
  const [head, rest] = first
  expect(Buffer.concat([head, (await rest).bytes]).equals(sent)).toBe(true)
})

test('what has piled up in a paused connection is first', async () => {
  accepted.pause()
  client.write('one, ')
  await once(accepted, 'readable')
  client.write('two')
  client.end()
  expect((await readAll(accepted)).bytes.toString()).toBe('one, two')
})

test('the side that connects, likewise', async () => {
  const sent = randomBytes(300_000)
  const read = readAll(client)
  accepted.end(sent)
  expect((await read).bytes.equals(sent)).toBe(true)
})

test('without these parts of Node the events of the stream serve', async () => {
  const handle = (accepted as unknown as { _handle: { useUserBuffer: unknown } })._handle
  Object.defineProperty(handle, 'useUserBuffer', { value: undefined })
  const sent = randomBytes(300_000)
  const read = readAll(accepted)
  client.end(sent)
  const { bytes, buffers } = await read
  expect(bytes.equals(sent)).toBe(true)
  expect(buffers.size).toBeGreaterThan(1)
})
