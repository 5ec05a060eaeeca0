// Addresses set aside for certain clients, inside the pool or outside of it, but always of the virtual host's network.
//
// A client is recognised by its client identifier (option 61), else by its hardware address, whatever identifier it sends
// with it, else by its host name (option 12), whole or its first label. A reserved address is given to nobody else.

import { type DhcpMessage, getTextOption, OPTION_CLIENT_ID, OPTION_HOST_NAME } from '../wire/dhcp.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import type { DhcpReservation } from './options.ts'

export class DhcpReservations {
  readonly #byAddress = new Map<Ipv4Address, DhcpReservation>()
  readonly #byClientId = new Map<string, DhcpReservation>()
  readonly #byMac = new Map<number, DhcpReservation>()
  readonly #byHostName = new Map<string, DhcpReservation>()

  constructor(reservations: readonly DhcpReservation[]) {
    for (const reservation of reservations) {
      const { ipAddress, clientId, macAddress, hostName } = reservation
      this.#byAddress.set(ipAddress, reservation)
      if (clientId !== undefined) this.#byClientId.set(clientId, reservation)
      else if (macAddress !== undefined) this.#byMac.set(macAddress, reservation)
      else if (hostName !== undefined) this.#byHostName.set(hostName.toLowerCase(), reservation)
    }
  }

  has(address: Ipv4Address): boolean {
    return this.#byAddress.has(address)
  }

  of(message: DhcpMessage): DhcpReservation | undefined {
    if (this.#byAddress.size === 0) return undefined
    const id = message.options.get(OPTION_CLIENT_ID)
    const byId = id === undefined ? undefined : this.#byClientId.get(hexOf(id))
    return byId ?? this.#byMac.get(message.chaddr) ?? this.#ofHostName(message)
  }

  #ofHostName({ options }: DhcpMessage): DhcpReservation | undefined {
    if (this.#byHostName.size === 0) return undefined
    const name = getTextOption(options, OPTION_HOST_NAME)?.toLowerCase()
    return name === undefined ? undefined : (this.#byHostName.get(name) ?? this.#byHostName.get(name.split('.')[0]!))
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
