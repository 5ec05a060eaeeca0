// What went wrong outside, in ICMP's terms: from the error queue of a socket, and from the errno of a call.

import { MessageReader } from '../os/icmp-sockets.ts'
import { errnoName } from '../os/libc.ts'
import {
  ICMP_UNREACHABLE,
  UNREACHABLE_FRAGMENTATION_NEEDED,
  UNREACHABLE_HOST,
  UNREACHABLE_NET,
  UNREACHABLE_PORT,
  UNREACHABLE_PROHIBITED,
} from '../wire/icmpv4.ts'
import { ANY_IPV4, type Ipv4Address } from '../wire/ipv4-address.ts'
import type { OutsideError } from './sockets.ts'

/** More of what caused an error than this never fits into an ICMP error. */
const QUOTED_LEN_MAX = 576
/** Errors taken from a queue per turn. */
const ERRORS_PER_TURN = 64

let reader: MessageReader | undefined

/** Takes what is in the error queue of a socket that has `queueErrors` on. @returns whether nothing is left there */
export function drainErrors(fd: number, report: (error: OutsideError) => void): boolean {
  reader ??= new MessageReader(QUOTED_LEN_MAX)
  for (let taken = 0; taken < ERRORS_PER_TURN; taken++) {
    const length = reader.receiveError(fd)
    if (length < 0) return true
    const { error, bytes, address, port } = reader
    if (error === undefined) continue
    const code = error.isIcmp ? error.code : codeOf(errnoName(error.errno))
    if (code === undefined) continue
    report({
      type: error.isIcmp ? error.type : ICMP_UNREACHABLE,
      code,
      reporter: (error.isIcmp ? error.offender : ANY_IPV4) as Ipv4Address,
      address: address as Ipv4Address,
      port,
      mtu: error.info,
      payload: bytes.subarray(0, length),
    })
  }
  return false
}

/** The code of "destination unreachable" that a call's errno stands for; `undefined` for those that are our own affair. */
export function codeOf(errno: string): number | undefined {
  switch (errno) {
    case 'ENETUNREACH':
      return UNREACHABLE_NET
    case 'EHOSTUNREACH':
      return UNREACHABLE_HOST
    case 'ECONNREFUSED':
      return UNREACHABLE_PORT
    case 'EMSGSIZE':
      return UNREACHABLE_FRAGMENTATION_NEEDED
    case 'EACCES':
    case 'EPERM':
      return UNREACHABLE_PROHIBITED
    default:
      return undefined
  }
}
