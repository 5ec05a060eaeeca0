// What holds for many commands over a made-up server: what is printed is what vpncmd prints for the same settings.

import { expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'
import type { NatSessionRow } from '../nat/rows.ts'

const server = madeUpServer()

test('long tables are printed in part', async () => {
  expect(await runLine('MacTable --limit 1')).toContain('5E-F1-2E-EF-30-8E')
  for (const table of ['SessionList', 'MacTable', 'IpTable', 'NatTable', 'DhcpTable', 'UserList', 'LogFileList']) {
    expect(await runLine(`${table} --limit 0`), table).toBe('Item|Value\n----+-----\n')
  }
  expect(await runLine('SessionList --offset 1')).not.toContain('SID-SECURENAT-1')
  await expect(runLine('NatTable --offset many')).rejects.toThrow('NatTable: --offset must be a whole number')
})

test('NatDelete', async () => {
  server.hub.rows = [{ id: 7 } as NatSessionRow]
  await runLine('NatDelete 7')
  expect(server.hub.rows).toEqual([])
  await expect(runLine('NatDelete 7')).rejects.toThrow('There is no NAT session')
})

test('PolicyList', async () => {
  expect(await runLine('PolicyList')).toMatch(
    /^Policy name +\|Simple description of policy\n-+\+-+\nAccess +\|Allow Access\n/,
  )
})

test('--json prints what the operation answers', async () => {
  expect(JSON.parse(await runLine('OptionsGet --json'))).toMatchObject({ HubName_str: 'DEFAULT', MaxSession_u32: 0 })
})

test('a hub that is not there', async () => {
  await expect(runLine('StatusGet --hub NONE')).rejects.toThrow('The Virtual Hub "NONE" does not exist on this server.')
})
