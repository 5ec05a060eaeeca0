// Who is let in with which role, at both kinds of doors.

import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { administratorHash, hubPassword, securePassword } from '../accounts/password-hash.ts'
import { hashPassword } from '../accounts/scrypt.ts'
import type { Role } from '../admin/operation.ts'
import {
  Administrators,
  LOGIN_LINES_PER_SECOND,
  RECENT_PASSWORDS_MAX,
  type Recognised,
  storedPassword,
} from './administrators.ts'
import type { AdministratorConfig } from './config/administrator.ts'
import { Log } from './log.ts'

const RANDOM = new Uint8Array(20).map((_, i) => i)
const response = (password: string): Uint8Array => securePassword(administratorHash(password), RANDOM)

let initial: AdministratorConfig
let config: AdministratorConfig
let told: string[]
let administrators: Administrators
const hubs = [
  { name: 'Lab', password: hubPassword('hubpass') },
  { name: 'Open', password: hubPassword('') },
  { name: 'None', password: undefined },
]

beforeAll(async () => {
  initial = {
    password: await storedPassword('srvpass'),
    viewers: [{ name: 'monitor', password: await hashPassword('look') }],
  }
})
beforeEach(() => {
  config = initial
  told = []
  administrators = new Administrators({
    administrator: () => config,
    hub: (name) => hubs.find((hub) => hub.name.toLowerCase() === name.toLowerCase()),
    log: new Log(undefined, Date.now, (line) => told.push(line)),
  })
})

const roleOf = (recognised: Recognised | 'busy' | undefined): Role | undefined | 'busy' =>
  typeof recognised === 'object' ? recognised.role : recognised

describe('the password itself', () => {
  test.each([
    ['', 'srvpass', { kind: 'server' }],
    ['Administrator', 'srvpass', { kind: 'server' }],
    ['lab', 'hubpass', { kind: 'hub', hub: 'Lab' }],
    ['@monitor', 'look', { kind: 'viewer', name: 'monitor' }],
    ['', 'hubpass', undefined],
    ['lab', 'srvpass', undefined],
    ['Open', '', undefined],
    ['None', '', undefined],
    ['missing', 'srvpass', undefined],
    ['@lab', 'hubpass', undefined],
    ['@missing', 'look', undefined],
    ['monitor', 'look', undefined],
  ])('%j with %j is %j', async (name, password, role) => {
    expect(roleOf(await administrators.withPassword(name, password, '192.0.2.1'))).toEqual(role)
  })

  test('before there is a password nobody comes in', async () => {
    config = { password: undefined, viewers: [] }
    expect(await administrators.withPassword('', '', '192.0.2.1')).toBeUndefined()
  })

  test("of a hub's administrator, by its modern hash, and by SoftEther's where there is no other", async () => {
    const scrypt = await hashPassword('modern')
    hubs.push({ name: 'New', password: { ...hubPassword('old'), scrypt } })
    expect(roleOf(await administrators.withPassword('new', 'modern', '192.0.2.1'))).toEqual({ kind: 'hub', hub: 'New' })
    expect(await administrators.withPassword('new', 'old', '192.0.2.1')).toBeUndefined()
    hubs.pop()
  })

  test('one that only SoftEther tools have set is good too', async () => {
    config = { password: { scrypt: undefined, softEther: administratorHash('new') }, viewers: [] }
    expect(roleOf(await administrators.withPassword('', 'new', '192.0.2.1'))).toEqual({ kind: 'server' })
    expect(await administrators.withPassword('', 'srvpass', '192.0.2.1')).toBeUndefined()
    expect(administrators.stats.recognised).toBe(1)
  })

  test('one that was right is known again without its cost, until it is changed', async () => {
    await administrators.withPassword('', 'srvpass', '192.0.2.1')
    await administrators.withPassword('', 'srvpass', '192.0.2.2')
    expect(administrators.stats).toMatchObject({ recognised: 1, recognisedAgain: 1 })
    config = { ...config, password: await storedPassword('other') }
    expect(await administrators.withPassword('', 'srvpass', '192.0.2.1')).toBeUndefined()
  })

  test('only so many are known again', async () => {
    config = { password: { scrypt: undefined, softEther: administratorHash('p') }, viewers: [] }
    await administrators.withPassword('', 'p', '192.0.2.1')
    for (let i = 0; i < RECENT_PASSWORDS_MAX; i += 1) {
      config = { ...config, password: { scrypt: undefined, softEther: administratorHash(`${i}`) } }
      await administrators.withPassword('', `${i}`, '192.0.2.1')
    }
    config = { password: { scrypt: undefined, softEther: administratorHash('p') }, viewers: [] }
    await administrators.withPassword('', 'p', '192.0.2.1')
    expect(administrators.stats.recognisedAgain).toBe(0)
  })
})

