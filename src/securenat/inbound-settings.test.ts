// What is allowed in a list of inbound rules.

import { describe, expect, test } from 'vitest'
import { GATEWAY, RULE } from '../../test/support/inbound-rule.ts'
import type { InboundRule } from '../nat/inbound-rule.ts'
import { ipv4 } from '../wire/ipv4-address.ts'
import { checkInboundRules } from './inbound-settings.ts'

const SERVER = ipv4('203.0.113.1')

describe('a list of rules', () => {
  const host = { ipAddress: GATEWAY, subnetMask: ipv4('255.255.255.0') }
  test.each<[string, Partial<InboundRule>, string]>([
    ['guestAddress', { guestAddress: SERVER }, '203.0.113.1'],
    ['guestAddress', { guestAddress: GATEWAY }, '192.168.30.1'],
    ['guestPort', { hostPorts: { from: 1000, to: 1009 }, guestPort: 65_530 }, '65530'],
    ['proxyProtocol', { protocol: 'udp', proxyProtocol: 'v1' }, 'v1'],
    ['hostPorts', { hostPorts: { from: 1, to: 9000 }, guestPort: 1 }, '9000'],
  ])('is refused for its %s', (field, fields, actual) => {
    expect(checkInboundRules([{ ...RULE, ...fields }], host)).toMatchObject([{ index: 0, field, actual }])
  })

  test('two rules cannot have one port, unless on different addresses or one is off', () => {
    const faults = (other: Partial<InboundRule>) => checkInboundRules([RULE, { ...RULE, id: 2, ...other }], host).length
    expect([
      faults({}),
      faults({ hostPorts: { from: 8000, to: 8100 } }),
      faults({ hostAddress: ipv4('10.0.0.5') }),
      faults({ active: false }),
      faults({ protocol: 'udp' }),
      faults({ hostPorts: { from: 8081, to: 8100 } }),
    ]).toEqual([1, 1, 1, 0, 0, 0])
    const [a, b] = [ipv4('10.0.0.5'), ipv4('10.0.0.6')]
    expect(
      checkInboundRules(
        [
          { ...RULE, hostAddress: a },
          { ...RULE, id: 2, hostAddress: b },
        ],
        host,
      ),
    ).toEqual([])
  })
})
