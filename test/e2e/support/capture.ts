// Captures, and an independent reader's judgement of them.

import { existsSync, statSync } from 'node:fs'
import { must, type Program, waitFor } from './shell.ts'
import type { Namespace } from './world.ts'

export class Capture {
  readonly path: string
  private readonly program: Program

  static async start(namespace: Namespace, link: string, path: string): Promise<Capture> {
    const program = namespace.spawn([
      'tcpdump',
      '-i',
      link,
      '-w',
      path,
      '-U',
      '-n',
      '-B',
      '65536',
      '-Z',
      'root',
      '--immediate-mode',
    ])
    await program.waitForOutput(/listening on/, 10_000)
    return new Capture(path, program)
  }

  private constructor(path: string, program: Program) {
    this.path = path
    this.program = program
  }

  /** Ends the capture when its file grows no more. */
  async stop(): Promise<void> {
    let size = -1
    await waitFor('the capture to settle', 5_000, () => {
      const before = size
      size = existsSync(this.path) ? statSync(this.path).size : 0
      return size === before
    })
    await this.program.stop('SIGINT')
    const dropped = /(\d+) packets dropped by kernel/.exec(this.program.stderr)?.[1]
    if (dropped !== '0') throw new Error(`the capture is not complete\n${this.program.log}`)
  }
}

/** Sums are checked; what TCP carries is left alone, for the pattern of the tests is not any protocol's message. */
const SETTINGS = [
  ...['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
  ...['-o', 'tcp.desegment_tcp_streams:FALSE', '--disable-protocol', 'http'],
]
/** What tshark calls broken: bytes it cannot make sense of, or a sum that is not right (0 is "bad"). */
const MALFORMED = '_ws.malformed || _ws.short'
const BAD_CHECKSUM =
  'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0'

/** The given fields of the frames that a display filter lets through, one row a frame. */
export async function readFields(path: string, filter: string, fields: readonly string[]): Promise<string[][]> {
  const columns = fields.flatMap((field) => ['-e', field])
  const table = await must(['tshark', '-n', '-r', path, ...SETTINGS, '-Y', filter, '-T', 'fields', ...columns], {
    timeoutMs: 240_000,
    env: { HOME: '/nonexistent' },
  })
  return table
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'))
}

export interface Judgement {
  /** Frames the virtual host sent. */
  sent: number
  /** One line for each of them that is malformed or has a wrong checksum. */
  faults: string[]
}

/**
 * Reads every frame that `mac` sent. `judgeTcpSums` is off for a capture taken where super-frames pass: their checksums
 * are unfinished there, and rightly so.
 */
export async function judge(path: string, mac: string, judgeTcpSums = true): Promise<Judgement> {
  const ours = `eth.src == ${mac}`
  const sums = judgeTcpSums
    ? BAD_CHECKSUM
    : BAD_CHECKSUM.replace('tcp.checksum.status == 0', 'tcp.checksum.status == 9')
  const fields = [
    'frame.number',
    'frame.len',
    'ip.checksum.status',
    'tcp.checksum.status',
    'udp.checksum.status',
    '_ws.col.Info',
  ]
  const [sent, bad] = await Promise.all([
    readFields(path, ours, ['frame.number']),
    readFields(path, `${ours} && (${MALFORMED} || ${sums})`, fields),
  ])
  return { sent: sent.length, faults: bad.map((row) => row.join(' ')) }
}
