// The key `cascades` of a hub: connections to hubs of other servers.

import * as z from 'zod/mini'
import type { ClientAuthentication } from '../../accounts/client-authentication.ts'
import { PASSWORD_HASH_LEN } from '../../accounts/password-hash.ts'
import type { CascadeSettings } from '../../admin/cascade-settings.ts'
import {
  CASCADE_CONNECTIONS_RANGE,
  CASCADE_INTERVAL_RANGE,
  CASCADE_NAME_MAX,
  DIRECT,
} from '../../admin/cascade-settings.ts'
import { CASCADES_MAX } from '../../admin/hub-settings.ts'
import { formatPolicy, policyOf, policyShape } from './policy.ts'
import type { Section } from './section.ts'
import { joined, preview, shaped } from './section.ts'
import { bool, bytes, bytesText, integerIn, oneOf, text } from './values.ts'

const PORT_RANGE = { min: 1, max: 65_535 }
const U32_RANGE = { min: 0, max: 0xffff_ffff }

const authenticationShape = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('anonymous'), userName: text }),
    z.strictObject({ kind: z.literal('password'), userName: text, hash: bytes(PASSWORD_HASH_LEN) }),
    z.strictObject({ kind: z.literal('plainPassword'), userName: text, password: text }),
    z.strictObject({ kind: z.literal('certificate'), userName: text, certificate: bytes(), key: bytes() }),
  ],
  'an object whose "kind" is "anonymous", "password", "plainPassword" or "certificate"',
)

const cascadeShape = z.strictObject(
  {
    name: text,
    online: z.optional(bool),
    hostName: text,
    port: integerIn(PORT_RANGE),
    hubName: text,
    authentication: authenticationShape,
    proxy: z.optional(
      z.strictObject(
        {
          kind: oneOf(['direct', 'http', 'socks4', 'socks5']),
          hostName: z.optional(text),
          port: z.optional(integerIn({ ...PORT_RANGE, min: 0 })),
          userName: z.optional(text),
          password: z.optional(text),
        },
        'an object',
      ),
    ),
    customHttpHeader: z.optional(text),
    maxConnection: z.optional(integerIn(CASCADE_CONNECTIONS_RANGE)),
    useEncrypt: z.optional(bool),
    useCompress: z.optional(bool),
    halfConnection: z.optional(bool),
    disableQos: z.optional(bool),
    noUdpAcceleration: z.optional(bool),
    additionalConnectionInterval: z.optional(integerIn(CASCADE_INTERVAL_RANGE)),
    connectionDisconnectSpan: z.optional(integerIn(U32_RANGE)),
    checkServerCert: z.optional(bool),
    serverCert: z.optional(z.nullable(bytes())),
    policy: z.optional(policyShape),
  },
  'an object',
)

export const cascadesSection: Section<readonly CascadeSettings[]> = {
  initial: () => [],
  parse: (json, path, _defaults, issues) => {
    if (json === undefined) return []
    if (!Array.isArray(json) || json.length > CASCADES_MAX) {
      issues.push({ path, allowed: `a list of at most ${CASCADES_MAX} cascades`, actual: preview(json, []) })
      return undefined
    }
    const before = issues.length
    const names = new Set<string>()
    const cascades = json.map((item: unknown, i): CascadeSettings | undefined => {
      const at = joined(path, String(i))
      const given = shaped(cascadeShape, item, at, issues)
      if (given === undefined) return undefined
      const isSound = given.name !== '' && given.name.length <= CASCADE_NAME_MAX && !names.has(given.name.toLowerCase())
      names.add(given.name.toLowerCase())
      if (isSound) return cascadeOf(given)
      const allowed = `1 to ${CASCADE_NAME_MAX} letters that no other cascade of the hub has`
      issues.push({ path: joined(at, 'name'), allowed, actual: JSON.stringify(given.name) })
      return undefined
    })
    return issues.length === before ? (cascades as CascadeSettings[]) : undefined
  },
  format: (cascades) => cascades.map(formatCascade),
}

function cascadeOf(given: z.output<typeof cascadeShape>): CascadeSettings {
  const { proxy } = given
  return {
    name: given.name,
    online: given.online ?? false,
    hostName: given.hostName,
    port: given.port,
    hubName: given.hubName,
    authentication: authenticationOf(given.authentication),
    proxy: {
      kind: proxy?.kind ?? DIRECT.kind,
      hostName: proxy?.hostName ?? '',
      port: proxy?.port ?? 0,
      userName: proxy?.userName ?? '',
      password: proxy?.password ?? '',
    },
    customHttpHeader: given.customHttpHeader ?? '',
    maxConnection: given.maxConnection ?? 8,
    useEncrypt: given.useEncrypt ?? true,
    useCompress: given.useCompress ?? false,
    halfConnection: given.halfConnection ?? false,
    disableQos: given.disableQos ?? false,
    noUdpAcceleration: given.noUdpAcceleration ?? false,
    additionalConnectionInterval: given.additionalConnectionInterval ?? 1,
    connectionDisconnectSpan: given.connectionDisconnectSpan ?? 0,
    checkServerCert: given.checkServerCert ?? false,
    serverCert: given.serverCert ?? undefined,
    policy: policyOf(given.policy ?? {}),
  }
}

function authenticationOf(given: z.output<typeof authenticationShape>): ClientAuthentication {
  if (given.kind !== 'password') return given
  return { kind: given.kind, userName: given.userName, hashedPassword: given.hash }
}

function formatCascade(cascade: CascadeSettings): object {
  return {
    ...cascade,
    authentication: formatAuthentication(cascade.authentication),
    serverCert: cascade.serverCert === undefined ? null : bytesText(cascade.serverCert),
    policy: formatPolicy(cascade.policy),
  }
}

function formatAuthentication(given: ClientAuthentication): object {
  const { kind, userName } = given
  switch (kind) {
    case 'password':
      return { kind, userName, hash: bytesText(given.hashedPassword) }
    case 'certificate':
      return { kind, userName, certificate: bytesText(given.certificate), key: bytesText(given.key) }
    default:
      return given
  }
}
