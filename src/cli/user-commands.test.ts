// Commands on users and groups over a made-up server: what is printed is what vpncmd prints for the same settings.

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'
import { AT } from '../../test/support/made-up-management.ts'
import { userHash } from '../accounts/password-hash.ts'
import { dateWithDay } from './format.ts'

const server = madeUpServer()

describe('users and groups', () => {
  test('as vpncmd prints them', async () => {
    await runLine('GroupCreate staff /REALNAME:Staff /NOTE:note')
    await runLine('GroupPolicySet staff /NAME:MaxMac /VALUE:5')
    await runLine('UserCreate alice /GROUP:staff /REALNAME:"Alice A" /NOTE:n')
    await runLine('UserPasswordSet alice /PASSWORD:secret')
    await runLine('UserExpiresSet alice /EXPIRES:"2030/01/02 03:04:05"')
    expect(await runLine('GroupList')).toBe(`Item       |Value
-----------+-----
Group Name |staff
Full Name  |Staff
Description|note
Num Users  |1
`)
    const list = await runLine('UserList')
    expect(list).toContain('Group Name      |staff\n')
    expect(list).toContain('Auth Method     |Password Authentication\n')
    expect(list).toContain('Expiration Date |2030-01-02 (Wed) 03:04:05\n')
    expect(server.hub.settings().users[0]!.authentication).toMatchObject({ hashedKey: userHash('alice', 'secret') })
    const group = await runLine('GroupGet staff')
    expect(group).toContain(`This is the security policy that is set for this group.
Policy name                    |Simple description of policy                   |Setting value
-------------------------------+-----------------------------------------------+-------------
Access                         |Allow Access                                   |Yes
`)
    expect(group).toContain('MaxConnection                  |Maximum Number of TCP Connections              |32\n')
    expect(group).toContain('MaxMac                         |Maximum Number of MAC Addresses                |5\n')
    expect(group).toContain(
      'TimeOut                        |Time-out Period                                |20 seconds\n',
    )
    expect(group).toMatch(/assigned to this group\.\n alice\n$/)
    const user = await runLine('UserGet ALICE')
    expect(user).toContain('User Name                    |alice\n')
    expect(user).toContain(`Created on                   |${dateWithDay(new Date(AT).toISOString()).en}\n`)
    expect(user).not.toContain('Security Policy')
    await runLine('UserPolicySet alice /NAME:maxupload /VALUE:1000000')
    await runLine('UserPolicySet alice /NAME:NoBridge /VALUE:yes')
    expect(await runLine('UserGet alice')).toMatch(/MaxUpload +\|Upload Bandwidth +\|1000000 bps\n/)
    expect(server.hub.settings().users[0]!.policy).toMatchObject({ noBridge: true, maxUpload: 1_000_000 })
    await runLine('UserPolicyRemove alice')
    await runLine('UserSet alice /NOTE:none')
    expect(server.hub.settings().users[0]).toMatchObject({
      policy: undefined,
      note: '',
      realName: 'Alice A',
      group: 'staff',
    })
    expect(server.hub.settings().users[0]!.authentication.kind).toBe('password')
    await runLine('GroupUnjoin alice')
    await runLine('GroupJoin staff /USERNAME:alice')
    await runLine('GroupSet staff /NOTE:x')
    await runLine('GroupPolicyRemove staff')
    expect(server.hub.settings().groups[0]).toMatchObject({ note: 'x', policy: undefined })
    expect(server.hub.settings().users[0]!.group).toBe('staff')
    await runLine('GroupDelete staff')
    await runLine('UserDelete alice')
    expect(server.hub.settings().users).toEqual([])
  })

  test('certificates and anonymous users', async () => {
    await runLine('UserCreate bob')
    writeFileSync(server.path('c.pem'), '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n')
    await runLine(`UserCertSet bob /LOADCERT:${server.path('c.pem')}`)
    expect(server.hub.settings().users[0]!.authentication).toEqual({
      kind: 'certificate',
      certificate: Uint8Array.of(0x30, 0),
    })
    await runLine(`UserCertGet bob /SAVECERT:${server.path('out.pem')}`)
    expect(readFileSync(server.path('out.pem'), 'utf8')).toBe(readFileSync(server.path('c.pem'), 'utf8'))
    await runLine('UserSignedSet bob /CN:name /SERIAL:01-FF')
    expect(server.hub.settings().users[0]!.authentication).toEqual({
      kind: 'signedCertificate',
      commonName: 'name',
      serial: Uint8Array.of(1, 255),
    })
    await runLine('UserAnonymousSet bob')
    expect(server.hub.settings().users[0]!.authentication).toEqual({ kind: 'anonymous' })
  })

  test.each([
    ['UserGet nobody', 'UserGet: Error'],
    ['UserSet bob', 'nothing to set'],
    ['UserPolicySet bob /NAME:NoSuch /VALUE:1', '--name must be one of those of PolicyList, is "NoSuch"'],
    ['UserPolicySet bob /NAME:Timeout /VALUE:4', 'policy:TimeOut_u32 must be 0 or a whole number from 5 to 60, is "4"'],
    ['UserExpiresSet bob /EXPIRES:soon', '--expires must be a time such as'],
    ['UserCreate bob /GROUP:none', 'There is a user "bob" already'],
  ])('%s is refused', async (line, sentence) => {
    await runLine('UserCreate bob')
    const refused = runLine(line)
    await expect(refused).rejects.toThrow(sentence === 'UserGet: Error' ? 'There is no user "nobody"' : sentence)
  })
})
