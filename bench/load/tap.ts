// A plain TAP device, one frame a read and a write, without super-frames: what QEMU and passt's users have.

import { close, ioctl, O_NONBLOCK, O_RDWR, open } from '../../src/os/files.ts'
import { addressOf } from '../../src/os/libc.ts'
import { inNetns } from '../../src/os/namespaces.ts'
import { bringUp, interfaceRequest, setMtu } from '../../src/os/network-interface.ts'

const TUNSETIFF = 0x4004_54ca
const IFF_TAP = 0x0002
const IFF_NO_PI = 0x1000
const IFR_FLAGS = 16

/** @param netns where the interface appears; the descriptor is used from here */
export function openPlainTap(name: string, netns: string | undefined, mtu: number): number {
  return inNetns(netns, () => {
    const fd = open('/dev/net/tun', O_RDWR | O_NONBLOCK)
    try {
      const request = interfaceRequest(name)
      request.writeUInt16LE(IFF_TAP | IFF_NO_PI, IFR_FLAGS)
      ioctl(fd, TUNSETIFF, addressOf(request), 'TUNSETIFF')
      setMtu(name, mtu)
      bringUp(name)
      return fd
    } catch (error) {
      close(fd)
      throw error
    }
  })
}
