// Operations on access lists.

import { describe, expect, test } from 'vitest'
import { HUB, madeUpOperations } from '../../test/support/made-up-operations.ts'

describe('access lists', () => {
  const rule = (fields: object) => ({ ...HUB, AccessListSingle: [fields] })
  const list = async (call: (method: string, params: object) => Promise<unknown>) =>
    ((await call('EnumAccess', HUB)) as { AccessList: { Id_u32: number; Note_utf: string; UniqueId_u32: number }[] })
      .AccessList

  test('are numbered in the order of priorities; a rule keeps its unique number', async () => {
    const { hub, call, refusal } = madeUpOperations()
    await call('AddAccess', rule({ Note_utf: 'b', Priority_u32: 20, Discard_bool: true, SrcIpAddress_ip: '10.0.0.1' }))
    await call('AddAccess', rule({ Note_utf: 'a', Priority_u32: 10, SrcMacAddress_bin: 'XvEu7zCO' }))
    const [first, second] = await list(call)
    expect([first!.Note_utf, first!.Id_u32, second!.Note_utf, second!.Id_u32]).toEqual(['a', 1, 'b', 2])
    expect(second).toMatchObject({ SrcIpAddress_ip: '10.0.0.1', SrcIpAddress6_bin: 'AAAAAAAAAAAAAAAAAAAAAA==' })
    expect(first).toMatchObject({ SrcMacAddress_bin: 'XvEu7zCO' })
    await call('DeleteAccess', { ...HUB, Id_u32: 1 })
    expect(await list(call)).toMatchObject([{ Note_utf: 'b', Id_u32: 1, UniqueId_u32: second!.UniqueId_u32 }])
    expect(await refusal('DeleteAccess', { ...HUB, Id_u32: 9 })).toMatch(/^29 /)
    // What was listed can be sent back.
    await call('SetAccessList', { ...HUB, AccessList: await list(call) })
    expect(hub.settings().accessList).toHaveLength(1)
  })

  test.each([
    [rule({ Protocol_u32: 256 }), '38 AccessListSingle.0.Protocol_u32 must be a whole number from 0 to 255, is 256'],
    [rule({ SrcIpAddress_ip: 'x' }), /^38 AccessListSingle.0.SrcIpAddress_ip must be an IPv4 address .*, is "x"$/],
    [rule({ Delay_u32: 5 }), /^38 AccessListSingle.0.Delay_u32 must be 0: /],
    [{ ...HUB, AccessListSingle: [] }, '38 AccessListSingle must be a list of one rule, is 0 rules'],
    [HUB, '38 AccessListSingle must be a list of one rule, is missing'],
  ])('%j is refused', async (params, expected) => {
    const { refusal } = madeUpOperations()
    if (typeof expected === 'string') expect(await refusal('AddAccess', params)).toBe(expected)
    else expect(await refusal('AddAccess', params)).toMatch(expected)
  })

  test('lose and delay nothing where the administrator of the server does not want it', async () => {
    const { hub, call } = madeUpOperations(undefined, { adminOptions: { no_delay_jitter_packet_loss: 1 } })
    const lossy = { Loss_u32: 50, Delay_u32: 10, Jitter_u32: 10, Note_utf: 'n' }
    await call('AddAccess', rule(lossy))
    await call('SetAccessList', { ...HUB, AccessList: [...(await list(call)), lossy] })
    expect(hub.settings().accessList).toMatchObject(new Array(2).fill({ note: 'n', loss: 0, delay: 0, jitter: 0 }))
    await hub.changeSettings(() => ({ adminOptions: {} }))
    await call('SetAccessList', { ...HUB, AccessList: [{ Loss_u32: 50 }] })
    expect(hub.settings().accessList).toMatchObject([{ loss: 50 }])
  })

  test('as many rules as the administrator allows', async () => {
    const { call, refusal } = madeUpOperations(undefined, { adminOptions: { max_accesslists: 1 } })
    await call('AddAccess', rule({}))
    expect(await refusal('AddAccess', rule({}))).toMatch(/^62 /)
    expect(await refusal('SetAccessList', { ...HUB, AccessList: [{}, {}] })).toMatch(/^62 /)
  })
})
