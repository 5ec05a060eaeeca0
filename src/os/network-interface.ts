// A Linux network interface: look at it and configure it by ioctl (netdevice(7)), without any program.
//
// Everything acts in the network namespace of the calling thread, or in that of a socket that is given. `struct ifreq` is 40 bytes: the name in 16, then a union;
// `struct rtentry` is 120 bytes on 64-bit Linux: destination at 8, gateway at 24, mask at 40, flags at 56.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { getIpv4, setIpv4 } from '../wire/ipv4-address.ts'
import { getMac, type MacAddress } from '../wire/mac.ts'
import { close, ioctl } from './files.ts'
import { addressOf, bind, bindOnce, check, OsError } from './libc.ts'

export const INTERFACE_NAME_MAX = 15

const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000

const SIOCADDRT = 0x890b
const SIOCGIFFLAGS = 0x8913
const SIOCSIFFLAGS = 0x8914
const SIOCGIFADDR = 0x8915
const SIOCSIFADDR = 0x8916
const SIOCSIFNETMASK = 0x891c
const SIOCGIFMTU = 0x8921
const SIOCSIFMTU = 0x8922
const SIOCGIFHWADDR = 0x8927

const IFF_UP = 1
const RTF_UP = 1
const RTF_GATEWAY = 2

/** Offsets in `struct ifreq`. */
const IFR_UNION = 16
const RTENTRY_LEN = 120

const calls = bindOnce(() => ({ socket: bind('socket', 'int', ['int', 'int', 'int']) }))

export interface Ipv4Configuration {
  address: Ipv4Address
  mask: Ipv4Address
  mtu: number
  routes: readonly Route[]
}

/** The default route is 0.0.0.0/0. Gateway 0.0.0.0: on the link itself. */
export interface Route {
  network: Ipv4Address
  mask: Ipv4Address
  gateway: Ipv4Address
}

/** Larger than needed: a small array might be moved by the collector, see `addressOf`. */
const request = bindOnce(() => Buffer.alloc(256))

/** `struct ifreq` with this name and nothing else in it. */
export function interfaceRequest(name: string): Buffer {
  const bytes = request().fill(0)
  bytes.write(name, 0, INTERFACE_NAME_MAX, 'latin1')
  return bytes
}

/** @param socket or a TAP device's own descriptor, whose interface it is then @throws OsError */
export function interfaceMac(name: string, socket?: number): MacAddress {
  const bytes = interfaceRequest(name)
  withSocket(socket, (fd) => ioctl(fd, SIOCGIFHWADDR, addressOf(bytes), `SIOCGIFHWADDR ${name}`))
  return getMac(bytes, IFR_UNION + 2)
}

/** Only a change needs a privilege. @throws OsError */
export function bringUp(name: string): void {
  const bytes = interfaceRequest(name)
  withSocket(undefined, (fd) => {
    ioctl(fd, SIOCGIFFLAGS, addressOf(bytes), `SIOCGIFFLAGS ${name}`)
    if ((bytes.readInt16LE(IFR_UNION) & IFF_UP) !== 0) return
    bytes.writeInt16LE(bytes.readInt16LE(IFR_UNION) | IFF_UP, IFR_UNION)
    ioctl(fd, SIOCSIFFLAGS, addressOf(bytes), `SIOCSIFFLAGS ${name}`)
  })
}

/** Only a change needs a privilege. @throws OsError */
export function setMtu(name: string, mtu: number, socket?: number): void {
  const bytes = interfaceRequest(name)
  withSocket(socket, (fd) => {
    ioctl(fd, SIOCGIFMTU, addressOf(bytes), `SIOCGIFMTU ${name}`)
    if (bytes.readInt32LE(IFR_UNION) === mtu) return
    bytes.writeInt32LE(mtu, IFR_UNION)
    ioctl(fd, SIOCSIFMTU, addressOf(bytes), `SIOCSIFMTU ${name}`)
  })
}

/** `undefined` for an interface without. @throws OsError */
export function interfaceAddress(name: string, socket?: number): Ipv4Address | undefined {
  const bytes = interfaceRequest(name)
  bytes.writeUInt16LE(AF_INET, IFR_UNION)
  try {
    withSocket(socket, (fd) => ioctl(fd, SIOCGIFADDR, addressOf(bytes), `SIOCGIFADDR ${name}`))
  } catch (error) {
    if (error instanceof OsError && error.code === 'EADDRNOTAVAIL') return undefined
    throw error
  }
  return getIpv4(bytes, IFR_UNION + 4)
}

/** Address, mask, MTU and routes, in the place of those it has; the interface is up already. @throws OsError */
export function configureIpv4(name: string, configuration: Ipv4Configuration, socket?: number): void {
  setMtu(name, configuration.mtu, socket)
  withSocket(socket, (fd) => {
    setAddress(fd, name, SIOCSIFADDR, configuration.address)
    // After the address, which sets a mask of its own by class.
    setAddress(fd, name, SIOCSIFNETMASK, configuration.mask)
    for (const route of configuration.routes) addRoute(fd, name, route)
  })
}

function setAddress(fd: number, name: string, request: number, address: Ipv4Address): void {
  const bytes = interfaceRequest(name)
  putSocketAddress(bytes, IFR_UNION, address)
  ioctl(fd, request, addressOf(bytes), `SIOCSIFADDR ${name}`)
}

function addRoute(fd: number, name: string, route: Route): void {
  const bytes = Buffer.alloc(256)
  putSocketAddress(bytes, 8, route.network)
  putSocketAddress(bytes, 24, route.gateway)
  putSocketAddress(bytes, 40, route.mask)
  bytes.writeUInt16LE(RTF_UP | (route.gateway === 0 ? 0 : RTF_GATEWAY), 56)
  bytes.write(name, RTENTRY_LEN, INTERFACE_NAME_MAX, 'latin1')
  bytes.writeBigUInt64LE(BigInt(addressOf(bytes) + RTENTRY_LEN), 88) // rt_dev
  try {
    ioctl(fd, SIOCADDRT, addressOf(bytes), 'SIOCADDRT')
  } catch (error) {
    // It is there already, which is what was wanted.
    if (!(error instanceof OsError) || error.code !== 'EEXIST') throw error
  }
}

function putSocketAddress(bytes: Buffer, offset: number, address: Ipv4Address): void {
  bytes.writeUInt16LE(AF_INET, offset)
  setIpv4(bytes, offset + 4, address)
}

function withSocket<T>(socket: number | undefined, use: (fd: number) => T): T {
  if (socket !== undefined) return use(socket)
  const fd = check(calls().socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket')
  try {
    return use(fd)
  } finally {
    close(fd)
  }
}
