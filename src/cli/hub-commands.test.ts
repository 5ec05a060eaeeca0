// Commands on hubs over a made-up server: what is printed is what vpncmd prints for the same settings.

import { describe, expect, test } from 'vitest'
import { DONE, madeUpServer, runLine } from '../../test/support/command-line.ts'

const server = madeUpServer()

describe('hubs', () => {
  test('OptionsGet after SetMaxSession and SetEnumDeny', async () => {
    expect(await runLine('SetMaxSession 10')).toBe(DONE)
    await runLine('SetEnumDeny')
    expect(await runLine('OptionsGet')).toBe(`Item                                         |Value
---------------------------------------------+----------
Enumeration of Virtual Hub for Anonymous User|Deny
Max Number of Sessions                       |10
Status                                       |Online
Virtual Hub Type                             |Standalone
`)
    await runLine('SetEnumAllow')
    await runLine('SetMaxSession 0')
    await runLine('Offline')
    expect(await runLine('OptionsGet', 'ja')).toBe(`項目                               |値
-----------------------------------+--------------
匿名ユーザーに対する仮想 HUB の列挙|許可
最大同時接続セッション数           |無制限
状態                               |オフライン
仮想 HUB の種類                    |スタンドアロン
`)
    await runLine('Online')
    expect(server.hub.isOnline).toBe(true)
  })

  test('StatusGet', async () => {
    const status = await runLine('StatusGet')
    expect(status).toContain('SecureNAT                    |Disabled\n')
    expect(status).toContain('Outgoing Unicast Total Size  |120 bytes\n')
    expect(status).toContain('Incoming Broadcast Packets   |1 packets\n')
  })

  test('HubCreate with a password, SetHubPassword, messages', async () => {
    expect(await runLine('HubCreate NEW /PASSWORD:x')).toBe(DONE)
    expect(await runLine('HubList')).toContain('Virtual Hub Name  |NEW\n')
    await runLine('SetHubPassword /PASSWORD:p')
    expect(server.hub.settings().adminPassword!.hashedPassword).toHaveLength(20)
    await runLine('SetStaticMessage --message "こんにちは"')
    expect(await runLine('GetStaticMessage')).toBe('こんにちは\n')
    await expect(runLine('SetHubPassword')).rejects.toThrow('SetHubPassword: --password is missing')
    await expect(runLine('SetMaxSession 5000')).rejects.toThrow(
      'SetMaxSession: COUNT must be a whole number from 0 to 4096, is "5000"',
    )
  })
})
