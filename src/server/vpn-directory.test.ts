// A user's own change of his password, down to the file.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ServerInDirectory } from '../../test/support/server-in-directory.ts'
import { userHash } from '../accounts/password-hash.ts'
import type { PasswordAuthentication } from '../accounts/user.ts'
import { VpnDirectory } from './vpn-directory.ts'

let running: ServerInDirectory
beforeEach(async () => {
  running = await ServerInDirectory.start()
  await running.call('CreateUser', {
    HubName_str: 'DEFAULT',
    Name_str: 'u1',
    AuthType_u32: 1,
    Auth_Password_str: 'pw1',
  })
})
afterEach(() => running.remove())

const authentication = (password: string): PasswordAuthentication => ({
  kind: 'password',
  hashedKey: userHash('u1', password),
  ntLmSecureHash: new Uint8Array(16),
})

test('is in the configuration at once, but not when somebody else has set another meanwhile', async () => {
  const directory = new VpnDirectory(running.server)
  const set = (before: string, next: string) =>
    directory.hub('default')!.setPassword!('U1', authentication(before), authentication(next))
  expect(await set('pw1', 'new')).toBe(true)
  expect(await set('pw1', 'stale')).toBe(false)
  expect(directory.hub('default')!.user('u1')!.authentication).toEqual(authentication('new'))
  const file = readFileSync(join(running.stateDir, 'securenat.json'), 'utf8')
  expect(file).toContain(Buffer.from(userHash('u1', 'new')).toString('base64'))
})

test('that cannot be saved is not made, and the operator hears of it', async () => {
  const directory = new VpnDirectory(running.server)
  running.server.change = () => Promise.reject(new Error('the disk is full'))
  expect(await directory.hub('default')!.setPassword!('u1', authentication('pw1'), authentication('new'))).toBe(false)
  expect(directory.hub('default')!.user('u1')!.authentication).toMatchObject({ hashedKey: userHash('u1', 'pw1') })
})
