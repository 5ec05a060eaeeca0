// Routes pushed to DHCP clients, as administrators write them: `network/mask/gateway`, the mask dotted or a prefix length,
// several of them separated by commas or white space.

import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { formatIpv4, maskOf, networkOf, parseIpv4, prefixLength } from '../wire/ipv4-address.ts'
import type { PushedRoute } from './options.ts'

/** One route; the network is masked. `undefined` for anything else. */
export function parsePushRoute(text: string): PushedRoute | undefined {
  const parts = text.split('/')
  if (parts.length !== 3) return undefined
  const network = parseIpv4(parts[0]!)
  const mask = parseMask(parts[1]!)
  const gateway = parseIpv4(parts[2]!)
  if (network === undefined || mask === undefined || gateway === undefined) return undefined
  return { network: networkOf(network, mask), mask, gateway }
}

function parseMask(text: string): Ipv4Address | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text) <= 32 ? maskOf(Number(text)) : undefined
  const mask = parseIpv4(text)
  return mask === undefined || prefixLength(mask) === undefined ? undefined : mask
}

/** A whole list; `undefined` when one of them is not a route. */
export function parsePushRoutes(text: string): PushedRoute[] | undefined {
  const routes: PushedRoute[] = []
  for (const word of text.split(/[\s,;]+/)) {
    if (word === '') continue
    const route = parsePushRoute(word)
    if (route === undefined) return undefined
    routes.push(route)
  }
  return routes
}

export function formatPushRoute(route: PushedRoute): string {
  return `${formatIpv4(route.network)}/${formatIpv4(route.mask)}/${formatIpv4(route.gateway)}`
}
