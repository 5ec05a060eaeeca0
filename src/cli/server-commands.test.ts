// Commands on the server over a made-up server: what is printed is what vpncmd prints for the same settings.

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DONE, madeUpServer, runLine } from '../../test/support/command-line.ts'
import { AT } from '../../test/support/made-up-management.ts'
import { dateWithDay } from './format.ts'

const server = madeUpServer()

describe('the server', () => {
  test('what it prints', async () => {
    expect(await runLine('ServerInfoGet')).toContain('Product Name of Operating System|Debian GNU/Linux\n')
    expect(await runLine('ServerStatusGet')).toContain('Number of Virtual Hubs                        |2\n')
    expect(await runLine('Caps')).toMatch(/b_support_securenat +\|Yes\n/)
    expect(await runLine('Flush')).toContain('|27,150 bytes\n')
    expect(await runLine('ConnectionList')).toBe(`Connection Name|Connection Source|Connection Start         |Type
---------------+-----------------+-------------------------+--------------
CID-1          |localhost: 40000 |${dateWithDay(new Date(AT).toISOString()).en}|Management RPC
`)
    expect(await runLine('ConnectionGet CID-1')).toContain('Source IP Address       |127.0.0.1\n')
    await runLine('ConnectionDisconnect CID-1')
    await expect(runLine('ConnectionGet CID-1')).rejects.toThrow('There is no connection "CID-1"')
    await expect(runLine('Reboot')).rejects.toThrow('SIGHUP')
  })

  test('its configuration', async () => {
    expect(await runLine('ConfigGet')).toBe('{"language":"en"}\n')
    await runLine(`ConfigGet ${server.path('config')}`)
    expect(readFileSync(server.path('config'), 'utf8')).toBe('{"language":"en"}')
    await expect(runLine(`ConfigSet ${server.path('config')}`)).rejects.toThrow('hubs.X: must be right, is wrong')
    writeFileSync(server.path('config'), '{}')
    expect(await runLine(`ConfigSet ${server.path('config')}`)).toBe(DONE)
  })
})
