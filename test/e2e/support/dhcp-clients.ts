// Debian's three DHCP clients, each as its users run it, in a namespace and kept in the foreground.

import { rmSync, writeFileSync } from 'node:fs'
import type { Program } from './shell.ts'
import type { Namespace } from './world.ts'

export interface DhcpClient {
  readonly name: string
  start(namespace: Namespace, link: string): Program
  /** Gives the address back and ends the client. */
  release(namespace: Namespace, link: string, running: Program): Promise<void>
  /** Makes it forget what it ever had. */
  forget(namespace: Namespace): Promise<void>
}

const UDHCPC: DhcpClient = {
  name: 'udhcpc',
  start: (namespace, link) => namespace.spawn(['udhcpc', '-i', link, '-f', '-t', '10', '-T', '1', '-A', '1']),
  async release(_namespace, _link, running) {
    running.kill('SIGUSR2')
    await running.waitForOutput(/released|entering released state/, 5_000)
    await running.stop()
  },
  forget: () => Promise.resolve(),
}

const DHCLIENT: DhcpClient = {
  name: 'isc-dhcp-client',
  start(namespace, link) {
    // Asks again every two seconds instead of backing off past the end of a lease as short as the test's.
    const configuration = `include "/etc/dhcp/dhclient.conf";\ninitial-interval 1;\nbackoff-cutoff 2;\n`
    writeFileSync(`/tmp/${namespace.name}.conf`, configuration)
    return namespace.spawn(['dhclient', '-4', '-d', '-v', ...dhclientFiles(namespace), link])
  },
  async release(namespace, link, running) {
    await namespace.must(['dhclient', '-4', '-r', '-v', ...dhclientFiles(namespace), link], { timeoutMs: 15_000 })
    await running.stop()
  },
  forget: (namespace) => Promise.resolve(rmSync(`/tmp/${namespace.name}.leases`, { force: true })),
}

function dhclientFiles(namespace: Namespace): string[] {
  const base = `/tmp/${namespace.name}`
  return ['-cf', `${base}.conf`, '-lf', `${base}.leases`, '-pf', `${base}.pid`]
}

const DHCPCD: DhcpClient = {
  name: 'dhcpcd',
  // Without its five seconds of address-conflict detection, which would delay each step.
  start: (namespace, link) => namespace.spawn(['dhcpcd', '-4', '-B', '-d', '-A', '-L', link]),
  async release(namespace, link, running) {
    await namespace.must(['dhcpcd', '-4', '-k', link], { timeoutMs: 15_000 })
    await running.stop()
  },
  async forget(namespace) {
    await namespace.run(['sh', '-c', 'rm -f /var/lib/dhcpcd/*.lease /var/lib/dhcpcd5/*.lease'])
  },
}

export const DHCP_CLIENTS: readonly DhcpClient[] = [DHCLIENT, UDHCPC, DHCPCD]
