// Operations on egress rules through JSON-RPC.

import { describe, expect, test } from 'vitest'
import { madeUpJsonRpc } from '../../test/support/made-up-operations.ts'

describe('egress rules', () => {
  const add = (Destination_str: string, more: object = {}) => ({
    HubName_str: 'DEFAULT',
    Action_str: 'deny',
    Destination_str,
    ...more,
  })

  test('are added at the end or at a place, listed with what they decided, and deleted', async () => {
    const { call } = madeUpJsonRpc()
    await call('AddEgressRule', add('10.0.0.0/8'))
    await call('AddEgressRule', add('192.0.2.7', { Protocol_str: 'tcp', Ports_str: '25' }))
    await call('AddEgressRule', add('any', { Action_str: 'allow', Id_u32: 1 }))
    const listed = await call('EnumEgressRule', { HubName_str: 'DEFAULT' })
    expect(listed).toMatchObject({
      result: {
        RuleList: [
          {
            Id_u32: 1,
            Action_str: 'allow',
            Destination_str: '0.0.0.0/0',
            Protocol_str: 'any',
            Ports_str: '',
            Hits_u64: 3,
          },
          { Id_u32: 2, Action_str: 'deny', Destination_str: '10.0.0.0/8', Hits_u64: 0 },
          { Id_u32: 3, Destination_str: '192.0.2.7/32', Protocol_str: 'tcp', Ports_str: '25' },
        ],
      },
    })
    expect(listed).toHaveProperty('result.ClosedList.0', {
      Name_str: 'loopback',
      Destination_str: '127.0.0.0/8',
      Hits_u64: 2,
    })
    expect(await call('DeleteEgressRule', { HubName_str: 'DEFAULT', Id_u32: 2 })).toMatchObject({
      result: { RuleList: [{ Destination_str: '0.0.0.0/0' }, { Id_u32: 2, Destination_str: '192.0.2.7/32' }] },
    })
    expect(await call('DeleteEgressRule', { HubName_str: 'DEFAULT', Id_u32: 3 })).toMatchObject({ error: { code: 29 } })
  })

  test('are replaced as a whole', async () => {
    const { call } = madeUpJsonRpc()
    await call('AddEgressRule', add('10.0.0.0/8'))
    const RuleList = [{ Action_str: 'allow', Destination_str: '198.51.100.0/24', Ports_str: '80-90' }]
    expect(await call('SetEgressRules', { HubName_str: 'DEFAULT', RuleList })).toMatchObject({
      result: { RuleList: [{ Destination_str: '198.51.100.0/24', Ports_str: '80-90' }] },
    })
  })

  test.each<[object, string]>([
    [{ Destination_str: '10.0.0.1/8' }, 'Destination_str must be a network such as 10.0.0.0/8'],
    [{ Ports_str: '90-80' }, 'Ports_str must be a port, a range such as 8000-8999, or empty'],
    [{ Action_str: 'drop' }, 'Action_str must be "allow" or "deny"'],
    [{ Id_u32: 0 }, 'Id_u32 must be a whole number from 1 to 256'],
  ])('refused: %j', async (fault, sentence) => {
    const { call } = madeUpJsonRpc()
    const answer = (await call('AddEgressRule', add('10.0.0.0/8', fault))) as {
      error: { code: number; message: string }
    }
    expect(answer.error.code).toBe(38)
    expect(answer.error.message).toContain(sentence)
  })

  test('no more than there may be', async () => {
    const { call } = madeUpJsonRpc()
    const RuleList = Array.from({ length: 256 }, () => ({ Action_str: 'deny', Destination_str: '10.0.0.0/8' }))
    expect(await call('SetEgressRules', { HubName_str: 'DEFAULT', RuleList })).toHaveProperty('result')
    expect(await call('AddEgressRule', add('10.0.0.0/8'))).toMatchObject({ error: { code: 38 } })
    expect(
      await call('SetEgressRules', { HubName_str: 'DEFAULT', RuleList: [...RuleList, RuleList[0]] }),
    ).toMatchObject({
      error: { code: 38 },
    })
  })
})
