// The main job, done by a whole machine: a lease, a name, and 200 MB each way with the right sums.

import { expect } from 'vitest'
import { patternSha256 } from '../servers/pattern.ts'
import { HTTP_PORT } from '../servers/ports.ts'
import type { QemuGuest } from './qemu-guest.ts'
import { OUTSIDE_ADDRESS } from './world.ts'

/** A name that the outside's resolver knows, with the outside's address behind it. */
export const OUTSIDE_NAME = 'www.outside.test'
export const TRANSFER_LEN = 200 * 1024 * 1024
const TRANSFER_TIMEOUT_MS = 90_000

/** Takes a lease with the machine's own udhcpc; returns the address. */
export async function takeLease(guest: QemuGuest): Promise<string> {
  const output = await guest.must('udhcpc -i eth0 -n -q -t 10 -T 1 -s /etc/udhcpc/script')
  const bound = /udhcpc: bound ip=(\S+) subnet=(\S+) router=(\S+) dns=(\S+)/.exec(output)
  expect(bound, output).not.toBeNull()
  expect(bound!.slice(2)).toEqual(['255.255.255.0', '192.168.30.1', '192.168.30.1'])
  expect(bound![1]).toMatch(/^192\.168\.30\.(1\d|[2-9]\d|1\d\d|200)$/)
  return bound![1]!
}

export async function resolveName(guest: QemuGuest): Promise<void> {
  const output = await guest.must(`nslookup -type=a ${OUTSIDE_NAME}`)
  expect(output).toMatch(/Server:\s+192\.168\.30\.1\b/)
  expect(output).toMatch(new RegExp(`Address(?: \\d+)?: ${OUTSIDE_ADDRESS.replaceAll('.', '\\.')}\\b`))
}

/** Fetches the pattern by name into `/tmp/data` and compares the sum. */
export async function download(guest: QemuGuest, length = TRANSFER_LEN): Promise<void> {
  const url = `http://${OUTSIDE_NAME}:${HTTP_PORT}/bytes/${length}`
  await guest.must(`wget -q -O /tmp/data ${url}`, TRANSFER_TIMEOUT_MS)
  const sum = await guest.must('sha256sum /tmp/data', TRANSFER_TIMEOUT_MS)
  expect(sum.split(' ')[0]).toBe(patternSha256(length))
}

/** Sends what `download` fetched; the server answers with the sum of what arrived. */
export async function upload(guest: QemuGuest, length = TRANSFER_LEN): Promise<void> {
  const answer = await guest.must(`curl -sS -T /tmp/data http://${OUTSIDE_ADDRESS}:${HTTP_PORT}/`, TRANSFER_TIMEOUT_MS)
  expect(answer.trim()).toBe(`${patternSha256(length)} ${length}`)
}
