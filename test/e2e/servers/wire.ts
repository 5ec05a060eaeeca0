// A piece of cable between something that connects here as QEMU does and a hub's socket: it delays frames, loses some
// kinds of them when told to, notes every DHCP message, and comes back by itself when the hub does.
//
//     node wire.mjs LISTEN_PATH HUB_PATH DELAY_MS
//
// Standard input takes `lose unicast-dhcp` and `lose nothing`; standard output has one JSON object a line.

import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { splitFrames, withoutLength } from '../../support/stream-framing.ts'
import { readDhcp } from './dhcp-look.ts'

interface Delivery {
  dueAt: number
  framed: Buffer
}

const [listenPath = '', hubPath = '', delayText = '0'] = process.argv.slice(2)
const DELAY_MS = Number(delayText)
const RECONNECT_MS = 50
const MAX_QUEUED_BYTES = 64 * 1024 * 1024

let loseUnicastDhcp = false
let near: Socket | undefined
let far: Socket | undefined

function report(fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`)
}

/** One way through the cable: frames leave in the order in which they came, each when its time has come. */
class Direction {
  readonly take: (chunk: Buffer) => void
  private readonly toHub: boolean
  private queue: Delivery[] = []
  private armed = false

  constructor(toHub: boolean) {
    this.toHub = toHub
    this.take = splitFrames((framed) => this.enqueue(framed))
  }

  private enqueue(framed: Buffer): void {
    const dhcp = readDhcp(withoutLength(framed))
    if (dhcp !== undefined) {
      const lost = this.toHub && loseUnicastDhcp && !dhcp.broadcast
      report({ event: 'dhcp', toHub: this.toHub, lost, ...dhcp })
      if (lost) return
    }
    this.queue.push({ dueAt: performance.now() + DELAY_MS, framed })
    this.arm()
  }

  private arm(): void {
    if (this.armed || this.queue.length === 0) return
    this.armed = true
    const deliver = (): void => this.deliver()
    if (DELAY_MS === 0) queueMicrotask(deliver)
    else setTimeout(deliver, Math.max(1, this.queue[0]!.dueAt - performance.now()))
  }

  private deliver(): void {
    this.armed = false
    const socket = this.toHub ? far : near
    const now = performance.now()
    let due = 0
    socket?.cork()
    for (const { dueAt, framed } of this.queue) {
      if (dueAt > now) break
      due++
      // A cable holds only so much; beyond it frames are lost, and TCP is there for that.
      if (socket !== undefined && socket.writableLength < MAX_QUEUED_BYTES) socket.write(framed)
    }
    socket?.uncork()
    this.queue = this.queue.slice(due)
    this.arm()
  }
}

function keepHub(): void {
  const socket = connect(hubPath)
  const towardsGuest = new Direction(false)
  socket.once('connect', () => {
    far = socket
    report({ event: 'hub', up: true })
  })
  socket.on('data', towardsGuest.take)
  socket.on('error', () => {})
  socket.once('close', () => {
    if (far === socket) {
      far = undefined
      report({ event: 'hub', up: false })
    }
    setTimeout(keepHub, RECONNECT_MS)
  })
}

createServer((socket) => {
  const towardsHub = new Direction(true)
  near = socket
  socket.on('data', towardsHub.take)
  socket.on('error', () => {})
}).listen(listenPath, () => report({ event: 'ready' }))
keepHub()
createInterface({ input: process.stdin }).on('line', (line) => {
  loseUnicastDhcp = line === 'lose unicast-dhcp'
  report({ event: 'losing', what: line })
})
