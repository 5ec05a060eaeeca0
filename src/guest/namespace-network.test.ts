import { expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import { formatResolvConf } from './namespace-network.ts'

const lease = {
  address: ipv4('192.168.30.10'),
  mask: ipv4('255.255.255.0'),
  server: ipv4('192.168.30.1'),
  mtu: undefined,
  routes: [],
}

test.each([
  [['192.168.30.1'], '', 'nameserver 192.168.30.1\n'],
  [['10.0.0.1', '10.0.0.2'], 'example.org', 'nameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch example.org\n'],
  [[], '', '# the DHCP server names no DNS server\n'],
])('resolv.conf for the DNS servers %j and the domain %j', (servers, domainName, text) => {
  expect(formatResolvConf({ ...lease, dnsServers: servers.map(ipv4), domainName })).toBe(text)
})
