// What we put on the wire, judged by an independent reader: tshark over captures of a `run` and of a QEMU guest.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HTTP_PORT, REFLECTOR_PORT } from './servers/ports.ts'
import { judge, readFields } from './support/capture.ts'
import { download, OUTSIDE_NAME, resolveName, takeLease, upload } from './support/machine-network.ts'
import { startDnsmasq, startServices } from './support/outside.ts'
import { LAUNCHER } from './support/places.ts'
import { QemuGuest } from './support/qemu-guest.ts'
import { SecureNatServer } from './support/securenat.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

const LENGTH = 5 * 1024 * 1024

let world: World
let server: SecureNatServer
let virtualHost: string

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  await startDnsmasq(world, OUTSIDE_ADDRESS, { [OUTSIDE_NAME]: OUTSIDE_ADDRESS })
  server = await SecureNatServer.start(world)
  const settings = await server.mustCommand('SecureNatHostGet', '--hub', 'DEFAULT')
  virtualHost = (/(?:[0-9A-F]{2}-){5}[0-9A-F]{2}/.exec(settings)?.[0] ?? settings).replaceAll('-', ':').toLowerCase()
  expect(virtualHost).toMatch(/^00:ac(:[0-9a-f]{2}){4}$/)
})

afterAll(() => world?.destroy())

/**
 * A script for `run` that captures its own link while it takes a lease, asks for a name and moves data both ways.
 * @param snaplen longest frame: the kernel's buffer is cut into pieces of it, and must hold all while the machine is busy
 */
function script(capture: string, snaplen: number): string {
  const url = `http://${OUTSIDE_NAME}:${HTTP_PORT}`
  return `set -e
    link=$(ip -o link show up | sed -n 's/^[0-9]*: \\([^:@]*\\)[:@].*/\\1/p' | grep -v '^lo$')
    tcpdump -i "$link" -w ${capture} -U -n --immediate-mode -s ${snaplen} -B 65536 -Z root 2>${capture}.log & dump=$!
    until grep -q 'listening on' ${capture}.log; do sleep 0.05; done
    udhcpc -i "$link" -n -q -f -t 5 -T 1 2>&1
    curl -sS --fail ${url}/bytes/${LENGTH} >${capture}.data
    curl -sS -T ${capture}.data ${url}/
    curl -sS http://${OUTSIDE_ADDRESS}:9/ 2>/dev/null || true
    sleep 0.5; kill -INT $dump; wait $dump || true
    grep -q '^0 packets dropped by kernel' ${capture}.log`
}

async function captureOfRun(name: string, ...options: string[]): Promise<string> {
  const capture = join(world.directory, name)
  const snaplen = options.includes('--no-gso') ? 1600 : 262_144
  const command = [LAUNCHER, 'run', '--state', server.state, ...options, '--', 'sh', '-c', script(capture, snaplen)]
  await world.server.must(command, { timeoutMs: 90_000 })
  return capture
}

/** The capture holds what it is meant to judge. */
async function expectWholeStory(capture: string): Promise<void> {
  const ours = `eth.src == ${virtualHost}`
  const count = async (filter: string): Promise<number> =>
    (await readFields(capture, `${ours} && ${filter}`, ['frame.number'])).length
  expect(await count('dhcp.option.dhcp == 2')).toBeGreaterThan(0)
  expect(await count('dhcp.option.dhcp == 5')).toBeGreaterThan(0)
  expect(await count('dns.flags.response == 1')).toBeGreaterThan(0)
  expect(await count('arp.opcode == 2')).toBeGreaterThan(0)
  expect(await count('tcp.flags.syn == 1 && tcp.flags.ack == 1')).toBeGreaterThan(1)
  const lengths = await readFields(capture, `${ours} && tcp.len > 0`, ['tcp.len'])
  expect(lengths.reduce((sum, [length]) => sum + Number(length), 0)).toBeGreaterThan(LENGTH)
}

test('the judge finds a wrong checksum and a malformed packet where there is one', async () => {
  const good = await captureOfRun('control.pcap', '--no-gso')
  const bytes = readFileSync(good)
  const spoilt = (name: string, spoil: (frame: Buffer) => boolean): string => {
    const path = join(world.directory, name)
    copyFileSync(good, path)
    const copy = Buffer.from(bytes)
    for (let at = 24; at < copy.length; at += 16 + copy.readUInt32LE(at + 8)) {
      const frame = copy.subarray(at + 16, at + 16 + copy.readUInt32LE(at + 8))
      const mac = frame.subarray(6, 12).toString('hex')
      if (mac === virtualHost.replaceAll(':', '') && spoil(frame)) break
    }
    writeFileSync(path, copy)
    return path
  }
  const isIpv4 = (frame: Buffer, protocol: number): boolean =>
    frame.readUInt16BE(12) === 0x0800 && frame[23] === protocol
  const wrongSum = spoilt(
    'wrong-sum.pcap',
    (frame) => isIpv4(frame, 6) && frame.length > 200 && (frame[100]! ^= 1) >= 0,
  )
  const malformed = spoilt('malformed.pcap', (frame) => isIpv4(frame, 17) && frame.writeUInt16BE(4000, 38) > 0)
  expect((await judge(wrongSum, virtualHost)).faults).toHaveLength(1)
  expect((await judge(malformed, virtualHost)).faults.length).toBeGreaterThan(0)
})

test('a capture of `run`: no malformed packet and no bad checksum sent by us', async () => {
  // Without super-frames every frame is complete, and so is the judgement.
  const capture = await captureOfRun('run.pcap', '--no-gso')
  await expectWholeStory(capture)
  const { sent, faults } = await judge(capture, virtualHost)
  expect(sent).toBeGreaterThan(LENGTH / 1500)
  expect(faults).toEqual([])
  const longest = await readFields(capture, `eth.src == ${virtualHost} && frame.len > 1514`, ['frame.number'])
  expect(longest).toEqual([])
})

test('a capture of `run` with super-frames: no malformed packet, no bad checksum but those left to the kernel', async () => {
  const capture = await captureOfRun('run-gso.pcap')
  await expectWholeStory(capture)
  const { sent, faults } = await judge(capture, virtualHost, false)
  expect(sent).toBeGreaterThan(0)
  expect(faults).toEqual([])
})

test('a capture of a QEMU guest: no malformed packet and no bad checksum sent by us', async () => {
  const capture = join(world.directory, 'guest.pcap')
  const guest = await QemuGuest.boot(world, { socket: server.socket, capture })
  await takeLease(guest)
  await resolveName(guest)
  await download(guest, LENGTH)
  await upload(guest, LENGTH)
  await guest.must(
    `ping -c 2 192.168.30.1; ping -c 1 -W 1 ${OUTSIDE_ADDRESS}; nc -u -w 1 ${OUTSIDE_ADDRESS} ${REFLECTOR_PORT} </dev/null; true`,
  )
  await guest.run(`wget -q -O - http://${OUTSIDE_ADDRESS}:9/`)
  await guest.stop()
  await expectWholeStory(capture)
  const { sent, faults } = await judge(capture, virtualHost)
  expect(sent).toBeGreaterThan(LENGTH / 1500)
  expect(faults).toEqual([])
})
