// Inbound rules: callers from outside reach a guest's servers through ports of the server's machine.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localRoute, RpcClient } from '../../src/cli/rpc-client.ts'
import { patternSha256 } from './servers/pattern.ts'
import { HTTP_PORT } from './servers/ports.ts'
import { leaseWithUdhcpc } from './support/lease.ts'
import { startServices } from './support/outside.ts'
import { probe } from './support/probe.ts'
import { SecureNatServer } from './support/securenat.ts'
import type { Program } from './support/shell.ts'
import { type Namespace, OUTSIDE_ADDRESS, SERVER_ADDRESS, World } from './support/world.ts'

const TCP_PORT = 8000
const UDP_PORT = 8001
const DOWNLOAD_LEN = 60_000_000

/** Says to each caller who it is, then echoes. */
const GUEST_SERVER = `
  const { createServer } = require('node:net')
  const { createSocket } = require('node:dgram')
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.write(socket.remoteAddress + ' ' + socket.remotePort + '\\n')
    socket.pipe(socket)
  })
  const udp = createSocket('udp4')
  udp.on('message', (_message, { address, port }) => udp.send(address + ' ' + port, port, address))
  server.listen(${TCP_PORT}, '0.0.0.0', () => udp.bind(${UDP_PORT}, () => console.log('ready')))`

/** Calls until somebody answers; says when, what it heard, who it was, and when it ended. */
const CALLER = `
  const { connect } = require('node:net')
  const [host, port] = process.argv.slice(1)
  const say = (event, fields) => console.log(JSON.stringify({ event, at: Date.now(), ...fields }))
  let tries = 0
  const call = () => {
    let heard = ''
    const socket = connect(Number(port), host)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      heard += bytes
      if (heard.endsWith('\\n')) say('heard', { heard, own: socket.localAddress + ' ' + socket.localPort + '\\n' })
    })
    socket.on('close', () => {
      if (heard !== '') return say('closed', {})
      if (++tries === 1) say('calling', {})
      setTimeout(call, 2)
    })
  }
  call()`

interface Said {
  readonly event: string
  readonly at: number
  readonly heard: string
  readonly own: string
}

let world: World
let server: SecureNatServer
let guest: string
let rpc: RpcClient

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  server = await SecureNatServer.start(world, { args: ['--tap', `DEFAULT:tap0@${world.guest.name}`] })
  guest = await leaseWithUdhcpc(world.guest, 'tap0')
  const program = world.guest.spawn([process.execPath, '-e', GUEST_SERVER])
  await program.waitForOutput(/ready/, 10_000)
  rpc = new RpcClient(localRoute(join(server.state, 'control.sock'), server.state))
})

afterAll(() => world?.destroy())

function caller(port: number, from: Namespace = world.outside): Program {
  return from.spawn([process.execPath, '-e', CALLER, SERVER_ADDRESS, String(port)])
}

async function said(program: Program, event: string): Promise<Said> {
  const [line] = await program.waitForOutput(new RegExp(`^\\{"event":"${event}".*$`, 'm'), 20_000)
  return JSON.parse(line) as Said
}

const add = (port: number, more: object = {}) =>
  rpc.call('AddInboundRule', {
    HubName_str: 'DEFAULT',
    Protocol_str: 'tcp',
    HostPorts_str: String(port),
    GuestAddress_ip: guest,
    GuestPort_u32: TCP_PORT,
    ...more,
  })
const remove = (id: number) => rpc.call('DeleteInboundRule', { HubName_str: 'DEFAULT', Id_u32: id })

/** Segments that came to the guest out of order, and segments it had to send again: signs of a lost one. */
async function losses(): Promise<number> {
  const text = await world.guest.must(['cat', '/proc/net/netstat', '/proc/net/snmp'])
  const counter = (group: string, name: string): number => {
    const [names = [], values = []] = text
      .split('\n')
      .filter((line) => line.startsWith(`${group}: `))
      .map((line) => line.split(' '))
    return Number(values[names.indexOf(name)])
  }
  return counter('TcpExt', 'TCPOFOQueue') + counter('Tcp', 'RetransSegs')
}

