// An inbound rule for the guest of the tests, which they change as they need it.

import type { InboundRule } from '../../src/nat/inbound-rule.ts'
import { ANY_IPV4, ipv4 } from '../../src/wire/ipv4-address.ts'

export const GUEST = ipv4('192.168.30.10')
export const GATEWAY = ipv4('192.168.30.1')

export const RULE: InboundRule = {
  id: 1,
  note: '',
  active: true,
  protocol: 'tcp',
  hostAddress: ANY_IPV4,
  hostPorts: { from: 8080, to: 8080 },
  guestAddress: GUEST,
  guestPort: 80,
  sources: [],
  proxyProtocol: 'none',
  maxSessions: 10,
}
