// Opens a TAP device (/dev/net/tun) in this or another network namespace, with a virtio-net header before every frame.
//
// The header is what lets super-frames through: with TUNSETOFFLOAD the kernel hands over TCP segments of up to 64 KiB with
// their checksum unfinished. IPv6 segmentation stays off, because a super-frame is IPv4 here (wire/offload.ts).
// A device that exists already and is persistent is joined; otherwise it lives as long as its descriptor.
// Kernel documentation: Documentation/networking/tuntap.rst, include/uapi/linux/if_tun.h.

import { close, ioctl, makeNonBlocking, O_NONBLOCK, O_RDWR, open } from '../os/files.ts'
import { addressOf, LibcUnavailable, OsError, requireLinux } from '../os/libc.ts'
import { inNetns, netnsPath } from '../os/namespaces.ts'
import { bringUp, INTERFACE_NAME_MAX, interfaceMac, interfaceRequest, setMtu } from '../os/network-interface.ts'
import type { MacAddress } from '../wire/mac.ts'
import { VNET_HEADER_LEN } from './vnet-header.ts'

const TUN = '/dev/net/tun'

/** Linux gives no interface with IPv4 a smaller one (RFC 791). */
const INTERFACE_MTU_MIN = 68

const TUNSETIFF = 0x4004_54ca
const TUNSETOFFLOAD = 0x4004_54d0
const TUNGETIFF = 0x8004_54d2
const TUNSETVNETHDRSZ = 0x4004_54d8

const IFF_TUN = 0x0001
const IFF_TAP = 0x0002
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000
const IFR_FLAGS = 16
const FLAGS_WANTED = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR

const TUN_F_CSUM = 0x01
const TUN_F_TSO4 = 0x02

export interface TapRequest {
  readonly name: string
  /** A name as `ip netns` gives it, or a path such as `/proc/1234/ns/net`. */
  readonly netns?: string
  /** Largest IP packet. */
  readonly mtu: number
  /** Super-frames and unfinished checksums from the kernel. Towards the kernel they are always possible. */
  readonly gso: boolean
}