test('a rule added while 8 downloads run loses no packet, works within 50 ms, and is gone at once', async () => {
  const before = await losses()
  const url = `http://${OUTSIDE_ADDRESS}:${HTTP_PORT}/bytes/${DOWNLOAD_LEN}`
  const download = `curl -sS --max-time 60 --limit-rate 5M ${url} | sha256sum`
  const downloads = Array.from({ length: 8 }, () => world.guest.must(['sh', '-c', download], { timeoutMs: 60_000 }))
  let done = 0
  for (const each of downloads) void each.then(() => done++)

  const opened: number[] = []
  const closed: number[] = []
  for (let round = 0; round < 3; round++) {
    const program = caller(7000 + round)
    await said(program, 'calling')
    const asked = Date.now()
    const { RuleList } = await add(7000 + round)
    expect(RuleList.at(-1)).toMatchObject({ State_str: 'listening' })
    opened.push((await said(program, 'heard')).at - asked)
    const ending = Date.now()
    await remove(RuleList.at(-1)!.Id_u32)
    closed.push((await said(program, 'closed')).at - ending)
    expect(await probe(world.outside, 'refused', SERVER_ADDRESS, 7000 + round)).toMatchObject({ error: 'ECONNREFUSED' })
    await program.stop()
    expect(done).toBe(0)
  }
  const sums = await Promise.all(downloads)
  expect(new Set(sums.map((text) => text.split(' ')[0]))).toEqual(new Set([patternSha256(DOWNLOAD_LEN)]))
  expect(await losses()).toBe(before)
  // A busy machine is late now and then.
  expect(Math.min(...opened)).toBeLessThan(50)
  expect(Math.min(...closed)).toBeLessThan(50)
}, 90_000)

test('the guest sees who calls, over TCP and UDP, and answers by the port that was called', async () => {
  await add(7100)
  await add(7101, { Protocol_str: 'udp', GuestPort_u32: UDP_PORT })
  const program = caller(7100)
  const { heard, own } = await said(program, 'heard')
  expect(heard).toBe(own)
  expect(heard).toContain(`${OUTSIDE_ADDRESS} `)
  expect(await probe(world.outside, 'udp', SERVER_ADDRESS, 7101)).toMatchObject({
    answer: expect.stringMatching(new RegExp(`^${OUTSIDE_ADDRESS.replaceAll('.', '\\.')} \\d+$`)),
  })
  const destination = `Connection destination ${guest}:${TCP_PORT}`
  await server.waitForLog(
    new RegExp(`TCP session \\d+ has been created. Connection source ${own.trim().replace(' ', ':')}, ${destination}`),
  )
  expect(await server.mustCommand('NatTable')).toContain(guest)
})

test('a guest that calls the address of the machine reaches the guest behind the rule', async () => {
  await add(7200)
  const { heard } = await said(caller(7200, world.guest), 'heard')
  expect(heard).toMatch(new RegExp(`^${SERVER_ADDRESS.replaceAll('.', '\\.')} \\d+\\n$`))
})

test('a port that another program has is told, and taken when it is free', async () => {
  const other = world.server.spawn([
    process.execPath,
    '-e',
    "require('node:net').createServer().listen(7300, () => console.log('ready'))",
  ])
  await other.waitForOutput(/ready/, 10_000)
  expect(await server.mustCommand('InboundAdd', '7300', `${guest}:${TCP_PORT}`)).toContain(
    'Port in use by another program',
  )
  const program = caller(7300)
  await other.stop()
  expect((await said(program, 'heard')).heard).toContain(`${OUTSIDE_ADDRESS} `)
  expect(await server.mustCommand('InboundList')).toContain('Listening')
}, 30_000)
