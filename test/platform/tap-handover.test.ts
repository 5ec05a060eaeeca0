// Giving a TAP device to a listener, both sides in this process, with real descriptors over a real socket. Waits for
// events, never for time.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openTap } from '../../src/link/tap-device.ts'
import { formatTapOffer, TAP_OFFER_BYTES_MAX, TapHandover } from '../../src/link/tap-handover.ts'
import { TAP_OFFER_MS_MAX, TapListener, type TapListenerStats } from '../../src/link/tap-listener.ts'
import { readVnetHeader } from '../../src/link/vnet-header.ts'
import { receiveMessage, sendMessage } from '../../src/os/fd-passing.ts'
import { close, ioctl, O_RDWR, open } from '../../src/os/files.ts'
import { addressOf } from '../../src/os/libc.ts'
import { inNetns } from '../../src/os/namespaces.ts'
import { interfaceRequest } from '../../src/os/network-interface.ts'
import { openDhcpClientSocket, PacketSocket } from '../../src/os/packet-socket.ts'
import { connectUnix } from '../../src/os/unix-socket.ts'
import { COMPLETE, isChecksumUnfinished, UNFINISHED } from '../../src/wire/offload.ts'
import { ethernetFrame, tcpFrame, udpFrame } from '../support/frames.ts'
import { describeWithTap } from '../support/privileged.ts'
import { TestHub } from '../support/test-hub.ts'

const netns = `snt-give-${process.pid}`
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe', encoding: 'utf8' })
const hasDevice = (name: string) => ip('-n', netns, '-br', 'link').includes(`${name} `)
const until = (condition: () => boolean) => vi.waitUntil(condition, { interval: 1 })
const openFds = () => readdirSync('/proc/self/fd').length

const TUNSETIFF = 0x4004_54ca
const IFF_TUN = 0x0001
const IFF_TAP = 0x0002
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000

/** A device that `openTap` would not open. */
function openDevice(flags: number): number {
  return inNetns(netns, () => {
    const fd = open('/dev/net/tun', O_RDWR)
    const bytes = interfaceRequest('snt%d')
    bytes.writeUInt16LE(flags, 16)
    ioctl(fd, TUNSETIFF, addressOf(bytes), 'TUNSETIFF')
    return fd
  })
}

