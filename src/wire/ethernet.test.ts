import { expect, test } from 'vitest'
import { emitted, hex } from '../../test/support/hex.ts'
import {
  ETHERNET_HEADER_LEN,
  ETHERTYPE_ARP,
  emitEthernet,
  getDestinationMac,
  getEtherType,
  getSourceMac,
} from './ethernet.ts'
import { BROADCAST_MAC, type MacAddress } from './mac.ts'

const GUEST = 0x5ef1_2eef_308e as MacAddress
const HEADER = hex(`
  ffffffffffff  # destination
  5ef12eef308e  # source
  0806          # ARP
`)

test('bytes to value and back', () => {
  expect([getDestinationMac(HEADER), getSourceMac(HEADER), getEtherType(HEADER)]).toEqual([
    BROADCAST_MAC,
    GUEST,
    ETHERTYPE_ARP,
  ])
  expect(
    emitted(ETHERNET_HEADER_LEN, (bytes, offset) => emitEthernet(bytes, offset, BROADCAST_MAC, GUEST, ETHERTYPE_ARP)),
  ).toEqual(HEADER)
})
