// What a lease means for the command's namespace: address, routes and resolv.conf, at the beginning and when they change.
//
// At the beginning the inner half sets them. Later nobody of ours is inside: the interface is changed through a socket that
// was opened there, and resolv.conf through a descriptor of the file. A user who has meanwhile configured the interface
// otherwise is left alone.

import { ftruncateSync, writeSync } from 'node:fs'
import { OsError } from '../os/libc.ts'
import { configureIpv4, interfaceAddress } from '../os/network-interface.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import type { Lease } from './dhcp-client.ts'
import type { ToInside } from './namespace-protocol.ts'
import { TAP_NAME } from './namespace-protocol.ts'

export interface NamespaceNetworkOptions {
  /** A socket of the namespace. */
  readonly socket: number
  /** Where the lease does not say. */
  readonly mtu: number
  readonly tell: (line: string) => void
}

export class NamespaceNetwork {
  /** A descriptor of the file, if it is known. */
  resolvConf: number | undefined
  readonly #options: NamespaceNetworkOptions
  #present: Lease | undefined

  constructor(options: NamespaceNetworkOptions) {
    this.#options = options
  }

  begin(lease: Lease): ToInside {
    this.#present = lease
    return { configuration: this.#configuration(lease), resolvConf: formatResolvConf(lease) }
  }

  /** A lease after the first. */
  follow(lease: Lease): void {
    const { socket, tell } = this.#options
    const before = this.#present
    this.#present = lease
    if (before === undefined || before.address === lease.address) return
    const [was, is] = [formatIpv4(before.address), formatIpv4(lease.address)]
    try {
      if (interfaceAddress(TAP_NAME, socket) !== before.address) {
        tell(
          `the DHCP server now gives ${is} for ${was}, but ${TAP_NAME} was configured otherwise meanwhile and stays so`,
        )
        return
      }
      configureIpv4(TAP_NAME, this.#configuration(lease), socket)
      this.#writeResolvConf(formatResolvConf(lease))
      tell(`the DHCP server now gives ${is} for ${was}: ${TAP_NAME} has it`)
    } catch (error) {
      if (!(error instanceof OsError)) throw error
      tell(`the DHCP server now gives ${is} for ${was}, which ${TAP_NAME} cannot be given (${error.message})`)
    }
  }

  #configuration(lease: Lease): ToInside['configuration'] {
    const { address, mask, routes } = lease
    return { address, mask, mtu: lease.mtu ?? this.#options.mtu, routes }
  }

  #writeResolvConf(text: string): void {
    if (this.resolvConf === undefined) return
    ftruncateSync(this.resolvConf)
    writeSync(this.resolvConf, text, 0)
  }
}

/** resolv.conf(5) */
export function formatResolvConf(lease: Lease): string {
  const lines = lease.dnsServers.map((address) => `nameserver ${formatIpv4(address)}`)
  if (lease.domainName !== '') lines.push(`search ${lease.domainName}`)
  return lines.length === 0 ? '# the DHCP server names no DNS server\n' : `${lines.join('\n')}\n`
}
