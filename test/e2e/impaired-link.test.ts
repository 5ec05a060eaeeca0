// A bad line between guest and hub. `tc netem` works in the guest machine's own kernel, on what its card sends and (by way
// of an ifb device) on what it receives, so the tests do not depend on what this machine's kernel was built with.
// GSO and GRO are off in the guest: netem would otherwise lose, delay and double 64 KiB at a time.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IPERF_PORT } from './servers/ports.ts'
import { download, OUTSIDE_NAME, takeLease, upload } from './support/machine-network.ts'
import { iperfReceived, startDnsmasq, startIperf, startServices } from './support/outside.ts'
import { QemuGuest } from './support/qemu-guest.ts'
import { SecureNatServer } from './support/securenat.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

const TRANSFER = 50 * 1024 * 1024
/** Packets a netem queue holds: more than any window here. */
const LIMIT = 20_000
const WANTED_MBITS = 200

let world: World
let guest: QemuGuest

beforeAll(async () => {
  world = await World.create()
  await startServices(world)
  await startIperf(world)
  await startDnsmasq(world, OUTSIDE_ADDRESS, { [OUTSIDE_NAME]: OUTSIDE_ADDRESS })
  const server = await SecureNatServer.start(world)
  guest = await QemuGuest.boot(world, { socket: server.socket, memoryMb: 384 })
  await takeLease(guest)
  await guest.must(
    [
      'for module in sch_netem sch_ingress cls_matchall act_mirred ifb; do insmod /modules/$module.ko || exit 1; done',
      'ethtool -K eth0 gso off gro off 2>/dev/null',
      'ip link set ifb0 up && ip link set ifb0 mtu 1500',
      '/usr/bin/tc qdisc add dev eth0 handle ffff: ingress',
      '/usr/bin/tc filter add dev eth0 parent ffff: matchall action mirred egress redirect dev ifb0',
    ].join('\n'),
  )
})

afterAll(() => world?.destroy())

/** The same impairment in both directions; `delay 20ms` each way is 40 ms of round trip. */
async function impair(netem: string): Promise<void> {
  // Deleted first, so that the counts begin at nought.
  const commands = ['eth0', 'ifb0'].flatMap((device) => [
    `/usr/bin/tc qdisc del dev ${device} root 2>/dev/null`,
    `/usr/bin/tc qdisc add dev ${device} root netem limit ${LIMIT} ${netem} || exit 1`,
  ])
  await guest.must(commands.join('\n'))
}

/** What the two netem queues did since they were set, packets each. */
async function netemCounts(): Promise<{ sent: number; dropped: number }> {
  const statistics = await guest.must(
    '/usr/bin/tc -s qdisc show dev eth0 root; /usr/bin/tc -s qdisc show dev ifb0 root',
  )
  const counts = [...statistics.matchAll(/Sent \d+ bytes (\d+) pkt \(dropped (\d+)/g)]
  expect(counts).toHaveLength(2)
  const sum = (column: number): number => counts.reduce((total, match) => total + Number(match[column]), 0)
  return { sent: sum(1), dropped: sum(2) }
}

describe('50 MB each way arrive whole', { timeout: 200_000 }, () => {
  test.each([
    ['loss 1 %', 'loss 1%', 0.005],
    ['loss 5 %', 'loss 5%', 0.03],
    ['delay 40 ms', 'delay 20ms', 0],
    ['reorder 5 %', 'delay 5ms reorder 5%', 0],
    ['duplicate 1 %', 'duplicate 1%', 0],
  ])('%s', async (_name, netem, leastLoss) => {
    await impair(netem)
    await download(guest, TRANSFER)
    await upload(guest, TRANSFER)
    const { sent, dropped } = await netemCounts()
    expect(sent).toBeGreaterThan(TRANSFER / 1500)
    expect(dropped).toBeGreaterThanOrEqual(sent * leastLoss)
  })
})

describe('40 ms of round trip without loss: one flow does 200 Mbit/s', () => {
  // The guest's kernel is not the one to hold it up: its windows grow beyond the path's 1 MB in either direction.
  beforeAll(async () => {
    await impair('delay 20ms')
    await guest.must(
      'echo 4096 131072 6291456 >/proc/sys/net/ipv4/tcp_rmem; echo 4096 65536 4194304 >/proc/sys/net/ipv4/tcp_wmem',
    )
    const round = /min\/avg\/max = ([\d.]+)\//.exec(await guest.must('ping -c 4 192.168.30.1'))
    expect(Number(round?.[1])).toBeGreaterThanOrEqual(40)
    expect(Number(round?.[1])).toBeLessThan(50)
  })

  test.for([
    ['up', ''],
    ['down', '--reverse'],
  ])('%s', async ([_direction, reverse], { annotate }) => {
    const json = await guest.must(`iperf3 -c ${OUTSIDE_ADDRESS} -p ${IPERF_PORT} -t 6 -O 1 --json ${reverse}`)
    await annotate(`${Math.round(iperfReceived(json))} Mbit/s`)
    expect(iperfReceived(json)).toBeGreaterThanOrEqual(WANTED_MBITS)
  })
})
