// Debian's three DHCP clients, each as its users run it, in a namespace and kept in the foreground.

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

// Asks again every two seconds instead of backing off past the end of a lease as short as the tests'.
const DHCLIENT_CONF = 'include "/etc/dhcp/dhclient.conf"; initial-interval 1; backoff-cutoff 2;'
// The folder is the namespace's own (world.ts).
const DHCLIENT_FILES = ['-cf', '/var/lib/dhcp/conf', '-lf', '/var/lib/dhcp/leases', '-pf', '/var/lib/dhcp/pid']

const DHCLIENT: DhcpClient = {
  name: 'isc-dhcp-client',
  start(namespace, link) {
    const script = 'echo "$0" >/var/lib/dhcp/conf && exec "$@"'
    const command = ['dhclient', '-4', '-d', '-v', ...DHCLIENT_FILES, link]
    return namespace.spawn(['sh', '-c', script, DHCLIENT_CONF, ...command])
  },
  async release(namespace, link, running) {
    await namespace.must(['dhclient', '-4', '-r', '-v', ...DHCLIENT_FILES, link], { timeoutMs: 15_000 })
    await running.stop()
  },
  async forget(namespace) {
    await namespace.must(['rm', '-f', '/var/lib/dhcp/leases'])
  },
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
    await namespace.must(['sh', '-c', 'rm -f /var/lib/dhcpcd/*.lease'])
  },
}

export const DHCP_CLIENTS: readonly DhcpClient[] = [DHCLIENT, UDHCPC, DHCPCD]
