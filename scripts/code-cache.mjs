// Leaves V8's code cache beside the parts of the built program (src/program-loader.ts): starts it once as the launcher does, lets
// a guest ask for an address, and stops it; then what a command needs. A cache is only for speed: where none can be made, the build is as good without.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const TIME_MAX_MS = 10_000
/** V8 takes a cache only under the flags that it was made with. */
const FLAGS = /exec node ((?:--\S+ )*)/
  .exec(readFileSync(join(ROOT, 'securenat'), 'utf8'))[1]
  .trim()
  .split(' ')

/** DHCPDISCOVER (RFC 2131), framed as QEMU does: a length, then the frame. */
function discover() {
  const frame = Buffer.alloc(4 + 14 + 20 + 8 + 244)
  const mac = '020000000001'
  frame.writeUInt32BE(frame.length - 4)
  frame.write(`ffffffffffff${mac}0800`, 4, 'hex')
  frame.write(`4500${(frame.length - 18).toString(16).padStart(4, '0')}000000004011`, 18, 'hex')
  frame.write('00000000ffffffff', 30, 'hex')
  frame.writeUInt16BE(ipv4Checksum(frame.subarray(18, 38)), 28)
  frame.write(`00440043${(frame.length - 38).toString(16).padStart(4, '0')}0000`, 38, 'hex')
  frame.write('0101060012345678', 46, 'hex')
  frame.write(mac, 74, 'hex')
  frame.write('63825363350101ff', 282, 'hex')
  return frame
}

function ipv4Checksum(header) {
  let sum = 0
  for (let i = 0; i < header.length; i += 2) sum += header.readUInt16BE(i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

const state = mkdtempSync(join(tmpdir(), 'securenat-build-'))
const options = ['serve', '--state', state, '--listen', '127.0.0.1:0', '--no-web']
const program = [...FLAGS, join(ROOT, 'dist/securenat.cjs')]
const env = { ...process.env, SECURENAT_CODE_CACHE: 'write' }
const server = spawn(process.execPath, [...program, ...options], { env, stdio: ['ignore', 'pipe', 'ignore'] })
const timer = setTimeout(() => server.kill('SIGKILL'), TIME_MAX_MS)
server.stdout.on('data', (text) => {
  if (!String(text).includes(' is running ')) return
  const guest = connect(join(state, 'hubs', 'DEFAULT.sock'), () => guest.write(discover()))
  guest.on('error', () => server.kill())
  guest.once('data', () => guest.end(() => server.kill()))
})
server.on('exit', () => {
  clearTimeout(timer)
  rmSync(state, { recursive: true, force: true })
  spawn(process.execPath, [...program, 'help'], { env, stdio: 'ignore' })
})
