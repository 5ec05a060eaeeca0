// Operations on the authorities a hub trusts.

import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { HUB, madeUpOperations } from '../../test/support/made-up-operations.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { certificateFacts } from '../server/certificate-facts.ts'
import { binText } from './fields.ts'
import { AUTHORITIES_MAX } from './hub-settings.ts'

describe('authorities', () => {
  const { authority, user } = readVectors('certificates') as { authority: string; user: string }
  const base64 = (digits: string): string => binText(hex(digits))

  test('an authority is added once, shown, and deleted', async () => {
    const { hub, call, refusal } = madeUpOperations()
    await call('AddCa', { ...HUB, Cert_bin: base64(authority) })
    await call('AddCa', { ...HUB, Cert_bin: base64(authority) })
    await call('AddCa', { ...HUB, Cert_bin: base64(user) })
    expect(hub.settings().authorities).toEqual([hex(authority), hex(user)])
    const { CAList } = (await call('EnumCa', HUB)) as { CAList: { Key_u32: number; Expires_dt: string }[] }
    const { subject, issuer, expiresAt } = certificateFacts(hex(user))!
    expect(CAList[1]).toMatchObject({ SubjectName_utf: subject, IssuerName_utf: issuer })
    expect(Date.parse(CAList[1]!.Expires_dt)).toBe(expiresAt)
    const [first, second] = CAList.map(({ Key_u32 }) => Key_u32)
    expect(await call('GetCa', { ...HUB, Key_u32: second })).toMatchObject({ Cert_bin: base64(user) })
    await call('DeleteCa', { ...HUB, Key_u32: first })
    expect(hub.settings().authorities).toEqual([hex(user)])
    expect(await refusal('DeleteCa', { ...HUB, Key_u32: first })).toMatch(/^29 /)
    expect(await refusal('AddCa', { ...HUB, Cert_bin: 'AAAA' })).toMatch(/^38 Cert_bin must be a certificate/)
  })

  test('so many authorities and no more', async () => {
    const { hub, refusal } = madeUpOperations()
    const authorities = Array.from({ length: AUTHORITIES_MAX }, (_, index) => Uint8Array.of(index, index >> 8))
    await hub.changeSettings(() => ({ authorities }))
    expect(await refusal('AddCa', { ...HUB, Cert_bin: base64(authority) })).toMatch(/^110 /)
  })
})
