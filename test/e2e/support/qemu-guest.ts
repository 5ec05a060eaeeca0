// A virtual machine as a guest of a hub: QEMU with a Debian kernel, its network card a `-netdev stream` socket, its
// second serial port a shell that runs one command after the other.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { type GuestImage, prepareGuestImage } from './guest-image.ts'
import { type Program, sleep, waitFor } from './shell.ts'
import type { World } from './world.ts'

export interface GuestOptions {
  /** The hub's socket. */
  socket: string
  memoryMb?: number
  /** Write every frame of the card to this pcap file: what the guest really sends and receives. */
  capture?: string
}

export interface CommandResult {
  status: number
  output: string
}

const BOOT_TIMEOUT_MS = 60_000

let guests = 0

export class QemuGuest {
  readonly program: Program
  private readonly shell: Socket
  private received = ''
  private commands = 0
  private wakeUp: (() => void) | undefined

  static async boot(world: World, options: GuestOptions): Promise<QemuGuest> {
    const number = ++guests
    const base = join(world.directory, `guest${number}`)
    const image = await prepareGuestImage(`${base}.initramfs`)
    const shellPath = `${base}.shell`
    const program = world.guest.spawn(qemuCommand(image, number, base, options))
    const shell = await waitFor(`QEMU to open ${shellPath}`, 10_000, () => {
      if (!program.running) throw new Error(`QEMU ended\n${program.log}`)
      return tryConnect(shellPath)
    })
    const guest = new QemuGuest(program, shell)
    await guest.waitForText(/^ready\r?\n/m, BOOT_TIMEOUT_MS)
    guest.received = ''
    return guest
  }

  private constructor(program: Program, shell: Socket) {
    this.program = program
    this.shell = shell
    shell.setEncoding('utf8')
    shell.on('error', () => {})
    shell.on('data', (text: string) => {
      this.received += text
      this.wakeUp?.()
    })
  }

  /** Runs a shell command in the guest, which kills it when the time is up (status 137). What goes to the background must redirect its output. */
  async run(command: string, timeoutMs = 60_000): Promise<CommandResult> {
    const id = `c${++this.commands}`
    this.received = ''
    const seconds = Math.ceil(timeoutMs / 1000)
    this.shell.write(`${id} ${seconds} ${Buffer.from(`${command}\n`).toString('base64')}\n`)
    const match = await this.waitForText(new RegExp(`^${id} done (\\d+)\\r?\\n`, 'm'), timeoutMs + 5_000)
    const output = this.received.slice(0, match.index).replace(/\r/g, '').replace(/\n$/, '')
    return { status: Number(match[1]), output }
  }

  async must(command: string, timeoutMs?: number): Promise<string> {
    const { status, output } = await this.run(command, timeoutMs)
    if (status !== 0) throw new Error(`in the guest: ${command}: status ${status}\n${output}`)
    return output
  }

  async stop(): Promise<void> {
    this.shell.destroy()
    await this.program.stop()
  }

  private async waitForText(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const endAt = performance.now() + timeoutMs
    for (;;) {
      const match = pattern.exec(this.received)
      if (match) return match
      const leftMs = endAt - performance.now()
      if (leftMs <= 0) throw new Error(`the guest said nothing like ${pattern} in ${timeoutMs} ms:\n${this.received}`)
      if (!this.program.running) throw new Error(`QEMU ended\n${this.program.log}`)
      const arrival = new Promise<void>((resolve) => {
        this.wakeUp = resolve
      })
      await Promise.race([arrival, sleep(Math.min(leftMs, 200))])
    }
  }
}

function qemuCommand(image: GuestImage, number: number, base: string, options: GuestOptions): string[] {
  const mac = `52:54:00:00:00:${(number & 0xff).toString(16).padStart(2, '0')}`
  const netdev = `stream,id=n,server=off,addr.type=unix,addr.path=${options.socket}`
  return [
    'qemu-system-x86_64',
    ...['-accel', 'tcg', '-m', String(options.memoryMb ?? 512), '-nodefaults', '-no-user-config', '-no-reboot'],
    ...['-display', 'none', '-monitor', 'none', '-kernel', image.kernel, '-initrd', image.initramfs],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable random.trust_cpu=on'],
    ...['-serial', `file:${base}.console`],
    ...['-chardev', `socket,id=shell,path=${base}.shell,server=on,wait=off`, '-serial', 'chardev:shell'],
    ...['-netdev', netdev, '-device', `virtio-net-pci,netdev=n,mac=${mac},romfile=`],
    ...(options.capture === undefined ? [] : ['-object', `filter-dump,id=dump,netdev=n,file=${options.capture}`]),
  ]
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(undefined))
  })
}
