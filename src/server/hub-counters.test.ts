import { expect, test } from 'vitest'
import { World } from '../../test/support/world.ts'
import { hubCounters } from './hub-counters.ts'
import type { HubUnit } from './hub-unit.ts'

test('every group is there while SecureNAT runs, and only those of the hub while it does not', () => {
  const { hub, securenat } = new World()
  const names = [...hubCounters({ hub, secureNat: securenat } as HubUnit).keys()]
  const groups = new Set(names.map((name) => name.split('.')[0]))
  const core = ['ip', 'arp', 'icmp', 'reassembly', 'tcp', 'timeWait', 'memory', 'nat', 'sessions', 'dhcp', 'probe']
  const all = ['hub', 'mac', 'accessList', 'policy', ...core, 'dns', 'dnsCache', 'dnsForward', 'dnsWaiting']
  expect([...groups].sort()).toEqual(all.sort())
  expect(names).toContain('tcp.fastRetransmits')
  const without = hubCounters({ hub, secureNat: undefined } as HubUnit)
  expect([...without.keys()].some((name) => name.startsWith('tcp.'))).toBe(false)
})

test('they count', () => {
  const world = new World()
  const count = (name: string) => hubCounters({ hub: world.hub, secureNat: world.securenat } as HubUnit).get(name)
  const before = count('hub.droppedTooShort')!
  world.link.send(new Uint8Array(5))
  world.advance(10)
  expect(count('hub.droppedTooShort')).toBe(before + 1)
})
