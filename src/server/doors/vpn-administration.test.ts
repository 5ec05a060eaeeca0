// Who is let in to administer at the VPN server's port, and which number the tool is told otherwise (protocol reference 16.1).

import { expect, test } from 'vitest'
import { administratorHash, type HubPassword, hubPassword, securePassword } from '../../accounts/password-hash.ts'
import type { Peer } from '../../softether/login-connection.ts'
import { ERROR, errorOf } from '../../softether/login-messages.ts'
import { Pack } from '../../softether/pack.ts'
import { Administrators, type Recognised } from '../administrators.ts'
import { Log } from '../log.ts'
import type { Server } from '../server.ts'
import { vpnAdministration, whileValid } from './vpn-administration.ts'

const HUBS: Readonly<Record<string, HubPassword>> = { lab: hubPassword('labpass'), open: hubPassword('') }
const random = new Uint8Array(20).fill(7)
const peer = { address: '192.0.2.1' } as Peer

async function answered(hubName: string, password: string): Promise<number> {
  const administrators = new Administrators({
    administrator: () => ({ password: undefined, viewers: [] }),
    hub: (name) => ({ name, password: HUBS[name] }),
    log: new Log(undefined, Date.now, () => {}),
  })
  const hubUnit = (name: string) => HUBS[name] && { config: { adminPassword: HUBS[name] } }
  const server = { hubUnit, stateDir: '/nowhere', nextAdministration: () => 'RPC-1' } as unknown as Server
  const request = new Pack()
    .addText('hubname', hubName)
    .addData('secure_password', securePassword(administratorHash(password), random))
  return errorOf((await vpnAdministration(server, administrators).answer(request, random, peer)).pack)
}

test('a connection outlives a change of its password only when the change came by it', async () => {
  let password = hubPassword('old')
  const administrators = new Administrators({
    administrator: () => ({ password: undefined, viewers: [] }),
    hub: (name) => ({ name, password }),
    log: new Log(undefined, Date.now, () => {}),
  })
  const setHub = async (_name: string, request: Pack): Promise<Pack> => {
    const given = request.text('AdminPasswordPlainText')
    const hashedPassword = request.data('HashedPassword')
    if (given !== '') password = hubPassword(given)
    if (hashedPassword !== undefined) password = { ...password, hashedPassword }
    return new Pack()
  }
  const logIn = async (shown: string) => {
    const response = securePassword(administratorHash(shown), random)
    const recognised = (await administrators.withResponse('lab', random, response, '192.0.2.1')) as Recognised
    return whileValid(recognised, setHub)
  }
  const [changer, other] = [await logIn('old'), await logIn('old')]
  expect(await other('SetHub', new Pack())).toBeDefined()
  await changer('SetHub', new Pack().addText('AdminPasswordPlainText', 'new'))
  expect(await other('SetHub', new Pack())).toBeUndefined()
  expect(await changer('SetHub', new Pack())).toBeDefined()
  await changer('SetHub', new Pack().addData('HashedPassword', administratorHash('newer')))
  expect(await changer('SetHub', new Pack())).toBeDefined()
  password = hubPassword('another')
  expect(await changer('SetHub', new Pack().addText('AdminPasswordPlainText', 'another'))).toBeUndefined()
})

test.each([
  ['lab', 'labpass', 0],
  ['lab', 'wrong', ERROR.accessDenied],
  ['lab', '', ERROR.accessDenied],
  ['nowhere', 'labpass', ERROR.hubNotFound],
  ['open', '', ERROR.emptyPasswordRemote],
  ['open', 'wrong', ERROR.accessDenied],
  ['', '', ERROR.accessDenied],
])('hub %j with the password %j: %i', async (hub, password, code) => {
  expect(await answered(hub, password)).toBe(code)
})
