// What nothing here can beat: the kernel's own routing, a bare proxy in Node, and the bridge program with nothing behind it.

import { join } from 'node:path'
import { run, waitFor } from '../test/e2e/support/shell.ts'
import { OUTSIDE_ADDRESS } from './bed.ts'
import { IPERF_PORT } from './load/protocol.ts'
import { loadProgram } from './places.ts'
import { GATEWAY, GUEST_ADDRESS, Parts, type System, startLongPath, TAP, waitForLink } from './system.ts'

/** No NAT: the kernel forwards between guest and outside. What the load generators can do at most. */
export const kernel: System = {
  name: 'kernel',
  kind: 'ceiling',
  about: async () => `Linux ${(await run(['uname', '-r'])).stdout.trim()}, plain routing over veth`,
  async start(bed, { mtu, path }) {
    const parts = new Parts(bed)
    const inner = path === undefined ? 'in0' : 'far0'
    try {
      const guest = await parts.place('guest')
      if (path === undefined) {
        const veth = `link add name in0 mtu ${mtu} type veth peer name ${TAP} netns ${guest.name} mtu ${mtu}`
        await bed.server.ip(veth, 'link set in0 up')
        await guest.ip(`link set ${TAP} up`)
      } else {
        await startLongPath(parts, guest, bed.server, path)
      }
      await bed.server.ip(`addr add ${GATEWAY}/24 dev ${inner}`)
      await bed.server.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
      await guest.ip(`addr add ${GUEST_ADDRESS}/24 dev ${TAP}`, `route add default via ${GATEWAY}`)
      await bed.outside.ip('route replace 10.0.2.0/24 via 198.18.0.2')
    } catch (error) {
      await parts.remove()
      throw error
    }
    return {
      natPids: [],
      linkPids: [],
      clients: parts.places[0]!,
      guests: parts.places,
      servers: bed.outside,
      serverAddress: OUTSIDE_ADDRESS,
      target: OUTSIDE_ADDRESS,
      dns: OUTSIDE_ADDRESS,
      leaseMs: undefined,
      stop: async () => {
        await run(['ip', '-n', bed.server.name, 'link', 'del', inner])
        await parts.remove()
      },
    }
  },
}

/** A TCP proxy on Node's own sockets over loopback: no packets at all. */
export const nodeProxy: System = {
  name: 'node-proxy',
  kind: 'ceiling',
  about: async () => `Node ${process.version}, a bare TCP proxy on loopback`,
  async start(bed) {
    const parts = new Parts(bed)
    const place = await parts.place('guest')
    const proxy = parts.spawn(place, loadProgram('proxy', '127.0.0.2', '127.0.0.1', IPERF_PORT))
    await waitFor('the proxy', 5_000, async () => {
      const { stdout } = await place.run(['ss', '-Hltn', 'src', '127.0.0.2'])
      return stdout.includes(`:${IPERF_PORT}`)
    })
    return {
      natPids: [proxy.pid],
      linkPids: [],
      clients: place,
      guests: [place],
      servers: place,
      serverAddress: '127.0.0.1',
      target: '127.0.0.2',
      dns: undefined,
      leaseMs: undefined,
      stop: () => parts.remove(),
    }
  },
}

/** The bridge program back to back with itself: nothing that takes frames from it can be faster. */
export const wire: System = {
  name: 'wire',
  kind: 'ceiling',
  about: async () => "two of the benchmark's bridges back to back",
  async start(bed, { mtu }) {
    const parts = new Parts(bed)
    try {
      const guest = await parts.place('guest')
      const far = await parts.place('far')
      const socket = join(bed.newDirectory('wire'), 'wire.sock')
      const listener = parts.spawn(far, loadProgram('bridge', TAP, mtu, socket, 'listen'))
      const near = parts.spawn(guest, loadProgram('bridge', TAP, mtu, socket))
      await waitForLink(far, TAP, listener)
      await waitForLink(guest, TAP, near)
      await far.ip(`addr add ${GATEWAY}/24 dev ${TAP}`)
      await guest.ip(`addr add ${GUEST_ADDRESS}/24 dev ${TAP}`)
      return {
        natPids: [],
        linkPids: [listener.pid, near.pid],
        clients: guest,
        guests: [guest],
        servers: far,
        serverAddress: GATEWAY,
        target: GATEWAY,
        dns: undefined,
        leaseMs: undefined,
        stop: () => parts.remove(),
      }
    } catch (error) {
      await parts.remove()
      throw error
    }
  },
}
