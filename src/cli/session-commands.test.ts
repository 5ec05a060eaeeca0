// Commands on sessions and tables over a made-up server: what is printed is what vpncmd prints for the same settings.

import { describe, expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'
import { WHOLE_TABLE } from '../hub/page.ts'

const server = madeUpServer()

describe('sessions and tables', () => {
  test('CounterList shows what is not zero, and with --all everything', async () => {
    const counters = await runLine('CounterList')
    expect(counters).toContain('hub.rxFrames|12,345\n')
    expect(counters).not.toContain('tcp.timeouts')
    expect(await runLine('CounterList --all')).toMatch(/tcp\.timeouts *\|0\n/)
  })

  test('SessionList', async () => {
    const list = await runLine('SessionList')
    expect(list).toBe(`Item            |Value
----------------+-----------------
Session Name    |SID-SECURENAT-1
VLAN ID         |-
Location        |SecureNAT Session
User Name       |
Source Host Name|Virtual Host
TCP Connections |None
Transfer Bytes  |180
Transfer Packets|3
----------------+-----------------
Session Name    |SID-TAP-2
VLAN ID         |-
Location        |Local Session
User Name       |
Source Host Name|tap0
TCP Connections |None
Transfer Bytes  |180
Transfer Packets|3
`)
  })

  test('SessionGet, MacTable, IpTable', async () => {
    const session = await runLine('SessionGet SID-SECURENAT-1')
    expect(session).toContain('Half Duplex TCP Connection Mode           |No (Full Duplex Mode)\n')
    expect(session).toContain('Encryption                                |Disabled (No Encryption)\n')
    expect(await runLine('MacTable')).toContain('MAC Address |5E-F1-2E-EF-30-8E\n')
    expect(await runLine('MacTable SID-OTHER')).toBe('Item|Value\n----+-----\n')
    expect(await runLine('IpTable')).toContain('IP Address  |192.168.30.10 (DHCP)\n')
    await runLine('MacDelete 5')
    await runLine('IpDelete 6')
    expect([server.hub.macTable(WHOLE_TABLE).total, server.hub.ipTable(WHOLE_TABLE).total]).toEqual([0, 0])
    await expect(runLine('MacDelete x')).rejects.toThrow('MacDelete: ID must be a whole number')
  })
})
