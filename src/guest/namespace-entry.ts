// The half of `run` that starts inside the new network and mount namespaces.
//
// It opens the TAP device there, and a packet socket on it, and hands both descriptors out; waits until the outer half has an address; configures the
// interface and /etc/resolv.conf; then becomes the command by exec, so that nothing of ours is left between the user and
// it. The outer half speaks DHCP through the packet socket, and changes the interface through it and resolv.conf through a
// descriptor of the file when the network changes. The mounts and the interface vanish with the namespaces.

import { openSync, readlinkSync, realpathSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTap } from '../link/tap-device.ts'
import { receiveMessage, sendMessage } from '../os/fd-passing.ts'
import { close, dup2 } from '../os/files.ts'
import { bindMount, dieWithParent, execute, withMemoryFolder } from '../os/namespaces.ts'
import { bringUp, configureIpv4 } from '../os/network-interface.ts'
import { openDhcpClientSocket } from '../os/packet-socket.ts'
import type { FromInside, ToInside } from './namespace-protocol.ts'
import { CONTROL_FD, STDERR_FD, TAP_NAME } from './namespace-protocol.ts'

const RESOLV_CONF = '/etc/resolv.conf'
const SIGKILL = 9
/** What a shell answers for a command that is not there, and for one that cannot be executed. */
const STATUS_NOT_FOUND = 127
const STATUS_NOT_EXECUTABLE = 126

/** @param words MTU, `gso` or `no-gso`, and the command; does not return */
export function enterNamespace(words: readonly string[]): never {
  const [mtu, gso, ...command] = words
  try {
    dieWithParent(SIGKILL)
    const { configuration, resolvConf } = exchange(Number(mtu), gso === 'gso')
    configureIpv4(TAP_NAME, configuration)
    const file = replaceResolvConf(resolvConf)
    say({ ready: true }, ...(file === undefined ? [] : [file]))
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) })
    process.exit(1)
  }
  dup2(STDERR_FD, 2)
  close(STDERR_FD)
  close(CONTROL_FD)
  const { code } = execute(command)
  const isMissing = code === 'ENOENT'
  writeSync(2, `securenat: ${command[0]}: ${isMissing ? 'command not found' : `cannot be executed (${code})`}\n`)
  process.exit(isMissing ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE)
}

function say(message: FromInside, ...fds: readonly number[]): void {
  sendMessage(CONTROL_FD, JSON.stringify(message), ...fds)
}

function exchange(mtu: number, gso: boolean): ToInside {
  bringUp('lo')
  const tap = openTap({ name: TAP_NAME, mtu, gso })
  const packets = openDhcpClientSocket(TAP_NAME)
  say({ macAddress: tap.macAddress, netns: readlinkSync('/proc/self/ns/net') }, tap.fd, packets)
  close(tap.fd)
  close(packets)
  const answer = receiveMessage(CONTROL_FD)
  // The outer half gave up, and has said why.
  if (answer === undefined) process.exit(1)
  return JSON.parse(answer.text) as ToInside
}

/**
 * The file is mounted over the real one, wherever a symbolic link leads, in this mount namespace only.
 * @returns the file, closed by exec
 */
function replaceResolvConf(text: string): number | undefined {
  let target: string
  try {
    target = realpathSync(RESOLV_CONF)
  } catch {
    writeSync(STDERR_FD, `securenat: there is no ${RESOLV_CONF} on this machine, so names will not resolve\n`)
    return undefined
  }
  // In memory of this namespace: killed at any moment, we leave nothing behind. The mount keeps the file.
  const folder = tmpdir()
  return withMemoryFolder(folder, () => {
    const file = join(folder, 'resolv.conf')
    const fd = openSync(file, 'wx', 0o644)
    writeSync(fd, text)
    bindMount(file, target)
    return fd
  })
}
