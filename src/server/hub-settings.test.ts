// Settings of a hub through operations and by hand: what is changed is in the file at once and in force, what is edited in the file is
// taken over whole or not at all.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { callOperation } from '../admin/call.ts'
import { DEFAULT_POLICY } from '../hub/policy.ts'
import type { Port } from '../hub/port.ts'
import { ConfigError } from './config/config.ts'
import { serverManagement } from './management/management.ts'
import type { Server } from './server.ts'
import { startServer } from './start.ts'
import { VpnDirectory } from './vpn-directory.ts'

let stateDir: string
let server: Server

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'settings-'))
  const started = await startServer({
    stateDir,
    gso: false,
    version: '0.1.0',
    language: 'en',
    password: 'p',
    toOperator: () => {},
  })
  server = started.server
})
afterAll(async () => {
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

interface SavedHub {
  options: { maxSessions: number }
  users: Record<string, { realName: string }>
  accessList: object[]
  log: { saveSecurityLog: boolean; securityLogSwitch: string }
}
const file = (): string => join(stateDir, 'securenat.json')
const saved = () => JSON.parse(readFileSync(file(), 'utf8')) as { hubs: Record<string, SavedHub> }
const HUB = { HubName_str: 'DEFAULT' }
const call = (method: string, params: object) =>
  callOperation(method, params as Record<string, unknown>, {
    management: serverManagement(server),
    role: { kind: 'server' },
    connection: 'RPC-1',
  })
const port = (userName: string): Port => ({
  identity: { kind: 'VPN', userName, hostName: 'h', policy: DEFAULT_POLICY },
  output: () => {},
  flush: () => {},
})

test('what an operation changes is in the file and in force when it is answered', async () => {
  const { hub } = server.hubUnit('DEFAULT')!
  await call('CreateUser', { ...HUB, Name_str: 'alice', Realname_utf: 'Alice' })
  await call('AddAccess', { ...HUB, AccessListSingle: [{ Discard_bool: true, Note_utf: 'n' }] })
  await call('SetHub', { ...HUB, MaxSession_u32: 1 })
  const { users, accessList, options } = saved().hubs.DEFAULT!
  expect(users.alice).toMatchObject({ realName: 'Alice' })
  expect(accessList).toEqual([{ uniqueId: 1, note: 'n', discard: true }])
  expect(options.maxSessions).toBe(1)
  expect(hub.accessList).toMatchObject([{ id: 1, discard: true }])
  const attachment = hub.attach(port('Alice'))
  expect(() => hub.attach(port('bob'))).toThrow('already has 1 sessions of users')
  expect(await call('GetUser', { ...HUB, Name_str: 'alice' })).toMatchObject({ NumLogin_u32: 1 })
  attachment.detach()
  expect(readdirSync(stateDir).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

describe('sessions of users end', () => {
  const DENIED = { AuthType_u32: 0, UsePolicy_bool: true, 'policy:Access_bool': false }
  /** Users of a hub of their own, with a session each. */
  async function hubWith(hubName: string, ...users: string[]) {
    await call('CreateHub', { HubName_str: hubName })
    const { hub } = server.hubUnit(hubName)!
    for (const name of users) {
      await call('CreateUser', { HubName_str: hubName, Name_str: name })
      const attachment = hub.attach({ ...port(name), close: () => attachment.detach() })
    }
    return { hub, left: () => hub.sessions().map(({ identity }) => identity.userName) }
  }
  const of = (hubName: string, name: string) => ({ HubName_str: hubName, Name_str: name })

  test('when the user is deleted, disabled, or has expired; not for another password', async () => {
    const { left } = await hubWith('ENDS', 'ann', 'bob', 'cyd', 'dee')
    await call('DeleteUser', of('ENDS', 'ann'))
    expect(left()).toEqual(['bob', 'cyd', 'dee'])
    await call('SetUser', { ...of('ENDS', 'bob'), ...DENIED })
    expect(left()).toEqual(['cyd', 'dee'])
    await call('SetUser', { ...of('ENDS', 'cyd'), ExpireTime_dt: '2001-01-01T00:00:00Z' })
    expect(left()).toEqual(['dee'])
    await call('SetUser', { ...of('ENDS', 'dee'), AuthType_u32: 1, Auth_Password_str: 'another' })
    expect(left()).toEqual(['dee'])
    await call('DeleteHub', { HubName_str: 'ENDS' })
    expect(left()).toEqual([])
  })

  test('when its group is disabled', async () => {
    const { left } = await hubWith('GROUPS', 'ann', 'bob')
    await call('CreateGroup', of('GROUPS', 'staff'))
    await call('SetUser', { ...of('GROUPS', 'ann'), GroupName_str: 'staff' })
    await call('SetGroup', { ...of('GROUPS', 'staff'), UsePolicy_bool: true, 'policy:Access_bool': false })
    expect(left()).toEqual(['bob'])
    await call('DeleteHub', { HubName_str: 'GROUPS' })
  })

  test('at the moment a user expires', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      const { left } = await hubWith('EXPIRES', 'ann', 'bob')
      const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
      await call('SetUser', { ...of('EXPIRES', 'ann'), ExpireTime_dt: inAnHour })
      vi.advanceTimersByTime(3_599_000)
      expect(left()).toEqual(['ann', 'bob'])
      vi.advanceTimersByTime(1_000)
      expect(left()).toEqual(['bob'])
    } finally {
      vi.useRealTimers()
    }
    await call('DeleteHub', { HubName_str: 'EXPIRES' })
  })

  test('when the hub goes off line', async () => {
    const { left } = await hubWith('OFFLINE', 'ann')
    await call('SetHubOnline', { HubName_str: 'OFFLINE', Online_bool: false })
    expect(left()).toEqual([])
    await call('DeleteHub', { HubName_str: 'OFFLINE' })
  })
})

test('the lower of the limits of the hub and of the server on sessions holds', async () => {
  const { hub } = server.hubUnit('DEFAULT')!
  const setLimit = (Value_u32: number) =>
    call('SetHubAdminOptions', { ...HUB, AdminOptionList: [{ Name_str: 'max_sessions', Value_u32 }] })
  const before = hub.maxSessions
  await call('SetHub', { ...HUB, MaxSession_u32: 9 })
  await setLimit(3)
  expect(hub.maxSessions).toBe(3)
  await setLimit(20)
  expect(hub.maxSessions).toBe(9)
  await call('SetHub', { ...HUB, MaxSession_u32: 0 })
  expect(hub.maxSessions).toBe(20)
  await setLimit(0)
  expect(hub.maxSessions).toBe(0)
  await call('SetHub', { ...HUB, MaxSession_u32: before })
})

test('logins hear of authorities and of the list of sources at once', async () => {
  const { authority } = readVectors('certificates') as { authority: string }
  const login = () => new VpnDirectory(server).hub('default')!
  expect([login().authorities, login().refusesSource('192.0.2.1')]).toEqual([[], false])
  await call('AddCa', { ...HUB, Cert_bin: Buffer.from(authority, 'hex').toString('base64') })
  const denied = { Deny_bool: true, IpAddress_ip: '192.0.2.0', Masked_bool: true, SubnetMask_ip: '255.255.255.0' }
  await call('SetAcList', { ...HUB, ACList: [{ ...denied, Priority_u32: 1 }] })
  expect(login().authorities).toEqual([hex(authority)])
  expect([login().refusesSource('192.0.2.1'), login().refusesSource('192.0.3.1')]).toEqual([true, false])
  await server.reload()
  expect(login().authorities).toEqual([hex(authority)])
  expect(login().refusesSource('192.0.2.1')).toBe(true)
  await call('SetAcList', { ...HUB, ACList: [] })
})

test('what is edited by hand is taken over', async () => {
  const config = saved()
  const hub = config.hubs.DEFAULT!
  hub.options.maxSessions = 0
  hub.accessList = []
  hub.log = { saveSecurityLog: false, securityLogSwitch: 'hour' }
  delete hub.users.alice
  writeFileSync(file(), JSON.stringify(config))
  await server.reload()
  const unit = server.hubUnit('DEFAULT')!
  expect([unit.hub.maxSessions, unit.hub.accessList, unit.securityLog.isKept]).toEqual([0, [], false])
  expect(await call('EnumUser', HUB)).toMatchObject({ UserList: [] })
  expect(await call('GetHubLog', HUB)).toMatchObject({ SaveSecurityLog_bool: false, SecurityLogSwitchType_u32: 3 })
})

test('or refused whole, with every reason and its path', async () => {
  const config = saved()
  const hub = config.hubs.DEFAULT! as unknown as Record<string, unknown>
  hub.options = { maxSessions: 7 }
  hub.users = { bob: { authentication: { kind: 'anonymous' }, group: 'none' } }
  hub.accessList = [{ protocol: 256 }]
  const text = JSON.stringify(config)
  writeFileSync(file(), text)
  const error = await server.reload().then(
    () => undefined,
    (reason: ConfigError) => reason,
  )
  expect(error).toBeInstanceOf(ConfigError)
  expect(error!.issues).toEqual([
    'hubs.DEFAULT.accessList.0.protocol: must be a whole number from 0 to 255, is 256',
    'hubs.DEFAULT.users.bob.group: must be the name of a group of this hub, or empty, is "none"',
  ])
  expect(server.hubUnit('DEFAULT')!.hub.maxSessions).toBe(0)
  expect(readFileSync(file(), 'utf8')).toBe(text)
})

test('a whole configuration through an operation: refused whole, or in force and saved', async () => {
  const good = saved()
  good.hubs.DEFAULT!.accessList = []
  const hub = good.hubs.DEFAULT! as unknown as Record<string, unknown>
  hub.users = {}
  const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64')
  await expect(call('SetConfig', { FileData_bin: base64({ hubs: { X: { online: 1 } } }) })).rejects.toThrow(
    'FileData_bin: hubs.X.online: must be true or false, is 1',
  )
  await call('SetConfig', { FileData_bin: base64(good) })
  expect(server.hubUnit('DEFAULT')!.hub.maxSessions).toBe(7)
  expect(saved().hubs.DEFAULT!.options.maxSessions).toBe(7)
})
