// `securenat admin` as a person meets it, at a real terminal: it completes, asks, prints, remembers and quits. And as a script.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { TmuxTerminal } from './support/tmux.ts'
import { World } from './support/world.ts'

let world: World
let server: SecureNatServer

beforeAll(async () => {
  world = await World.create()
  server = await SecureNatServer.start(world, { args: ['--no-web', '--listen', '127.0.0.1:5555'] })
})
afterAll(() => world?.destroy())

function admin(name: string, ...args: string[]): Promise<TmuxTerminal> {
  return TmuxTerminal.start(world, name, [LAUNCHER, 'admin', '--state', server.state, ...args].join(' '))
}

describe('at a terminal', () => {
  test('a person completes, is asked, takes back, and quits', async () => {
    const terminal = await admin('person')
    await terminal.shows('VPN Server>')
    await terminal.keys('hubl', 'Tab')
    await terminal.shows('VPN Server>HubList')
    await terminal.keys('Enter')
    expect(await terminal.shows('VPN Server>')).toContain('Virtual Hub Name  |DEFAULT')
    await terminal.keys('Hub D', 'Tab')
    await terminal.shows('VPN Server>Hub DEFAULT')
    await terminal.keys('Enter')
    await terminal.shows('VPN Server/DEFAULT>')
    await terminal.keys('UserCreate', 'Enter')
    await terminal.shows('NAME (name of the user):')
    await terminal.keys('alice', 'Enter')
    await terminal.shows('VPN Server/DEFAULT>')
    await terminal.keys('UserPasswordSet a', 'Tab')
    await terminal.shows('VPN Server/DEFAULT>UserPasswordSet alice')
    await terminal.keys('Enter')
    await terminal.shows('PASSWORD (password of the user):')
    await terminal.keys('hunter2', 'Enter')
    await terminal.shows('Again:')
    await terminal.keys('hunter2', 'Enter')
    await terminal.shows('VPN Server/DEFAULT>')
    await terminal.keys('UserGet alice', 'Enter')
    expect(await terminal.shows('VPN Server/DEFAULT>')).toMatch(/Password Authentication/)
    await terminal.keys('HubDelete DEFAULT', 'C-c')
    await terminal.shows('VPN Server/DEFAULT>')
    await terminal.keys('UserDelete', 'Enter')
    await terminal.shows('NAME (name of the user):')
    await terminal.keys('C-c')
    await terminal.shows('VPN Server/DEFAULT>')
    await terminal.keys('NoSuchThing', 'Enter')
    expect(await terminal.shows('VPN Server/DEFAULT>')).toContain('unknown command "NoSuchThing"')
    await terminal.keys('ServerPasswordSet hunter3', 'Enter')
    const screen = await terminal.shows('VPN Server/DEFAULT>')
    expect(screen).not.toContain('hunter2')
    await terminal.keys('C-d')
    await terminal.shows('ended: 0')
    expect(await server.mustCommand('UserList')).toContain('alice')
  })

  test('the next time the lines are there again, without what was secret', async () => {
    const file = join(server.state, 'admin-history')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toMatch(/hunter|NoSuchThing|HubDelete/)
    const terminal = await admin('again', '--hub', 'default', '--language', 'ja')
    await terminal.shows('VPN Server/DEFAULT>')
    await terminal.keys('Up')
    await terminal.shows('VPN Server/DEFAULT>ServerPasswordSet')
    await terminal.keys('C-c', 'Up', 'Up', 'Up')
    await terminal.shows('VPN Server/DEFAULT>UserGet alice')
    await terminal.keys('Enter')
    expect(await terminal.shows('VPN Server/DEFAULT>')).toContain('ユーザー名')
    await terminal.keys('Exit', 'Enter')
    await terminal.shows('ended: 0')
  })
})

describe('as a script', () => {
  test('from standard input; a fault does not end it', async () => {
    const script =
      'Hub DEFAULT\n# nobody\nUserDelete nobody\nUserCreate "bob smith" /NOTE:"a b"\nUserList\nExit\nHubDelete DEFAULT\n'
    const argv = [LAUNCHER, 'admin', '--state', server.state]
    const { status, stdout, stderr } = await world.server.run(argv, { input: script })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^securenat: .*nobody/i)
    expect(stdout).toContain('VPN Server/DEFAULT>UserList\nItem')
    expect(stdout).toMatch(/Description +\|a b/)
    expect(stdout).not.toContain('HubDelete')
  })

  test('for a hub that is not there does not begin', async () => {
    const argv = [LAUNCHER, 'admin', '--state', server.state, '--hub', 'none']
    const { status, stdout, stderr } = await world.server.run(argv, { input: 'HubDelete DEFAULT\n' })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^securenat: .*none/)
  })

  test('from a file, over the network, to a file', async () => {
    const [input, output] = [join(world.directory, 'in.txt'), join(world.directory, 'out.txt')]
    writeFileSync(input, 'EnumHub\nHubList --json\nUserPasswordSet alice\n')
    const argv = [LAUNCHER, 'admin', '--server', 'https://127.0.0.1:5555', '--hub', 'DEFAULT', `--in=${input}`]
    const env = { SECURENAT_PASSWORD: 'hunter3' }
    const refused = await world.server.run(argv, { env })
    expect(refused.status).toBe(1)
    const fingerprint = /--pin ([0-9A-F:]+)/.exec(refused.stderr)?.[1]
    expect(fingerprint, refused.stderr).toBeDefined()
    const { status, stdout, stderr } = await world.server.run([...argv, '--pin', fingerprint!, `--out=${output}`], {
      env,
    })
    expect(status).toBe(1)
    expect(stdout).toContain('"HubName_str": "DEFAULT"')
    expect(stderr).toMatch(/unknown command "EnumHub"[\s\S]*--password is missing/)
    expect(existsSync(output)).toBe(true)
    expect(readFileSync(output, 'utf8')).toMatch(/VPN Server\/DEFAULT>HubList --json\n\{[\s\S]*--password is missing/)
  })
})