describe('challenge and response', () => {
  test.each([
    ['', 'srvpass', { kind: 'server' }],
    ['LAB', 'hubpass', { kind: 'hub', hub: 'Lab' }],
    ['lab', 'srvpass', undefined],
    ['Open', '', undefined],
    ['None', '', undefined],
    ['missing', 'hubpass', undefined],
    ['@monitor', 'look', undefined],
  ])('%j with %j is %j', async (hub, password, role) => {
    expect(roleOf(await administrators.withResponse(hub, RANDOM, response(password), '192.0.2.1'))).toEqual(role)
  })

  test('a response of another length, or to another challenge, is none', async () => {
    expect(await administrators.withResponse('', RANDOM, new Uint8Array(3), '192.0.2.1')).toBeUndefined()
    expect(await administrators.withResponse('', RANDOM.toReversed(), response('srvpass'), '192.0.2.1')).toBeUndefined()
  })

  test('without a hash for it there is no way in, whatever is shown', async () => {
    config = { password: { scrypt: initial.password!.scrypt, softEther: undefined }, viewers: [] }
    expect(await administrators.withResponse('', RANDOM, response('srvpass'), '192.0.2.1')).toBeUndefined()
  })
})

test('what was shown holds until another password does, or the account is gone', async () => {
  const shown = [
    await administrators.withPassword('', 'srvpass', '192.0.2.1'),
    await administrators.withResponse('', RANDOM, response('srvpass'), '192.0.2.1'),
    await administrators.withPassword('@monitor', 'look', '192.0.2.1'),
    await administrators.withResponse('lab', RANDOM, response('hubpass'), '192.0.2.1'),
  ] as Recognised[]
  const valid = (): boolean[] => shown.map((one) => one.isValid())
  config = { ...config }
  expect(valid()).toEqual([true, true, true, true])
  config = { ...config, password: { scrypt: undefined, softEther: administratorHash('other') } }
  expect(valid()).toEqual([false, false, true, true])
  shown[0]!.hasSet(administratorHash('wrong'))
  shown[1]!.hasSet(administratorHash('other'))
  expect(valid(), 'who has set it himself stays').toEqual([false, true, true, true])
  config = { ...config, viewers: [] }
  hubs[0]!.password = hubPassword('new')
  expect(valid()).toEqual([false, true, false, false])
  hubs[0]!.password = hubPassword('hubpass')
})

test('refusals are told to the operator with their source, but a flood of them is not', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(5_000)
  for (let i = 0; i < LOGIN_LINES_PER_SECOND + 5; i += 1) {
    await administrators.withResponse('', RANDOM, response('wrong'), `192.0.2.${i}`)
  }
  vi.restoreAllMocks()
  expect(told).toHaveLength(LOGIN_LINES_PER_SECOND)
  expect(told[3]).toBe('securenat: a login was refused source=192.0.2.3 failures=1')
  expect(administrators.stats.notLogged).toBe(5)
})
