// The keys `authorities` and `sourceList` of a hub: whose certificates its users may show, and from where they may come.

import * as z from 'zod/mini'
import { inOrderOfPriority, SOURCE_RULES_MAX, type SourceRule } from '../../accounts/source-list.ts'
import { AUTHORITIES_MAX } from '../../admin/hub-settings.ts'
import { formatIpv4, type Ipv4Address } from '../../wire/ipv4-address.ts'
import { certificateFacts } from '../certificate-facts.ts'
import type { Section } from './section.ts'
import { joined, preview, shaped } from './section.ts'
import { address, bool, bytesText, integerIn, textual } from './values.ts'

const ONE_ADDRESS = 0xffff_ffff as Ipv4Address

const certificate = textual('a certificate (DER) in base64', (given) => {
  const der = Uint8Array.from(Buffer.from(given, 'base64'))
  return certificateFacts(der) === undefined ? undefined : der
})

const ruleShape = z.strictObject(
  {
    priority: integerIn({ min: 0, max: 0xffff_ffff }),
    deny: bool,
    address,
    mask: z.optional(address),
  },
  'an object with "priority", "deny" and "address"',
)

export const authoritiesSection = listSection<Uint8Array>(
  AUTHORITIES_MAX,
  (json, path, issues) => shaped(certificate, json, path, issues),
  bytesText,
)

const rules = listSection<SourceRule>(
  SOURCE_RULES_MAX,
  (json, path, issues) => {
    const given = shaped(ruleShape, json, path, issues)
    return given && { ...given, mask: given.mask ?? ONE_ADDRESS }
  },
  ({ priority, deny, address, mask }) => ({
    ...{ priority, deny, address: formatIpv4(address) },
    ...(mask !== ONE_ADDRESS && { mask: formatIpv4(mask) }),
  }),
)

export const sourceListSection: Section<readonly SourceRule[]> = {
  ...rules,
  parse: (...given) => {
    const list = rules.parse(...given)
    return list && inOrderOfPriority(list)
  },
}

function listSection<T>(
  max: number,
  parse: (json: unknown, path: string, issues: Parameters<Section<T>['parse']>[3]) => T | undefined,
  format: (value: T) => unknown,
): Section<readonly T[]> {
  return {
    initial: () => [],
    parse: (json, path, _defaults, issues) => {
      if (json === undefined) return []
      if (!Array.isArray(json) || json.length > max) {
        const actual = Array.isArray(json) ? `a list of ${json.length}` : preview(json, [])
        issues.push({ path, allowed: `a list of at most ${max}`, actual })
        return undefined
      }
      const values = json.map((value: unknown, index) => parse(value, joined(path, String(index)), issues))
      return values.every((value) => value !== undefined) ? values : undefined
    },
    format: (values) => values.map(format),
  }
}
