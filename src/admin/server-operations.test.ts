// Operations on the server as a whole.

import { describe, expect, test } from 'vitest'
import { madeUpOperations } from '../../test/support/made-up-operations.ts'

describe('the server', () => {
  test('its status adds up its hubs', async () => {
    expect(await madeUpOperations().call('GetServerStatus', {})).toMatchObject({
      NumHubTotal_u32: 2,
      NumSessionsTotal_u32: 4,
      NumMacTables_u32: 2,
      'Recv.BroadcastCount_u64': 2,
      TotalMemory_u64: 1000,
      UsedMemory_u64: 600,
    })
  })

  test('capabilities by name', async () => {
    const { CapsList } = (await madeUpOperations().call('GetCaps', {})) as { CapsList: object[] }
    expect(CapsList).toContainEqual({
      CapsName_str: 'b_support_securenat',
      CapsValue_u32: 1,
      CapsDescrption_utf: 'b_support_securenat',
    })
  })

  test('the configuration as a whole', async () => {
    const { call, refusal } = madeUpOperations()
    const { FileData_bin } = (await call('GetConfig', {})) as { FileData_bin: string }
    expect(atob(FileData_bin)).toBe('{"language":"en"}')
    await call('SetConfig', { FileData_bin: btoa('{}') })
    expect(await refusal('SetConfig', { FileData_bin: btoa('x') })).toBe(
      '38 FileData_bin: hubs.X: must be right, is wrong',
    )
    expect(await call('Flush', {})).toMatchObject({ IntValue_u32: 27_150 })
    expect(await refusal('RebootServer', {})).toMatch(/^33 .*SIGHUP/)
    expect(await madeUpOperations({ kind: 'viewer', name: 'v' }).call('GetConfig', {})).toMatchObject({
      FileData_bin: '',
    })
  })
})

test('this server stands alone', async () => {
  const { call } = madeUpOperations()
  expect(await call('GetFarmSetting', {})).toMatchObject({ ServerType_u32: 0, Weight_u32: 100 })
})
