// Judges the reservations of a DHCP server, by themselves, beside each other and beside the virtual host.

import { EXTRA_OPTIONS_MAX } from '../../securenat/dhcp-extra-options.ts'
import {
  type DhcpOptions,
  type DhcpReservation,
  RESERVATIONS_MAX,
  type VirtualHostOptions,
} from '../../securenat/options.ts'
import { broadcastOf, formatIpv4, inSubnet, networkOf, prefixLength } from '../../wire/ipv4-address.ts'
import { formatMac, isMulticastMac } from '../../wire/mac.ts'

/** RFC 1123 section 2.1: one label, or several. */
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/
const HOST_NAME_MAX = 253

type Report = (path: string, allowed: string, actual: string) => void

/** What can be said without the virtual host. */
export function checkReservations({ reservations, extraOptions }: DhcpOptions, report: Report): void {
  if (reservations.length > RESERVATIONS_MAX) {
    report('dhcp.reservations', `at most ${RESERVATIONS_MAX} reservations`, `${reservations.length} reservations`)
  }
  if (extraOptions.length > EXTRA_OPTIONS_MAX) {
    report('dhcp.options', `at most ${EXTRA_OPTIONS_MAX} options`, `${extraOptions.length} options`)
  }
  const seen = new Map<string, number>()
  reservations.forEach((reservation, index) => {
    const path = `dhcp.reservations.${index}`
    checkClient(reservation, path, report)
    for (const [key, value] of keysOf(reservation)) {
      const first = seen.get(`${key} ${value}`)
      if (first === undefined) seen.set(`${key} ${value}`, index)
      else report(`${path}.${key}`, `another than that of dhcp.reservations.${first}`, value)
    }
  })
}

/** Inside the pool or outside of it, but where guests can be. */
export function checkReservedAddresses(host: VirtualHostOptions, { reservations }: DhcpOptions, report: Report): void {
  const { ipAddress: own, subnetMask } = host
  const subnet = `${formatIpv4(networkOf(own, subnetMask))}/${prefixLength(subnetMask)}`
  const allowed = `a host address of the virtual host's network ${subnet}, other than its own ${formatIpv4(own)}`
  reservations.forEach(({ ipAddress }, index) => {
    const isHost = ipAddress !== networkOf(own, subnetMask) && ipAddress !== broadcastOf(own, subnetMask)
    if (isHost && ipAddress !== own && inSubnet(ipAddress, own, subnetMask)) return
    report(`dhcp.reservations.${index}.ipAddress`, allowed, formatIpv4(ipAddress))
  })
}

function checkClient({ macAddress, clientId, hostName }: DhcpReservation, path: string, report: Report): void {
  if (macAddress === undefined && clientId === undefined && hostName === undefined) {
    report(path, 'with one of macAddress, clientId and hostName', 'with none of them')
  } else if (macAddress !== undefined && clientId !== undefined) {
    report(path, 'with one of macAddress and clientId', 'with both')
  }
  if (macAddress !== undefined && (macAddress === 0 || isMulticastMac(macAddress))) {
    report(`${path}.macAddress`, 'a unicast address, and not zero', formatMac(macAddress))
  }
  if (hostName !== undefined && (hostName.length > HOST_NAME_MAX || !HOST_NAME.test(hostName))) {
    report(`${path}.hostName`, 'a host name such as printer', JSON.stringify(hostName))
  }
}

/** What no two reservations may share. */
function keysOf({ ipAddress, macAddress, clientId, hostName }: DhcpReservation): [string, string][] {
  const keys: [string, string][] = [['ipAddress', formatIpv4(ipAddress)]]
  if (macAddress !== undefined) keys.push(['macAddress', formatMac(macAddress)])
  if (clientId !== undefined) keys.push(['clientId', clientId])
  if (hostName !== undefined) keys.push(['hostName', hostName.toLowerCase()])
  return keys
}
