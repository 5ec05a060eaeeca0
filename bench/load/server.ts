// The servers outside the NAT, in one process and one loop: TCP echo, HTTP with a body of 1 KiB, bulk sink and source,
// UDP echo, one-way UDP trials both ways, DNS.
//
//     node server.mjs ADDRESS
//
// A line on standard input is answered with one on standard output: the bytes that the bulk sink has taken so far.

import { readSync, writeSync } from 'node:fs'
import { addressOf } from '../../src/os/libc.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'
import {
  accept,
  bindDatagrams,
  closeFd,
  Datagrams,
  EPOLLIN,
  EPOLLOUT,
  Epoll,
  listen,
  read,
  setNoDelay,
  write,
} from './calls.ts'
import { answerDns } from './dns-message.ts'
import { sendPaced } from './paced.ts'
import {
  BULK_SINK_PORT,
  BULK_SOURCE_PORT,
  DNS_PORT,
  ECHO_PORT,
  HTTP_BODY_LEN,
  HTTP_PORTS,
  KIND_BLAST,
  KIND_DATA,
  KIND_QUERY,
  KIND_SENT,
  TRIAL_GRACE_MS,
  TRIAL_HEADER_LEN,
  TRIAL_MAGIC,
  TRIAL_MESSAGE_LEN,
  UDP_BLAST_PORT,
  UDP_ECHO_PORT,
  UDP_SINK_PORT,
} from './protocol.ts'

const STDIN = 0
/** A trial's rate is bounded, whatever a stray datagram asks for. */
const BLAST_MS_MAX = 5_000
const END_OF_HEAD = 0x0d0a_0d0a

const address = ipv4(process.argv[2] ?? '127.0.0.1')
const epoll = new Epoll(256)
/** What to do when a descriptor is ready, by its number. */
const handlers: Array<((fd: number) => void) | undefined> = []

const buffer = new Uint8Array(new ArrayBuffer(1 << 18))
const BUFFER = addressOf(buffer)
const head = `HTTP/1.1 200 OK\r\nContent-Length: ${HTTP_BODY_LEN}\r\nConnection: close\r\n\r\n`
const response = new TextEncoder().encode(head.padEnd(head.length + HTTP_BODY_LEN, 'x'))
const RESPONSE = addressOf(response)
const datagrams = new Datagrams(64, 2048, false)

let sunkBytes = 0

function watch(fd: number, events: number, ready: (fd: number) => void): void {
  handlers[fd] = ready
  epoll.add(fd, events, fd)
}

function drop(fd: number): void {
  handlers[fd] = undefined
  closeFd(fd)
}

function serve(port: number, events: number, ready: (fd: number) => void): void {
  watch(listen(address, port), EPOLLIN, (listener) => {
    for (let fd = accept(listener); fd >= 0; fd = accept(listener)) {
      setNoDelay(fd)
      watch(fd, events, ready)
    }
  })
}

function echo(fd: number): void {
  const length = read(fd, BUFFER, buffer.length)
  if (length <= 0 || write(fd, BUFFER, length) < 0) drop(fd)
}

/** A request is one segment here; a longer one is read to its end without being looked at. */
function http(fd: number): void {
  const length = read(fd, BUFFER, buffer.length)
  if (length <= 0) {
    drop(fd)
    return
  }
  const end = length >= 4 ? new DataView(buffer.buffer, length - 4, 4).getUint32(0) : 0
  if (end !== END_OF_HEAD) return
  write(fd, RESPONSE, response.length)
  drop(fd) // the server closes first, as HTTP/1.0's did
}

function sink(fd: number): void {
  const length = read(fd, BUFFER, buffer.length)
  if (length <= 0) drop(fd)
  else sunkBytes += length
}

function source(fd: number): void {
  if (write(fd, BUFFER, buffer.length) <= 0) drop(fd)
}

function udpEcho(fd: number): void {
  const count = datagrams.receive(fd)
  for (let slot = 0; slot < count; slot++) datagrams.setLength(slot, datagrams.lengthAt(slot))
  datagrams.sendAll(fd, count)
  for (let slot = 0; slot < count; slot++) datagrams.setLength(slot, datagrams.slotLen)
}

/** Sends one slot back to where it came from. */
function reply(fd: number, slot: number, length: number): void {
  datagrams.setLength(slot, length)
  datagrams.send(fd, slot, slot + 1)
  datagrams.setLength(slot, datagrams.slotLen)
}

