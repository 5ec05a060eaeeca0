// One guest that misbehaves: sends frames of one kind into a hub's socket, at a steady rate, until it is ended.
//
//     node flood.mjs SOCKET KIND FRAMES_PER_SECOND SERVER SILENT

import { ipv4 } from '../../src/wire/ipv4-address.ts'
import { floods } from '../../test/support/floods.ts'
import { RawGuest } from '../../test/support/raw-guest.ts'

/** Frames leave in bursts of so many milliseconds' worth, as a guest's kernel sends them too. */
const BURST_MS = 5

const [socket = '', kind = '', rate = '', server = '', silent = ''] = process.argv.slice(2)
const guest = await RawGuest.plug(socket, '192.168.30.66')
const flood = floods({ gatewayMac: guest.gatewayMac, server: ipv4(server), silent: ipv4(silent) })[kind]
if (flood === undefined) throw new Error(`no flood ${kind}`)

let index = 0
let sent = 0
const startedAt = performance.now()
process.stdout.write('ready\n')
setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * Number(rate))
  const burst: Uint8Array[] = []
  for (; sent < due; sent++) burst.push(flood(index++))
  guest.send(...burst)
  // What comes back is not looked at.
  guest.arrivals.length = 0
}, BURST_MS)