describeWithTap('giving a TAP device to a server', () => {
  let directory: string
  let path: string
  let hub: TestHub
  let listener: TapListener
  let mtu: number
  const log: string[] = []

  beforeAll(() => {
    ip('netns', 'add', netns)
    const quiet = ['net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']
    ip('netns', 'exec', netns, 'sysctl', '-qw', ...quiet)
    directory = mkdtempSync(join(tmpdir(), 'snt-give-'))
    path = join(directory, 'hub.sock')
  })
  afterAll(() => {
    ip('netns', 'del', netns)
    rmSync(directory, { recursive: true })
  })

  function listen(gso = true, connectionsMax?: number): void {
    listener = new TapListener(path, {
      hub,
      gso,
      mtu: () => mtu,
      ...(connectionsMax === undefined ? {} : { connectionsMax }),
      attached: (session) => log.push(`attached ${session}`),
      detached: (session, reason) => log.push(`detached ${session}: ${reason}`),
      refused: (reason) => log.push(`refused: ${reason}`),
    })
  }

  beforeEach(() => {
    hub = new TestHub()
    mtu = 1400
    listen()
  })
  afterEach(async () => {
    listener.close()
    // What was told to a giver is still to be read.
    await turn()
    log.length = 0
    vi.useRealTimers()
  })

  const openTap0 = () => openTap({ name: 'tap0', netns, mtu: 1500, gso: true })

  async function give(ended: (reason: string) => void = () => undefined) {
    const handover = TapHandover.connect(path)
    const { fd } = openTap0()
    const session = await handover.give(fd, { name: 'tap0@guest', gso: true }, ended)
    return { handover, session }
  }

  test('only this user may open the socket', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('the giver is told the session and the MTU; the device is the server’s alone, and gone when the giver closes', async () => {
    const before = openFds()
    const { handover, session } = await give()
    expect(session).toMatchObject({ session: 'SID-TAP-1', mtu: 1400 })
    expect(hub.port.identity).toEqual({ kind: 'TAP', userName: '', hostName: 'tap0@guest' })
    expect([listener.connectionCount, listener.stats.attached]).toEqual([1, 1])
    // Two ends of the connection, and the device once.
    expect(openFds()).toBe(before + 3)
    await handover.close()
    expect(hasDevice('tap0')).toBe(false)
    expect([hub.detachCount, listener.connectionCount, openFds()]).toEqual([1, 0, before])
    expect(log).toEqual(['attached SID-TAP-1', 'detached SID-TAP-1: the peer closed the connection'])
  })

  test('what was sent just before the giver closes is delivered', async () => {
    const { handover } = await give()
    const packets = inNetns(netns, () => openDhcpClientSocket('tap0'))
    const socket = new PacketSocket(packets, () => undefined)
    const frames = Array.from({ length: 100 }, (_, index) => ethernetFrame(0x88b5, [index]))
    for (const frame of frames) expect(socket.send(frame)).toBe(true)
    await handover.close()
    socket.close()
    expect(hub.received.map(({ frame }) => frame[14])).toEqual(frames.map((frame) => frame[14]))
  })

  test.each<[string, (port: TestHub) => void, string]>([
    ['an administrator', (where) => where.port.close?.(), 'disconnected by an administrator'],
    ['the end of the server', () => listener.close(), 'the server stopped'],
    ['the end of the device', () => ip('-n', netns, 'link', 'del', 'tap0'), 'the TAP device was removed'],
  ])('the session is ended by %s: the giver is told once, with that reason', async (_who, end, reason) => {
    const told: string[] = []
    const { handover } = await give((why) => told.push(why))
    end(hub)
    await until(() => told.length > 0)
    await handover.close()
    expect(told).toEqual([reason])
    expect(log.at(-1)).toBe(`detached SID-TAP-1: ${reason}`)
    expect([hasDevice('tap0'), hub.detachCount]).toEqual([false, 1])
  })

  test('a descriptor that would block is made not to', async () => {
    const socket = connectUnix(path)
    const fd = openDevice(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
    sendMessage(socket, formatTapOffer({ name: 'blocking', gso: true }), fd)
    await until(() => log.length > 0)
    const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!
    expect(Number.parseInt(flags, 8) & 0o4000).toBe(0o4000)
    close(fd)
    close(socket)
    await until(() => listener.connectionCount === 0)
  })

  const GOOD = formatTapOffer({ name: 'tap0', gso: true })
  test.each<[string, string, () => number[], Exclude<keyof TapListenerStats, 'attached'>, RegExp]>([
    ['no descriptor', GOOD, () => [], 'refusedBadOffer', /not one descriptor/],
    ['two descriptors', GOOD, () => [openTap0().fd, openDevice(IFF_TAP)], 'refusedBadOffer', /not one descriptor/],
    ['more than one message holds', GOOD, () => [1, 2, 3, 4].map(() => openDevice(IFF_TAP)), 'refusedBadOffer', /one/],
    ['what is no offer', '{}', () => [openTap0().fd], 'refusedBadOffer', /version/],
    ['a file', GOOD, () => [openSync('/dev/null', 'r+')], 'refusedDevice', /not that of a TAP device \(TUNGETIFF: /],
    ['a socket', GOOD, () => [connectUnix(path)], 'refusedDevice', /not that of a TAP device/],
    ['/dev/net/tun as it is', GOOD, () => [open('/dev/net/tun', O_RDWR)], 'refusedDevice', /not that of a TAP/],
    ['a TUN device', GOOD, () => [openDevice(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR)], 'refusedDevice', /TUN device/],
    ['frames without header', GOOD, () => [openDevice(IFF_TAP | IFF_NO_PI)], 'refusedDevice', /other headers/],
    [
      'a long message',
      'x'.repeat(TAP_OFFER_BYTES_MAX + 1),
      () => [openTap0().fd],
      'refusedBadOffer',
      /longer than 1024 bytes/,
    ],
  ])(
    '%s: refused with a sentence, counted, and nothing stays open',
    async (_what, text, descriptors, counter, reason) => {
      const before = openFds()
      const socket = connectUnix(path)
      const fds = descriptors()
      sendMessage(socket, text, ...fds)
      for (const fd of fds) close(fd)
      await until(() => log.length > 0)
      expect(JSON.parse(receiveMessage(socket)!.text)).toEqual({ error: expect.stringMatching(reason) })
      expect(receiveMessage(socket)).toBeUndefined()
      close(socket)
      expect(log).toEqual([expect.stringMatching(/^refused: /)])
      expect(listener.stats[counter]).toBe(1)
      await until(() => openFds() === before)
    },
  )

  test('a hub that is full refuses, and the giver hears why', async () => {
    const { handover } = await give()
    const second = TapHandover.connect(path)
    const { fd } = openTap({ name: 'tap1', netns, mtu: 1500, gso: true })
    await expect(second.give(fd, { name: 'tap1', gso: true }, () => undefined)).rejects.toThrow(
      'the server does not take the TAP device: this hub takes one port',
    )
    expect([listener.stats.refusedDevice, hasDevice('tap1')]).toEqual([1, false])
    await second.close()
    await handover.close()
  })

  test('past the limit a connection is refused at once; those before it live on', async () => {
    listener.close()
    listen(true, 1)
    const { handover } = await give()
    const second = TapHandover.connect(path)
    await until(() => log.length > 1)
    const { fd } = openTap({ name: 'tap1', netns, mtu: 1500, gso: true })
    await expect(second.give(fd, { name: 'tap1', gso: true }, () => undefined)).rejects.toThrow(
      /there are 1 connections already/,
    )
    await second.close()
    expect([listener.stats.refusedConnectionLimit, listener.connectionCount]).toEqual([1, 1])
    await handover.close()
  })

  test('a giver that says nothing is told to go', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const socket = connectUnix(path)
    while (listener.connectionCount === 0) await turn()
    vi.advanceTimersByTime(TAP_OFFER_MS_MAX - 1)
    expect(listener.connectionCount).toBe(1)
    vi.advanceTimersByTime(1)
    expect(JSON.parse(receiveMessage(socket)!.text)).toEqual({ error: 'no offer came within 30 s' })
    expect([listener.stats.refusedTooSlow, listener.connectionCount]).toEqual([1, 0])
    close(socket)
  })

  test('a giver that speaks again is cut off, with what it sent', async () => {
    const before = openFds()
    const socket = connectUnix(path)
    const { fd } = openTap0()
    sendMessage(socket, GOOD, fd)
    sendMessage(socket, GOOD, fd)
    close(fd)
    await until(() => log.length === 2)
    expect(log[1]).toBe('detached SID-TAP-1: the giver spoke after its offer')
    close(socket)
    expect([openFds(), hasDevice('tap0')]).toEqual([before, false])
  })

  describe('the packet socket of a guest', () => {
    test('sees what comes for DHCP clients, with the state of its checksum, and nothing else', async () => {
      const { handover } = await give()
      const seen: [number, boolean][] = []
      const socket = new PacketSocket(
        inNetns(netns, () => openDhcpClientSocket('tap0')),
        (header, frame) => {
          const offload = readVnetHeader(header, frame)
          if (offload !== undefined) seen.push([frame.at(-1)!, isChecksumUnfinished(offload)])
        },
      )
      const toClient = { sourcePort: 67, destinationPort: 68 }
      hub.send(udpFrame([1], toClient))
      hub.send(udpFrame([2], { sourcePort: 67, destinationPort: 69 }))
      hub.send(udpFrame([3], { ...toClient, fragment: 0x2000 }))
      hub.send(tcpFrame([4], toClient))
      hub.send(ethernetFrame(0x88b5, [5]))
      hub.sendWith(UNFINISHED, udpFrame([6], toClient))
      hub.sendWith(COMPLETE, udpFrame([7], { ...toClient, ipOptions: [1, 1, 1, 1] }))
      await until(() => seen.length >= 3)
      expect(seen).toEqual([
        [1, false],
        [6, true],
        [7, false],
      ])
      socket.close()
      await handover.close()
    })

    test('of an interface that goes down waits until it is up again', async () => {
      const { handover } = await give()
      let count = 0
      const socket = new PacketSocket(
        inNetns(netns, () => openDhcpClientSocket('tap0')),
        () => {
          count += 1
        },
      )
      ip('-n', netns, 'link', 'set', 'tap0', 'down')
      expect(socket.send(ethernetFrame(0x88b5, [1]))).toBe(false)
      ip('-n', netns, 'link', 'set', 'tap0', 'up')
      hub.send(udpFrame([1], { sourcePort: 67, destinationPort: 68 }))
      await vi.waitUntil(() => count === 1, { interval: 5, timeout: 3_000 })
      socket.close()
      await handover.close()
    })
  })
})
