// Commands on logs and options over a made-up server: what is printed is what vpncmd prints for the same settings.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'

const server = madeUpServer()

describe('logs and options', () => {
  test('LogGet, LogSwitchSet, LogDisable', async () => {
    await runLine('LogSwitchSet security /SWITCH:hour')
    await runLine('LogDisable security')
    expect(await runLine('LogGet')).toBe(`Item                 |Value
---------------------+--------------------
Save Security Log    |Disable
Log File Switch Cycle|Switch in Every Hour
Save Packet Log      |Disable
`)
    await runLine('LogEnable security')
    await expect(runLine('LogEnable packet')).rejects.toThrow('keeps no packet log')
    await expect(runLine('LogSwitchSet security /SWITCH:week')).rejects.toThrow('--switch must be sec, min')
  })

  test('LogSettingsGet, LogSettingsSet', async () => {
    await runLine('LogSettingsSet /JSON:no /RETENTIONDAYS:7 /SWITCH:hour')
    const shown = await runLine('LogSettingsGet')
    expect(shown).toMatch(/^Events as JSON Lines +\|No$/m)
    expect(shown).toMatch(/^Retention \(Days\) +\|7$/m)
    expect(shown).toMatch(/^Log File Switch Cycle +\|hour$/m)
    await expect(runLine('LogSettingsSet')).rejects.toThrow('nothing to set')
    await expect(runLine('LogSettingsSet /LEVEL:loud')).rejects.toThrow('--level must be "info", "warn" or "error"')
  })

  test('log files are listed, printed and saved', async () => {
    const list = await runLine('LogFileList')
    expect(list).toContain('Log File Name|LAB/security/sec_20261123.log\nFile Size    |10 Bytes\n')
    expect(await runLine('LogFileGet LAB/security/sec_20261123.log')).toBe('0123456789\n')
    await runLine(`LogFileGet LAB/security/sec_20261123.log /SAVEPATH:${server.path('log')}`)
    expect(readFileSync(server.path('log'), 'utf8')).toBe('0123456789')
    await expect(runLine('LogFileGet x')).rejects.toThrow('There is no log file "x"')
  })

  test('options by name', async () => {
    await runLine('ExtOptionSet SecureNAT_MaxTcpSessionsPerIp /VALUE:30')
    expect(await runLine('ExtOptionList')).toContain('Item |SecureNAT_MaxTcpSessionsPerIp\nValue|30\n')
    await runLine('AdminOptionSet no_securenat /VALUE:1')
    expect(await runLine('AdminOptionList')).toContain('Item |no_securenat\nValue|1\n')
    await expect(runLine('ExtOptionSet NoSuch /VALUE:1')).rejects.toThrow('NAME must be the name of one of the options')
    await expect(runLine('ExtOptionSet VlanTypeId /VALUE:x')).rejects.toThrow('--value must be a whole number')
  })
})