const sinkTrial = { number: 0, firstAt: 0, inTime: 0, total: 0 }

function udpSink(fd: number): void {
  const count = datagrams.receive(fd)
  const now = performance.now()
  const { view } = datagrams
  for (let slot = 0; slot < count; slot++) {
    const at = slot * datagrams.slotLen
    if (datagrams.lengthAt(slot) < TRIAL_HEADER_LEN || view.getUint32(at) !== TRIAL_MAGIC) continue
    const number = view.getUint32(at + 4)
    if (number !== sinkTrial.number) Object.assign(sinkTrial, { number, firstAt: 0, inTime: 0, total: 0 })
    if (view.getUint32(at + 8) === KIND_DATA) {
      if (sinkTrial.total === 0) sinkTrial.firstAt = now
      sinkTrial.total++
      if (now - sinkTrial.firstAt <= view.getUint32(at + 12) + TRIAL_GRACE_MS) sinkTrial.inTime++
    } else if (view.getUint32(at + 8) === KIND_QUERY && datagrams.lengthAt(slot) === TRIAL_MESSAGE_LEN) {
      view.setUint32(at + 16, sinkTrial.inTime)
      view.setUint32(at + 20, sinkTrial.total)
      reply(fd, slot, TRIAL_MESSAGE_LEN)
    }
  }
}

const blaster = new Datagrams(64, 2048, false)
const blasted = { number: 0, datagrams: 0, elapsedMs: 0 }

/** While a trial runs nothing else is served, and nothing else is asked. */
function udpBlast(fd: number): void {
  // One at a time, so that all slots of the blaster can be given the asker's address.
  const count = datagrams.receive(fd)
  const { view } = datagrams
  for (let slot = 0; slot < count; slot++) {
    const at = slot * datagrams.slotLen
    if (datagrams.lengthAt(slot) !== TRIAL_MESSAGE_LEN || view.getUint32(at) !== TRIAL_MAGIC) continue
    const number = view.getUint32(at + 4)
    const size = view.getUint32(at + 16)
    const isNew = view.getUint32(at + 8) === KIND_BLAST && number !== blasted.number
    if (isNew && size >= TRIAL_HEADER_LEN && size <= blaster.slotLen) {
      const durationMs = Math.min(view.getUint32(at + 12), BLAST_MS_MAX)
      blaster.copyPeers(datagrams, slot)
      const sent = sendPaced(fd, blaster, { number, size, rate: view.getUint32(at + 20), durationMs })
      Object.assign(blasted, { number, ...sent })
    } else if (view.getUint32(at + 8) === KIND_SENT && number === blasted.number) {
      view.setUint32(at + 16, blasted.datagrams)
      view.setUint32(at + 20, Math.round(blasted.elapsedMs * 1000))
      reply(fd, slot, TRIAL_MESSAGE_LEN)
    }
  }
}

function dns(fd: number): void {
  const count = datagrams.receive(fd)
  for (let slot = 0; slot < count; slot++) {
    const start = slot * datagrams.slotLen
    const length = answerDns(datagrams.bytes, start, datagrams.lengthAt(slot), address)
    datagrams.setLength(slot, length)
  }
  datagrams.sendAll(fd, count)
  for (let slot = 0; slot < count; slot++) datagrams.setLength(slot, datagrams.slotLen)
}

serve(ECHO_PORT, EPOLLIN, echo)
for (const port of HTTP_PORTS) serve(port, EPOLLIN, http)
serve(BULK_SINK_PORT, EPOLLIN, sink)
serve(BULK_SOURCE_PORT, EPOLLOUT, source)
watch(bindDatagrams(address, UDP_ECHO_PORT), EPOLLIN, udpEcho)
watch(bindDatagrams(address, UDP_SINK_PORT), EPOLLIN, udpSink)
watch(bindDatagrams(address, UDP_BLAST_PORT), EPOLLIN, udpBlast)
watch(bindDatagrams(address, DNS_PORT), EPOLLIN, dns)

let isWanted = true
watch(STDIN, EPOLLIN, () => {
  const length = readSync(STDIN, buffer, 0, 64, null)
  if (length === 0) isWanted = false
  else writeSync(1, `${JSON.stringify({ sunkBytes, at: performance.now() })}\n`)
})
writeSync(1, '"ready"\n')
while (isWanted) {
  const count = epoll.wait(-1)
  for (let index = 0; index < count; index++) {
    const fd = epoll.tagAt(index)
    handlers[fd]?.(fd)
  }
}
