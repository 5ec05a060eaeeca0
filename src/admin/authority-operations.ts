// Operations on the certificates of authorities that a hub trusts: its users of the kind "signed certificate" show one that an
// authority has issued.

import * as z from 'zod/mini'
import { bin, binText, number, str, timeText, u32 } from './fields.ts'
import { AUTHORITIES_MAX } from './hub-settings.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, objectNotFound, RpcError } from './rpc-error.ts'

const keyParams = z.object({ HubName_str: str, Key_u32: u32 })

const authorityRow = z.object({ Key_u32: number, SubjectName_utf: str, IssuerName_utf: str, Expires_dt: str })

export const authorityOperations = {
  EnumCa: operation({
    summary: text('Lists the certificates of authorities that a hub trusts', '信頼する証明機関の証明書の一覧'),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, CAList: z.array(authorityRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const CAList = hub.settings().authorities.map((certificate) => {
        const facts = context.management.certificateFacts(certificate)
        return {
          Key_u32: keyOf(certificate),
          SubjectName_utf: facts?.subject ?? '',
          IssuerName_utf: facts?.issuer ?? '',
          Expires_dt: timeText(facts?.expiresAt),
        }
      })
      return { HubName_str: hub.name, CAList }
    },
  }),

  AddCa: operation({
    summary: text(
      'Adds the certificate of an authority; one that is there already is no error',
      '信頼する証明機関の証明書を追加する (登録済みの場合もエラーにならない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_cert_list',
    params: z.object({ HubName_str: str, Cert_bin: bin() }),
    tells: () => ['authorityAdded'],
    result: z.object({ HubName_str: str, Cert_bin: str }),
    handle: async (context, { HubName_str, Cert_bin }) => {
      const hub = requireHub(context, HubName_str)
      if (context.management.certificateFacts(Cert_bin) === undefined) {
        const actual = `${Cert_bin.length} bytes`
        throw invalidParameters([{ field: 'Cert_bin', allowed: 'a certificate (DER)', actual }])
      }
      const key = keyOf(Cert_bin)
      await hub.changeSettings(({ authorities }) => {
        if (authorities.some((known) => keyOf(known) === key)) return undefined
        if (authorities.length >= AUTHORITIES_MAX) {
          const sentence = `There are ${AUTHORITIES_MAX} certificates of authorities, as many as a hub may have.`
          throw new RpcError(ERROR_CODES.tooManyItems, sentence)
        }
        return { authorities: [...authorities, Cert_bin] }
      })
      return { HubName_str: hub.name, Cert_bin: binText(Cert_bin) }
    },
  }),

  GetCa: operation({
    summary: text('The certificate of one authority', '信頼する証明機関の証明書の取得'),
    ...READS_HUB,
    params: keyParams,
    result: z.object({ HubName_str: str, Key_u32: number, Cert_bin: str }),
    handle: (context, { HubName_str, Key_u32 }) => {
      const hub = requireHub(context, HubName_str)
      return { HubName_str: hub.name, Key_u32, Cert_bin: binText(requireAuthority(hub, Key_u32)) }
    },
  }),

  DeleteCa: operation({
    summary: text(
      'Trusts an authority no more; sessions of its users go on',
      '信頼する証明機関の証明書を削除する (接続中のセッションは切断されない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_cert_list',
    params: keyParams,
    tells: () => ['authorityDeleted'],
    result: z.object({ HubName_str: str, Key_u32: number }),
    handle: async (context, { HubName_str, Key_u32 }) => {
      const hub = requireHub(context, HubName_str)
      requireAuthority(hub, Key_u32)
      await hub.changeSettings(({ authorities }) => ({
        authorities: authorities.filter((certificate) => keyOf(certificate) !== Key_u32),
      }))
      return { HubName_str: hub.name, Key_u32 }
    },
  }),
}

function requireAuthority(hub: ManagedHub, key: number): Uint8Array {
  const found = hub.settings().authorities.find((certificate) => keyOf(certificate) === key)
  if (found === undefined) throw objectNotFound(`certificate of an authority with the Key_u32 ${key}`)
  return found
}

/** The number by which a certificate is named: FNV-1a of its bytes, so that it stays the same whatever else is in the list. */
function keyOf(certificate: Uint8Array): number {
  let hash = 0x811c_9dc5
  for (const byte of certificate) hash = Math.imul(hash ^ byte, 0x0100_0193)
  return hash >>> 0
}
