// Starts the other half of `run` in new namespaces and speaks with it, from outside.

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { messagePair, receiveMessage, sendMessage } from '../os/fd-passing.ts'
import { close } from '../os/files.ts'
import type { Poll } from '../os/libc.ts'
import { OsError, poll } from '../os/libc.ts'
import type { MacAddress } from '../wire/mac.ts'
import { GuestError } from './guest-error.ts'
import type { FromInside, ToInside } from './namespace-protocol.ts'
import { CONTROL_FD, NAMESPACE_ENTRY, STDERR_FD } from './namespace-protocol.ts'

/** Of what unshare(1) or Node.js complain about before the command takes over. */
const COMPLAINT_LEN_MAX = 4_096

export interface NamespaceRequest {
  /** Program and arguments that start this program again. */
  readonly reenter: readonly string[]
  readonly command: readonly string[]
  readonly mtu: number
  readonly gso: boolean
}

/** The TAP device inside; the receiver owns the descriptors. */
export interface InsideTap {
  readonly fd: number
  /** A packet socket on the interface (os/packet-socket.ts). */
  readonly packets: number
  readonly macAddress: MacAddress
  readonly netns: string
}

export class NamespaceChild {
  readonly #child: ChildProcess
  readonly #control: number
  readonly #poll: Poll
  #isControlOpen = true
  #complaint = ''
  #onMessage: (() => void) | undefined
  /** The status a shell would report: 128 + n for signal n. */
  readonly exited: Promise<number>

  constructor(request: NamespaceRequest) {
    const isRoot = process.geteuid?.() === 0
    const [ours, theirs] = messagePair()
    const { reenter, command, mtu, gso } = request
    const unshare = ['--net', '--mount', '--propagation', 'private', ...(isRoot ? [] : ['--user', '--map-root-user'])]
    const inside = [...reenter, NAMESPACE_ENTRY, String(mtu), gso ? 'gso' : 'no-gso', ...command]
    const stdio: (number | 'pipe')[] = [0, 1, 'pipe']
    stdio[CONTROL_FD] = theirs
    stdio[STDERR_FD] = 2
    this.#control = ours
    this.#child = spawn('unshare', [...unshare, '--', ...inside], { stdio })
    close(theirs)
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      if (this.#complaint.length < COMPLAINT_LEN_MAX) this.#complaint += chunk.toString()
    })
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => reject(explainSpawn(error)))
      // After the end of the pipe as well, so that the complaint is whole.
      this.#child.once('close', (status, signal) => {
        resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal])
      })
    })
    this.exited.catch(() => undefined)
    this.#poll = poll(ours, { readable: true }, () => this.#onMessage?.())
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** @throws GuestError when the namespaces or the device cannot be had */
  async tap(): Promise<InsideTap> {
    const message = await this.#receive()
    if (message === undefined) {
      const status = await this.exited
      if (status > 128) throw new GuestError('interrupted', status)
      throw new GuestError(explainUnshare(this.#complaint.trim()))
    }
    const content = JSON.parse(message.text) as FromInside
    if ('error' in content) throw new GuestError(content.error)
    const [fd, packets] = message.fds
    if (!('netns' in content) || fd === undefined || packets === undefined)
      throw new GuestError('the TAP device did not arrive')
    return { fd, packets, macAddress: content.macAddress as MacAddress, netns: content.netns }
  }

  /**
   * Lets the command begin.
   * @returns the file that is its resolv.conf, the caller's to close; `undefined` when it has none
   * @throws GuestError when its surroundings could not be set up
   */
  async begin(message: ToInside): Promise<number | undefined> {
    try {
      sendMessage(this.#control, JSON.stringify(message))
    } catch (error) {
      // It was ended meanwhile, by a signal to both of us for instance: its status says enough.
      if (!(error instanceof OsError)) throw error
      this.close()
      return undefined
    }
    const answer = await this.#receive()
    this.close()
    // It ended without a word: its status says enough.
    if (answer === undefined) return undefined
    const content = JSON.parse(answer.text) as FromInside
    if ('error' in content) throw new GuestError(content.error)
    return answer.fds[0]
  }

  close(): void {
    if (!this.#isControlOpen) return
    this.#isControlOpen = false
    this.#poll.close()
    close(this.#control)
  }

  #receive(): Promise<ReturnType<typeof receiveMessage>> {
    return new Promise((resolve, reject) => {
      this.#onMessage = () => {
        this.#onMessage = undefined
        try {
          resolve(receiveMessage(this.#control))
        } catch (error) {
          reject(error)
        }
      }
    })
  }
}

function explainSpawn(error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT') return new GuestError('the program "unshare" is missing: install the package util-linux')
  return new GuestError(`the program "unshare" cannot be started: ${error.message}`)
}

function explainUnshare(complaint: string): string {
  const reason = complaint.split('\n')[0] ?? ''
  if (reason === '') return 'the namespace could not be set up'
  if (!/not permitted|No space left|Permission denied|Invalid argument/.test(reason))
    return `the namespace could not be set up: ${reason}`
  const remedy =
    process.geteuid?.() === 0
      ? 'this root may not create them, give the container CAP_SYS_ADMIN or use "attach" with a TAP made outside'
      : 'this machine keeps ordinary users from it; run as root, or let root run ' +
        '"sysctl -w user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0" (those that exist)'
  return `namespaces cannot be created (${reason}): ${remedy}`
}
