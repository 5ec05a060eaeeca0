// The parts of egress rules as people write them: `10.0.0.0/8`, `443`, `8000-8999`.

import type { Ipv4Network, PortRange } from '../nat/egress.ts'
import { formatIpv4, maskOf, networkOf, parseIpv4, prefixLength } from '../wire/ipv4-address.ts'

/** `10.0.0.0/8`, `192.168.1.7` for one address, `any`. Bits of the host are refused: they mean that something was mixed up. */
export function parseNetwork(text: string): Ipv4Network | undefined {
  if (text === 'any') return parseNetwork('0.0.0.0/0')
  const [addressText = '', prefixText = '32', ...more] = text.split('/')
  const network = parseIpv4(addressText)
  if (network === undefined || more.length > 0 || !/^(0|[1-9]\d?)$/.test(prefixText) || Number(prefixText) > 32)
    return undefined
  const mask = maskOf(Number(prefixText))
  return networkOf(network, mask) === network ? { network, mask } : undefined
}

export function formatNetwork({ network, mask }: Ipv4Network): string {
  return `${formatIpv4(network)}/${prefixLength(mask) ?? 32}`
}

/** `443` or `8000-8999`; `undefined` for what is neither. */
export function parsePorts(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const from = Number(match[1])
  const to = Number(match[2] ?? match[1])
  return from >= 1 && from <= to && to <= 65_535 ? { from, to } : undefined
}

/** Empty for every port. */
export function formatPorts(ports: PortRange | undefined): string {
  if (ports === undefined) return ''
  return ports.from === ports.to ? String(ports.from) : `${ports.from}-${ports.to}`
}
