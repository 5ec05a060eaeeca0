// A namespace's own kernel as a guest behind a cable: a TAP in the namespace, joined to a hub's socket by QEMU (without a
// machine in it) and a piece of wire that delays, loses and watches. The TAP stays when the server goes and comes back.

import { join } from 'node:path'
import type { DhcpLook } from '../servers/dhcp-look.ts'
import { BUNDLES } from './places.ts'
import { type Program, waitFor } from './shell.ts'
import type { Namespace, World } from './world.ts'

export interface SeenDhcp extends DhcpLook {
  toHub: boolean
  lost: boolean
}

let cables = 0

export class Cable {
  private readonly wire: Program
  private readonly mac: string

  static async plug(world: World, namespace: Namespace, link: string, hubSocket: string, delayMs = 0): Promise<Cable> {
    const path = join(world.directory, `cable${++cables}`)
    const wire = namespace.spawn([process.execPath, join(BUNDLES, 'wire.mjs'), path, hubSocket, String(delayMs)])
    await wire.waitForOutput(/"ready"/, 10_000)
    const qemu = namespace.spawn([
      'qemu-system-x86_64',
      ...['-M', 'none', '-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none'],
      ...['-netdev', `tap,id=t,ifname=${link},script=no,downscript=no`],
      ...['-netdev', `stream,id=s,server=off,addr.type=unix,addr.path=${path}`],
      ...['-netdev', 'hubport,id=p0,hubid=0,netdev=t', '-netdev', 'hubport,id=p1,hubid=0,netdev=s'],
    ])
    await waitFor(`${link} in ${namespace.name}`, 10_000, () => {
      if (!qemu.running) throw new Error(`QEMU ended\n${qemu.log}`)
      return namespace.hasLink(link)
    })
    await namespace.ip('link', 'set', link, 'up')
    const mac = /link\/ether (\S+)/.exec(await namespace.ip('link', 'show', link))?.[1] ?? ''
    return new Cable(wire, mac.replaceAll(':', '-').toUpperCase())
  }

  private constructor(wire: Program, mac: string) {
    this.wire = wire
    this.mac = mac
  }

  /** The messages of this guest and for it; the hub floods it with those of others too. */
  get dhcp(): SeenDhcp[] {
    return this.wire.stdout
      .split('\n')
      .filter((line) => line.includes('"event":"dhcp"'))
      .map((line) => JSON.parse(line) as SeenDhcp)
      .filter(({ client }) => client === this.mac)
  }

  /** Requests to the server itself are lost from now on, broadcast ones are not: what makes a client rebind. */
  async loseUnicastDhcp(lose: boolean): Promise<void> {
    const before = this.wire.stdout.length
    this.wire.write(lose ? 'lose unicast-dhcp\n' : 'lose nothing\n')
    await waitFor('the wire to obey', 2_000, () => this.wire.stdout.indexOf('"losing"', before) >= 0)
  }

  waitForHub(): Promise<unknown> {
    return waitFor('the wire to reach the hub', 30_000, () => {
      const last = this.wire.stdout.split('\n').findLast((line) => line.includes('"event":"hub"'))
      return last?.includes('"up":true')
    })
  }
}
