// Operations on log files and administration connections.

import { describe, expect, test } from 'vitest'
import { HUB_ADMINISTRATOR, madeUpOperations } from '../../test/support/made-up-operations.ts'

describe('log files and connections', () => {
  test('a file is read by ranges; what is not listed is not there', async () => {
    const { call, refusal } = madeUpOperations()
    const FilePath_str = 'LAB/security/sec_20261123.log'
    expect(await call('ReadLogFile', { FilePath_str, Offset_u32: 4 })).toMatchObject({ Buffer_bin: btoa('456789') })
    expect(await call('ReadLogFile', { FilePath_str, Offset_u32: 10 })).toMatchObject({ Buffer_bin: '' })
    expect(await refusal('ReadLogFile', { FilePath_str: '../securenat.json' })).toMatch(/^29 /)
  })

  test("the administrator of a hub sees that hub's", async () => {
    const { hub, call, refusal } = madeUpOperations(HUB_ADMINISTRATOR)
    expect(await call('EnumLogFile', {})).toMatchObject({
      LogFiles: [{ FilePath_str: 'LAB/security/sec_20261123.log' }],
    })
    expect(await refusal('ReadLogFile', { FilePath_str: 'server/server_20261123.log' })).toMatch(/^29 /)
    await hub.changeSettings(() => ({ adminOptions: { no_read_log_file: 1 } }))
    expect(await call('EnumLogFile', {})).toEqual({ NumItem_u32: 0, LogFiles: [] })
    expect(await refusal('EnumConnection', {})).toMatch(/^52 /)
  })

  test('connections', async () => {
    const { call, refusal } = madeUpOperations()
    expect(await call('EnumConnection', {})).toMatchObject({ ConnectionList: [{ Name_str: 'CID-1', Type_u32: 5 }] })
    expect(await call('GetConnectionInfo', { Name_str: 'cid-1' })).toMatchObject({ ClientStr_str: 'tool' })
    await call('DisconnectConnection', { Name_str: 'CID-1' })
    expect(await refusal('GetConnectionInfo', { Name_str: 'CID-1' })).toMatch(/^29 /)
  })
})