/** Why a TAP device cannot be had: one sentence that says what to do. */
export class TapError extends Error {
  override readonly name = 'TapError'
  /** The errno's name, `NAME` for an impossible name, `PLATFORM` where there are no TAP devices. */
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Non-blocking; its owner closes it, and with it the interface, unless that is persistent. */
export interface TapDevice {
  readonly fd: number
  /** As the kernel knows the interface: a `%d` in the request has become a number. */
  readonly name: string
  readonly macAddress: MacAddress
}

/** Opens the device and brings the interface up. @throws TapError */
export function openTap(request: TapRequest): TapDevice {
  const { name, netns, mtu, gso } = request
  if (!/^[^\s/:]+$/.test(name) || Buffer.byteLength(name) > INTERFACE_NAME_MAX || name === '.' || name === '..')
    throw new TapError(
      'NAME',
      `"${name}" is no interface name: 1 to ${INTERFACE_NAME_MAX} bytes, no space, slash or colon`,
    )
  try {
    requireLinux('a TAP device')
    return inNetns(netns, () => {
      const fd = open(TUN, O_RDWR | O_NONBLOCK)
      try {
        const kernelName = attachInterface(fd, name)
        setOffloads(fd, gso)
        setMtu(kernelName, Math.max(mtu, INTERFACE_MTU_MIN))
        bringUp(kernelName)
        return { fd, name: kernelName, macAddress: interfaceMac(kernelName) }
      } catch (error) {
        close(fd)
        throw error
      }
    })
  } catch (error) {
    throw explain(error, request)
  }
}

/** Of a device that is open. @throws TapError */
export function setTapMtu(name: string, netns: string | undefined, mtu: number): void {
  try {
    inNetns(netns, () => setMtu(name, Math.max(mtu, INTERFACE_MTU_MIN)))
  } catch (error) {
    throw explain(error, { name, ...(netns === undefined ? {} : { netns }), mtu, gso: false })
  }
}

/** A descriptor that another process opened, as `openTap` does, and passed on; ours when this succeeds. @throws TapError */
export function adoptTap(fd: number, gso: boolean): TapDevice {
  try {
    const bytes = interfaceRequest('')
    ioctl(fd, TUNGETIFF, addressOf(bytes), 'TUNGETIFF')
    const flags = bytes.readUInt16LE(IFR_FLAGS)
    if ((flags & (FLAGS_WANTED | IFF_TUN)) !== FLAGS_WANTED)
      throw new TapError('EINVAL', 'the descriptor is that of a TUN device, or its frames have other headers')
    const name = bytes.toString('latin1', 0, bytes.indexOf(0))
    // It may have been opened in another network namespace: nothing here goes by the name.
    makeNonBlocking(fd)
    setOffloads(fd, gso)
    return { fd, name, macAddress: interfaceMac(name, fd) }
  } catch (error) {
    if (error instanceof OsError)
      throw new TapError(error.code, `the descriptor is not that of a TAP device (${error.message})`)
    throw error
  }
}

function attachInterface(fd: number, name: string): string {
  const bytes = interfaceRequest(name)
  bytes.writeUInt16LE(FLAGS_WANTED, IFR_FLAGS)
  ioctl(fd, TUNSETIFF, addressOf(bytes), 'TUNSETIFF')
  return bytes.toString('latin1', 0, bytes.indexOf(0))
}

function setOffloads(fd: number, gso: boolean): void {
  const size = Buffer.alloc(256)
  size.writeInt32LE(VNET_HEADER_LEN)
  ioctl(fd, TUNSETVNETHDRSZ, addressOf(size), 'TUNSETVNETHDRSZ')
  // The argument itself, not its address. Set to 0 also when not wanted: a persistent device remembers its last owner's.
  ioctl(fd, TUNSETOFFLOAD, gso ? TUN_F_CSUM | TUN_F_TSO4 : 0, 'TUNSETOFFLOAD')
}

/** Turns an errno into what the user can do about it. */
function explain(error: unknown, { name, netns, mtu }: TapRequest): unknown {
  if (error instanceof LibcUnavailable) return new TapError('PLATFORM', `TAP devices cannot be used: ${error.message}`)
  if (!(error instanceof OsError)) return error
  const { call, code } = error
  const say = (message: string) => new TapError(code, message)
  if (call === `open ${TUN}`) {
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO')
      return say(`there is no ${TUN}: load the module with "modprobe tun", or give the container the device`)
    if (code === 'EACCES' || code === 'EPERM')
      return say(`${TUN} may not be opened by this user: let root run "chmod 0666 ${TUN}", which is safe and usual`)
  }
  if (netns !== undefined && call === `open ${netnsPath(netns)}` && code === 'ENOENT')
    return say(`there is no network namespace "${netns}" (${netnsPath(netns)}): make it with "ip netns add"`)
  if (/^SIOCSIF(MTU|FLAGS) /.test(call) && code === 'EPERM')
    return say(`this user may not configure "${name}": let root run "ip link set dev ${name} mtu ${mtu} up"`)
  if (call === 'setns' && code === 'EINVAL') return say(`"${netns}" is not a network namespace`)
  if (call === 'setns' || code === 'EPERM' || code === 'EACCES')
    return say(
      `no permission to open the TAP device "${name}"${netns === undefined ? '' : ` in the network namespace "${netns}"`}: ` +
        `run as root, or let root make it for you with "ip tuntap add ${name} mode tap user USER"`,
    )
  if (code === 'EBUSY') return say(`the TAP device "${name}" is in use by another program`)
  if (call === 'TUNSETIFF' && code === 'EINVAL')
    return say(`"${name}" exists and is not a TAP device that can be joined: choose another name`)
  if (call.startsWith('SIOCSIFMTU')) return say(`the TAP device "${name}" does not take an MTU of ${mtu} (${code})`)
  return say(`the TAP device "${name}" cannot be opened: ${call} failed with ${code}`)
}
