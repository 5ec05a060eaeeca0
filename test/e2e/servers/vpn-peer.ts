// A VPN client of a few lines, honest or not. What it found out is one JSON object a line.
//
//     node vpn-peer.mjs login HOST PORT                → { ms, error, sessionName } of a login as `guest`
//     node vpn-peer.mjs flood HOST PORT COUNT STAGE    → { ready } when COUNT connections have come as far as STAGE and stopped there
//     node vpn-peer.mjs garbage HOST PORT COUNT        → { sent } after COUNT connections with changed bytes somewhere

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  emitPackRequest,
  emitSignatureRequest,
  HttpReader,
  packAnswerBody,
} from '../../../src/softether/http-preamble.ts'
import { errorOf, loginPack, readWelcome } from '../../../src/softether/login-messages.ts'
import { type Pack, parsePack } from '../../../src/softether/pack.ts'
import { ANY_IPV4 } from '../../../src/wire/ipv4-address.ts'

const [command, host = '', portText = '', countText = '1', stage = ''] = process.argv.slice(2)
const port = Number(portText)
const count = Number(countText)

const random = (): number => Math.floor(Math.random() * 0x1_0000_0000)
const report = (fields: object): boolean => process.stdout.write(`${JSON.stringify(fields)}\n`)

function loginRequest(): Uint8Array {
  const request = loginPack({
    hubName: 'DEFAULT',
    userName: 'guest',
    credential: { kind: 'anonymous' },
    product: { name: 'A Peer of the tests', version: 501, build: 9674 },
    maxConnection: 1,
    useCompress: false,
    halfConnection: false,
    bridge: false,
    monitor: false,
    node: {
      hostName: 'peer',
      osName: '',
      osVersion: '',
      uniqueId: new Uint8Array(16),
      clientAddress: ANY_IPV4,
      clientPort: 0,
      serverHostName: host,
    },
  })
  return emitPackRequest(host, request, random)
}

/** The next PACK on the connection. */
function nextPack(socket: Socket): Promise<Pack> {
  const reader = new HttpReader(65_536)
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('closed')))
    const onData = (chunk: Buffer): void => {
      reader.push(chunk)
      const message = reader.next()
      if (message === undefined) return
      socket.off('data', onData)
      const body = packAnswerBody(message)
      const pack = body && parsePack(body)
      if (pack === undefined) reject(new Error(message.startLine))
      else resolve(pack)
    }
    socket.on('data', onData)
  })
}

function openTls(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false }, () => resolve(socket))
    socket.once('error', reject)
  })
}

async function login(): Promise<void> {
  const startedAt = performance.now()
  const socket = await openTls()
  socket.write(emitSignatureRequest(host))
  await nextPack(socket)
  socket.write(loginRequest())
  const answer = await nextPack(socket)
  report({ ms: performance.now() - startedAt, error: errorOf(answer), sessionName: readWelcome(answer)?.sessionName })
  socket.end()
}

/** A whole conversation in pieces, each of which a stage stops in the middle of. */
async function stopAt(): Promise<void> {
  if (stage === 'connection' || stage === 'handshake') {
    const socket = connectTcp(port, host)
    socket.on('error', () => {})
    // The beginning of a ClientHello.
    if (stage === 'handshake') socket.write(Buffer.from('160301020001000b', 'hex'))
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    return
  }
  const socket = await openTls()
  socket.on('error', () => {})
  const signature = emitSignatureRequest(host)
  if (stage === 'signature') return void socket.write(signature.subarray(0, -3))
  socket.write(signature)
  await nextPack(socket)
  const request = loginRequest()
  if (stage === 'login') return void socket.write(request.subarray(0, -3))
  socket.write(request)
  await nextPack(socket)
  // Half of a block, and silence.
  socket.write(Buffer.from('00000001000000400102', 'hex'))
}

async function flood(): Promise<void> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await stopAt().catch(() => {})
  }
  await Promise.all(Array.from({ length: 50 }, worker))
  report({ ready: true })
  process.stdin.resume()
}

/** Signature, login and blocks with a few bytes changed. */
async function garbage(): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    const blocks = Buffer.from(`0000000200000010${'ff'.repeat(16)}00000010${'11'.repeat(16)}`, 'hex')
    const bytes = Buffer.concat([emitSignatureRequest(host), loginRequest(), blocks])
    for (let changes = 1 + (random() % 4); changes > 0; changes -= 1) bytes[random() % bytes.length] = random()
    const socket = await openTls()
    socket.on('error', () => {})
    socket.end(bytes)
    await new Promise((resolve) => socket.resume().once('close', resolve))
  }
  report({ sent: count })
}

if (command === 'login') await login()
else if (command === 'flood') await flood()
else if (command === 'garbage') await garbage()
else throw new Error(`no such command: ${command}`)
