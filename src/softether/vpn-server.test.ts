import { beforeEach, describe, expect, test } from 'vitest'
import { packVectors } from '../../test/support/pack-vectors.ts'
import { blocks, KEEP_ALIVE, type TestEnvironment, TestWire, testEnvironment } from '../../test/support/vpn-peers.ts'
import type { AdminOptions } from '../accounts/admin-options.ts'
import { administratorHash, securePassword, userHash } from '../accounts/password-hash.ts'
import type { User, UserAuthentication } from '../accounts/user.ts'
import type { ExtendedOptions } from '../hub/extended-options.ts'
import { Hub } from '../hub/hub.ts'
import { DEFAULT_POLICY, type Policy } from '../hub/policy.ts'
import { ANY_IPV4 } from '../wire/ipv4-address.ts'
import type { RpcCall } from './admin-session.ts'
import { ADMIN_SESSIONS_MAX, ADMIN_SESSIONS_PER_HUB_MAX, Administration } from './administration.ts'
import { emitPackRequest, emitSignatureRequest, HttpReader, LOGIN_BODY_MAX, packAnswerBody } from './http-preamble.ts'
import type { LoginDirectory, LoginHub } from './login.ts'
import {
  LOGIN_MESSAGE_MS_MAX,
  type LoginConnection,
  NOOPS_MAX,
  type Peer,
  STRANGE_REQUESTS_MAX,
} from './login-connection.ts'
import {
  additionalConnectPack,
  ERROR,
  errorOf,
  isNoop,
  type LoginRequest,
  loginPack,
  noopPack,
  PRODUCT_NAME_LENGTH_MAX,
  readDirection,
  readHello,
  readWelcome,
} from './login-messages.ts'
import { emitPack, Pack, parsePack } from './pack.ts'
import { LOGINS_MAX, LOGINS_PER_SOURCE_MAX, VpnServer } from './vpn-server.ts'
import type { VpnSession } from './vpn-session.ts'

const PEER: Peer = {
  address: '192.0.2.9',
  source: '192.0.2.9',
  port: 1234,
  serverPort: 5555,
  cipherName: 'TLS_X',
  isLocal: false,
  connectionName: 'CID-1',
  known: () => {},
}
const PRODUCT = { name: 'SoftEther VPN Client Developer Edition', version: 501, build: 9674 }

function user(name: string, more: Partial<User> = {}, password = 'pw1'): User {
  const authentication: UserAuthentication = {
    kind: 'password',
    hashedKey: userHash(name, password),
    ntLmSecureHash: new Uint8Array(0),
  }
  const nothing = { realName: '', note: '', group: '', createdAt: 0, updatedAt: 0, expiresAt: undefined }
  return { name, ...nothing, authentication, policy: undefined, ...more }
}

const policy = (more: Partial<Policy>): Policy => ({ ...DEFAULT_POLICY, ...more })

let environment: TestEnvironment
let hub: Hub
let users: User[]
let adminOptions: AdminOptions
let extendedOptions: ExtendedOptions
let hubState: { isOnline: boolean; refused: string; administratorHash: Uint8Array | undefined }
let server: VpnServer
let events: string[]
let directory: LoginDirectory
const silent = { loggedIn: () => {}, refused: () => {}, ended: () => {}, faulted: () => {}, passwordChanged: () => {} }

beforeEach(() => {
  environment = testEnvironment()
  hub = new Hub('H1', environment)
  users = [user('u1')]
  hubState = { isOnline: true, refused: '', administratorHash: undefined }
  adminOptions = {}
  extendedOptions = {}
  events = []
  const loginHub: LoginHub = {
    name: 'H1',
    message: 'héllo',
    authorities: [],
    get adminOptions() {
      return adminOptions
    },
    get extendedOptions() {
      return extendedOptions
    },
    get isOnline() {
      return hubState.isOnline
    },
    get administratorHash() {
      return hubState.administratorHash
    },
    user: (name) => users.find((one) => one.name.toLowerCase() === name.toLowerCase()),
    group: (name) =>
      name === 'g' ? { name, realName: '', note: '', policy: policy({ maxConnection: 3, timeOut: 7 }) } : undefined,
    refusesSource: (address) => address === hubState.refused,
    sessionsOfUser: (name) => hub.sessionsOfUser(name),
    sessionCounts: () => hub.activity(),
    attach: (port) => hub.attach(port),
  }
  directory = {
    hub: (name) => (name.toLowerCase() === 'h1' ? loginHub : undefined),
    visibleHubs: () => ['H1', 'H2'],
  }
  server = new VpnServer('A Server', directory, environment, {
    loggedIn: (session) => events.push(`in ${session.sessionName}`),
    refused: (_request, code) => events.push(`refused ${code}`),
    ended: (session, _hub, reason) => events.push(`out ${session.sessionName} ${reason}`),
    passwordChanged: (hubName, userName) => events.push(`changed ${hubName} ${userName}`),
    faulted: (error) => events.push(`fault ${(error as Error).message}`),
  })
})

/** A client of the tests, at the other end of a wire. */
class Client {
  readonly wire = new TestWire()
  readonly connection: LoginConnection
  random: Uint8Array = new Uint8Array(20)

  constructor(peer = PEER) {
    this.connection = server.accept(this.wire, peer)
  }

  /** Every PACK that came since the last time. */
  packs(): Pack[] {
    const reader = new HttpReader(LOGIN_BODY_MAX)
    reader.push(this.wire.bytes())
    const packs: Pack[] = []
    for (let message = reader.next(); message !== undefined; message = reader.next()) {
      packs.push(parsePack(packAnswerBody(message)!)!)
    }
    const rest = reader.rest()
    this.wire.writes.length = 0
    if (rest.length > 0) this.wire.writes.push(rest)
    return packs
  }

  startLines(): string[] {
    return [
      ...this.wire
        .bytes()
        .toString('latin1')
        .matchAll(/HTTP\/1\.1 \d.*(?=\r)/g),
    ].map(([line]) => line)
  }

  sign(): this {
    this.connection.push(emitSignatureRequest('192.0.2.1'))
    const hello = readHello(this.packs()[0]!)
    this.random = hello!.random
    return this
  }

  ask(request: Pack): Pack {
    this.connection.push(emitPackRequest('192.0.2.1', request, environment.random))
    return this.packs()[0]!
  }

  login(more: Partial<LoginRequest> = {}, password = 'pw1'): Pack {
    return this.ask(loginPack(this.request(more, password)))
  }

  request(more: Partial<LoginRequest> = {}, password = 'pw1'): LoginRequest {
    const userName = more.userName ?? 'u1'
    return {
      hubName: 'H1',
      userName,
      credential: { kind: 'password', securePassword: securePassword(userHash(userName, password), this.random) },
      product: PRODUCT,
      maxConnection: 8,
      useCompress: false,
      halfConnection: false,
      bridge: false,
      monitor: false,
      node: {
        hostName: 'pc',
        osName: '',
        osVersion: '',
        uniqueId: new Uint8Array(16).fill(3),
        clientAddress: ANY_IPV4,
        clientPort: 0,
        serverHostName: '',
      },
      ...more,
    }
  }
}

const login = (more: Partial<LoginRequest> = {}, password = 'pw1'): Pack => new Client().sign().login(more, password)

describe('a login', () => {
  test('with a password becomes a session of the hub, and the tunnel begins behind the answer', () => {
    const client = new Client().sign()
    const welcome = readWelcome(client.login({ maxConnection: 3, useCompress: true }))
    expect(welcome).toMatchObject({
      sessionName: 'SID-U1-1',
      connectionName: 'CID-1',
      maxConnection: 3,
      useCompress: true,
      halfConnection: false,
      timeoutMs: 20_000,
      message: 'héllo',
      policy: { noBridge: true, noRouting: true, access: true },
    })
    expect(client.wire.readTunnel().keepAlives).toBe(1)
    expect(hub.sessions()).toMatchObject([
      {
        name: 'SID-U1-1',
        identity: { userName: 'u1', hostName: '192.0.2.9', mode: 'client' },
        details: { tcpConnections: 1, maxTcpConnections: 3, clientProduct: PRODUCT.name, usesCompression: true },
      },
    ])
    expect(events).toEqual(['in SID-U1-1'])
    expect(server.loginCount).toBe(0)
  })

  test('as recorded from a real client, a real bridge and a real server', async () => {
    const titles = ['client_login_password', 'vpnserver_cascade', 'vpnbridge_cascade']
    for (const [index, title] of titles.entries()) {
      const { pack } = packVectors('handshake').find((vector) => vector.title.includes(title))!
      const name = pack.text('username')
      users = [user(name, {}, name === 'u1' ? 'pw1' : 'brpw')]
      const randoms = ['da4f56247ab07a757ce381f7571d7bb158c0a44f', '98dce302d6ddc66592a3694b25a899781c75605f']
      const random = [...randoms, 'bb32291eeaee3ed64b5d5845584e2a5075b20505'][index]!
      const answer = await server.answer(pack, Buffer.from(random, 'hex'), PEER)
      expect(errorOf(answer.pack), title).toBe(0)
      expect(readWelcome(answer.pack)?.sessionName).toBe(`SID-${name.toUpperCase()}-${index + 1}`)
      const row = hub.sessions().at(-1)!
      expect(row.identity.mode).toBe(index === 0 ? 'client' : 'bridge')
      expect(row.details?.isCascade).toBe(index !== 0)
      expect(row.details?.clientVersion).toBe(501)
    }
  })

  test('bytes right behind it are the tunnel’s', () => {
    const client = new Client().sign()
    const frame = Buffer.from('ffffffffffff02000000000108060001', 'hex')
    const request = emitPackRequest('192.0.2.1', loginPack(client.request()), environment.random)
    client.connection.push(Buffer.concat([request, KEEP_ALIVE, blocks(frame).subarray(0, 5)]))
    client.connection.push(blocks(frame).subarray(5))
    expect(hub.stats.rxFrames).toBe(1)
  })

  test.each<[string, Partial<LoginRequest>, Partial<User>, Partial<LoginHub>]>([
    ['plain password', { credential: { kind: 'plainPassword', password: 'pw1' } }, {}, {}],
    ['other letter case', { hubName: 'h1', userName: 'U1' }, {}, {}],
    [
      'a user without authentication, whatever he shows',
      { credential: { kind: 'unsupported' } },
      { authentication: { kind: 'anonymous' } },
      {},
    ],
    ['not expired yet', {}, { expiresAt: Date.UTC(2030, 0) }, {}],
  ])('%s', (_what, request, more) => {
    users = [user('u1', more)]
    expect(errorOf(login(request))).toBe(0)
  })

  test.each<[string, number, Partial<LoginRequest>, Partial<User>?]>([
    ['unknown hub', ERROR.hubNotFound, { hubName: 'nowhere' }],
    ['unknown user', ERROR.authenticationFailed, { userName: 'nobody' }],
    ['wrong plain password', ERROR.authenticationFailed, { credential: { kind: 'plainPassword', password: 'x' } }],
    ['anonymous for a user with a password', ERROR.authenticationFailed, { credential: { kind: 'anonymous' } }],
    [
      'half a hash',
      ERROR.authenticationFailed,
      { credential: { kind: 'password', securePassword: new Uint8Array(7) } },
    ],
    ['expired', ERROR.accessDenied, {}, { expiresAt: 1_000 }],
    ['no access', ERROR.accessDenied, {}, { policy: policy({ access: false }) }],
    ['monitor without the right', ERROR.monitorRefused, { monitor: true }],
    [
      'bridge without the right',
      ERROR.bridgeRefused,
      { bridge: true },
      { policy: policy({ noBridge: true, noRouting: true }) },
    ],
  ])('refused: %s (%i)', (_what, code, request, more = {}) => {
    users = [user('u1', more)]
    expect(errorOf(login(request))).toBe(code)
    expect(hub.sessions()).toEqual([])
    expect(events).toEqual([`refused ${code}`])
  })

  test('refused: wrong password, hub offline, source refused, unsupported kind, an empty password from elsewhere', () => {
    expect(errorOf(login({}, 'wrong'))).toBe(ERROR.authenticationFailed)
    users = [user('u1', {}, '')]
    expect(errorOf(login({}, ''))).toBe(ERROR.emptyPasswordRemote)
    expect(errorOf(new Client({ ...PEER, isLocal: true }).sign().login({}, ''))).toBe(0)
    hubState.isOnline = false
    expect(errorOf(login())).toBe(ERROR.hubOffline)
    hubState.refused = PEER.address
    expect(errorOf(login())).toBe(ERROR.sourceRefused)
    hubState = { isOnline: true, refused: '', administratorHash: undefined }
    const client = new Client().sign()
    const odd = loginPack(client.request())
    const pack = new Pack()
    for (const element of odd.elements()) if (element.name !== 'authtype') pack.add(element)
    expect(errorOf(client.ask(pack.addInt('authtype', 7)))).toBe(ERROR.authenticationNotSupported)
  })

  test('too many sessions of a user, and of a hub', () => {
    users = [user('u1', { policy: policy({ multiLogins: 2 }) }), user('u2')]
    expect([login(), login(), login()].map(errorOf)).toEqual([0, 0, ERROR.tooManyUserSessions])
    hub.maxSessions = 3
    expect([login({ userName: 'u2' }), login({ userName: 'u2' })].map(errorOf)).toEqual([0, ERROR.hubBusy])
  })

  test("the options of the server's administrator win over a user's policy", () => {
    users = [user('u1', { policy: policy({ multiLogins: 5, noBridge: false, noRouting: false }) }), user('u2')]
    adminOptions = { max_multilogins_per_user: 2, deny_bridge: 1 }
    expect([login(), login({ bridge: true }), login()].map(errorOf)).toEqual([0, 0, ERROR.tooManyUserSessions])
    expect(hub.sessions().map(({ identity }) => identity.policy?.noBridge)).toEqual([true, true])
    adminOptions = { deny_bridge: 1, deny_routing: 1 }
    expect(errorOf(login({ userName: 'u2', bridge: true }))).toBe(ERROR.bridgeRefused)
    expect(errorOf(login({ userName: 'u2' }))).toBe(0)
  })

  test('clients and bridges have places of their own, and programs the hub does not want have none', () => {
    adminOptions = { max_sessions_client_bridge_apply: 1, max_sessions_client: 1, max_bitrates_upload: 1_000_000 }
    expect([login(), login(), login({ bridge: true })].map(errorOf)).toEqual([0, ERROR.hubBusy, ERROR.hubBusy])
    expect(hub.sessions()[0]?.identity.policy?.maxUpload).toBe(1_000_000)
    adminOptions = {}
    extendedOptions = { ClientMinimumRequiredBuild: PRODUCT.build + 1 }
    const product = { ...PRODUCT, name: 'A VPN Client' }
    expect(errorOf(login({ product }))).toBe(ERROR.versionInvalid)
    extendedOptions = { RequiredClientId: 7 }
    expect([7, 8, 0].map((clientId) => errorOf(login({ product, clientId })))).toEqual([
      0,
      ERROR.clientIdRequired,
      ERROR.clientIdRequired,
    ])
  })

  test('the hub’s administrator may, with the right to monitor', () => {
    hubState.administratorHash = userHash('ADMINISTRATOR', 'hubpass')
    expect(errorOf(login({ userName: 'Administrator', monitor: true }, 'hubpass'))).toBe(0)
    expect(errorOf(login({ userName: 'Administrator' }, 'other'))).toBe(ERROR.authenticationFailed)
    expect(hub.sessions()[0]?.identity.mode).toBe('monitor')
  })

  test('the administrator of a hub that has no password yet comes from this computer alone', () => {
    hubState.administratorHash = userHash('ADMINISTRATOR', '')
    expect(errorOf(login({ userName: 'Administrator' }, ''))).toBe(ERROR.emptyPasswordRemote)
    const plain = { kind: 'plainPassword', password: '' } as const
    expect(errorOf(login({ userName: 'Administrator', credential: plain }))).toBe(ERROR.emptyPasswordRemote)
    expect(errorOf(new Client({ ...PEER, isLocal: true }).sign().login({ userName: 'Administrator' }, ''))).toBe(0)
  })

  test('the user’s policy wins over the group’s, which wins over the default', () => {
    users = [user('u1', { group: 'g' }), user('u2', { group: 'g', policy: policy({ timeOut: 99 }) })]
    expect(readWelcome(login({ maxConnection: 8 }))).toMatchObject({ maxConnection: 3, timeoutMs: 7_000 })
    expect(readWelcome(login({ maxConnection: 8, userName: 'u2' }))).toMatchObject({
      maxConnection: 8,
      timeoutMs: 60_000,
    })
  })

  test('who asks to bridge may, unless the policy forbids it', () => {
    const welcome = readWelcome(login({ bridge: true }))
    expect(welcome?.policy).toMatchObject({ noBridge: false, noRouting: false })
    expect(hub.sessions()[0]?.identity.mode).toBe('bridge')
  })

  test('half duplex has at least two connections', () => {
    expect(readWelcome(login({ halfConnection: true, maxConnection: 1 }))).toMatchObject({
      halfConnection: true,
      maxConnection: 2,
    })
  })
})

test('who guesses is judged by the guard: only a wrong password counts as a failure', async () => {
  const attempts: [string, boolean][] = []
  let isBusy = false
  environment = {
    ...environment,
    guard: {
      attempt: async (source, check) => {
        const result = isBusy ? undefined : await check()
        attempts.push([source, result !== undefined])
        return result
      },
    },
  }
  server = new VpnServer('A Server', directory, environment, silent)
  const guarded = async (request: Partial<LoginRequest>, password?: string): Promise<number> => {
    const client = new Client().sign()
    const pack = loginPack(client.request(request, password))
    client.connection.push(emitPackRequest('192.0.2.1', pack, environment.random))
    expect(client.wire.writes.length, 'nothing is answered before it is judged').toBe(0)
    await new Promise((resolve) => setImmediate(resolve))
    return errorOf(client.packs()[0]!)
  }
  expect(await guarded({}, 'wrong')).toBe(ERROR.authenticationFailed)
  expect(await guarded({})).toBe(0)
  expect(await guarded({ hubName: 'nowhere' })).toBe(ERROR.hubNotFound)
  isBusy = true
  expect(await guarded({})).toBe(ERROR.hubBusy)
  expect(attempts.map(([, isGood]) => isGood)).toEqual([false, true, true, false])
  expect(attempts[0]?.[0]).toBe(PEER.source)
})

test('a fault while a judged login is answered ends its connection alone', async () => {
  environment = { ...environment, guard: { attempt: async (_source, check) => check() } }
  server = new VpnServer('A Server', directory, environment, silent)
  const client = new Client().sign()
  client.wire.write = () => {
    throw new Error('broken')
  }
  client.connection.push(emitPackRequest('192.0.2.1', loginPack(client.request()), environment.random))
  await new Promise((resolve) => setImmediate(resolve))
  expect([client.wire.isEnded, server.loginCount]).toEqual([true, 0])
})

describe('a fault of the program', () => {
  const frame = Buffer.from('ffffffffffff02000000000108060001', 'hex')
  const broken = (): never => {
    throw new Error('broken')
  }

  function inside(): Client {
    const client = new Client().sign()
    client.login()
    client.wire.writes.length = 0
    return client
  }

  test.each<[string, (session: VpnSession, client: Client, other: Client) => void]>([
    [
      'in what came',
      (session, client) => {
        session.receive = broken
        client.connection.push(KEEP_ALIVE)
      },
    ],
    [
      'at the end of a turn',
      (_session, client, other) => {
        other.connection.push(blocks(frame))
        client.wire.write = broken
        environment.turn()
        environment.turn()
      },
    ],
    [
      'in time',
      (_session, client) => {
        client.wire.write = broken
        environment.clock.advance(6_000)
      },
    ],
    [
      'when the connection has gone',
      (session, client) => {
        session.lose = broken
        client.connection.closed()
      },
    ],
  ])('%s ends its session alone, is told once and counted', (_when, fail) => {
    const client = inside()
    const other = inside()
    fail([...server.sessions()][0]!, client, other)
    expect(events).toEqual(['in SID-U1-1', 'in SID-U1-2', 'fault broken', 'out SID-U1-1 fault'])
    expect([server.stats.faults, client.wire.isEnded, other.wire.isEnded]).toEqual([1, true, false])
    expect(hub.sessions().map(({ name }) => name)).toEqual(['SID-U1-2'])
    client.connection.push(KEEP_ALIVE)
    environment.turn()
    expect(server.stats.faults).toBe(1)
  })
})

test('while a login is judged, its connection does not store what is sent without end', () => {
  environment = { ...environment, guard: { attempt: () => new Promise(() => {}) } }
  server = new VpnServer('A Server', directory, environment, silent)
  const client = new Client().sign()
  client.connection.push(emitPackRequest('192.0.2.1', loginPack(client.request()), environment.random))
  client.connection.push(new Uint8Array(LOGIN_BODY_MAX))
  expect([client.wire.isEnded, server.loginCount]).toEqual([false, 1])
  client.connection.push(new Uint8Array(1))
  expect([client.wire.isEnded, server.loginCount]).toEqual([true, 0])
  expect(server.stats.unreadable).toBe(1)
})

describe('an additional connection', () => {
  function open(more: Partial<LoginRequest> = {}): { key: Uint8Array; client: Client } {
    const client = new Client().sign()
    return { key: readWelcome(client.login(more))!.sessionKey, client }
  }

  test('joins the session whose key it shows, as many as were granted', () => {
    const { key } = open({ maxConnection: 2 })
    const answer = new Client().sign().ask(additionalConnectPack(key, PRODUCT))
    expect([errorOf(answer), readDirection(answer)]).toEqual([0, 'both'])
    expect(hub.sessions()[0]?.details?.tcpConnections).toBe(2)
    expect(errorOf(new Client().sign().ask(additionalConnectPack(key, PRODUCT)))).toBe(ERROR.tooManyConnections)
  })

  test('half duplex: directions 2, 1, 1, 2', () => {
    const { key } = open({ halfConnection: true, maxConnection: 4 })
    const directions = [1, 2, 3].map(() => readDirection(new Client().sign().ask(additionalConnectPack(key, PRODUCT))))
    expect(directions).toEqual(['toClient', 'toClient', 'toServer'])
  })

  test('with an unknown key, or that of a session that is over, is refused with 13', () => {
    const { key, client } = open()
    expect(errorOf(new Client().sign().ask(additionalConnectPack(new Uint8Array(20), PRODUCT)))).toBe(
      ERROR.sessionTimeout,
    )
    client.connection.closed()
    environment.clock.advance(19_000)
    const again = new Client()
    expect(errorOf(again.sign().ask(additionalConnectPack(key, PRODUCT))), 'it is resumed').toBe(0)
    again.connection.closed()
    environment.clock.advance(21_000)
    expect(errorOf(new Client().sign().ask(additionalConnectPack(key, PRODUCT)))).toBe(ERROR.sessionTimeout)
    expect(events).toEqual(['in SID-U1-1', 'out SID-U1-1 timeout'])
    expect(hub.sessions()).toEqual([])
  })
})

test('sessions leave connections to those who log in or administer', () => {
  server.connectionsMax = 2
  const first = new Client().sign()
  const { sessionKey } = readWelcome(first.login())!
  const second = new Client().sign()
  expect(errorOf(second.ask(additionalConnectPack(sessionKey, PRODUCT)))).toBe(0)
  expect(errorOf(new Client().sign().ask(additionalConnectPack(sessionKey, PRODUCT)))).toBe(ERROR.tooManyConnections)
  expect(errorOf(login())).toBe(ERROR.hubBusy)
  expect(errorOf(new Client().sign().ask(new Pack().addText('method', 'enum_hub')))).toBe(0)
  second.connection.closed()
  second.connection.closed()
  expect([errorOf(login()), errorOf(login())]).toEqual([0, ERROR.hubBusy])
})

test('what a stranger calls himself is short and without control characters where it is shown', () => {
  const shown: string[] = []
  const peer: Peer = { ...PEER, known: (_what, { name }) => shown.push(name) }
  server.answer(
    new Pack().addText('method', 'enum_hub').addText('client_str', 'x'.repeat(60_000)),
    Buffer.alloc(20),
    peer,
  )
  new Client(peer).sign().login({ product: { ...PRODUCT, name: '\u001bc' } })
  expect(shown).toEqual(['x'.repeat(PRODUCT_NAME_LENGTH_MAX), '\ufffdc'])
  const random = new Uint8Array(20)
  const hello = new Pack().addText('hello', `\u009bc${'x'.repeat(200)}`).addData('random', random)
  expect(readHello(hello)?.productName).toBe(`\ufffdc${'x'.repeat(PRODUCT_NAME_LENGTH_MAX - 2)}`)
  expect(hub.sessions()[0]?.details?.clientProduct).toBe('\ufffdc')
})

describe('a user who changes his own password', () => {
  let isSaved: boolean
  const PEER_HERE = { ...PEER, isLocal: true }

  beforeEach(() => {
    isSaved = true
    const hubOf = directory.hub
    const setPassword: LoginHub['setPassword'] = async (name, _before, authentication) => {
      if (isSaved) users = users.map((one) => (one.name === name ? { ...one, authentication } : one))
      return isSaved
    }
    directory.hub = (name) => {
      const found = hubOf(name)
      return found && Object.assign(found, { setPassword })
    }
  })

  async function change(userName: string, from: string, to: string, more = new Pack(), peer = PEER): Promise<number> {
    const client = new Client(peer).sign()
    const secure = securePassword(userHash(userName, from), client.random)
    const pack = more.addText('method', 'password').addText('hubname', 'h1').addText('username', userName)
    pack.addData('secure_old_password', secure).addData('new_password', userHash(userName, to))
    client.connection.push(emitPackRequest('192.0.2.1', pack, environment.random))
    await new Promise((resolve) => setImmediate(resolve))
    return errorOf(client.packs()[0]!)
  }

  test('logs in with the new one from then on', async () => {
    const nt = new Uint8Array(16).fill(4)
    expect(await change('u1', 'pw1', 'new', new Pack().addData('new_password_ntlm', nt))).toBe(0)
    expect(users[0]?.authentication).toMatchObject({ ntLmSecureHash: nt })
    expect([errorOf(login({}, 'pw1')), errorOf(login({}, 'new'))]).toEqual([ERROR.authenticationFailed, 0])
    expect(events[0]).toBe('changed h1 u1')
  })

  test.each<[string, number, () => Promise<number>]>([
    ['the present one is another', ERROR.oldPasswordWrong, () => change('u1', 'wrong', 'new')],
    ['there is no such user', ERROR.oldPasswordWrong, () => change('nobody', 'pw1', 'new')],
    ['he has no password', ERROR.notPasswordUser, () => change('open', 'pw1', 'new')],
    ['his policy forbids it', ERROR.notEnoughRights, () => change('fixed', 'pw1', 'new')],
    ['the hub is another', ERROR.hubNotFound, () => change('u1', 'pw1', 'new', new Pack().addText('hubname', 'none'))],
    ['it is empty, and he is elsewhere', ERROR.emptyPasswordRemote, () => change('empty', '', 'new')],
    [
      'the new one is half a hash',
      ERROR.protocol,
      () => change('u1', 'pw1', '', new Pack().addData('new_password', new Uint8Array(7))),
    ],
  ])('not when %s: %i', async (_what, code, attempt) => {
    const before = [
      user('u1'),
      user('open', { authentication: { kind: 'anonymous' } }),
      user('fixed', { policy: policy({ fixPassword: true }) }),
      user('empty', {}, ''),
    ]
    users = before
    expect(await attempt()).toBe(code)
    expect(users).toBe(before)
  })

  test('not when the hub’s options, or its list of addresses, forbid it, or it cannot be saved', async () => {
    adminOptions = { deny_empty_password: 1 }
    expect(await change('u1', 'pw1', '')).toBe(ERROR.notEnoughRights)
    adminOptions = { deny_change_user_password: 1 }
    expect(await change('u1', 'pw1', 'new')).toBe(ERROR.notEnoughRights)
    adminOptions = {}
    isSaved = false
    expect(await change('u1', 'pw1', 'new')).toBe(ERROR.internal)
    hubState.refused = PEER.address
    expect(await change('u1', 'pw1', 'new')).toBe(ERROR.sourceRefused)
  })

  test('an empty one is changed on this computer', async () => {
    users = [user('empty', {}, '')]
    expect(await change('empty', '', 'new', new Pack(), PEER_HERE)).toBe(0)
  })

  test('guessing the present one is slowed down as a login is', async () => {
    const failures: string[] = []
    environment = {
      ...environment,
      guard: {
        attempt: async (source, check) => {
          const answer = await check()
          if (answer === undefined) failures.push(source)
          return answer
        },
      },
    }
    server = new VpnServer('A Server', directory, environment, silent)
    expect([await change('u1', 'wrong', 'new'), await change('u1', 'pw1', 'new')]).toEqual([ERROR.oldPasswordWrong, 0])
    expect(failures).toEqual([PEER.source])
  })
})

describe('other requests', () => {
  test('enum_hub', () => {
    const answer = new Client().sign().ask(new Pack().addText('method', 'enum_hub'))
    expect([answer.text('HubName'), answer.text('HubName', 1), answer.int('NumHub')]).toEqual(['H1', 'H2', 2])
  })

  test('no method, an unknown one, a login without names: 4', () => {
    for (const pack of [new Pack(), new Pack().addText('method', 'fly'), new Pack().addText('method', 'login')]) {
      expect(errorOf(new Client().sign().ask(pack))).toBe(ERROR.protocol)
    }
  })

  test('what is no PACK request: 3, and the connection ends when the client does not', () => {
    const client = new Client().sign()
    client.connection.push(Buffer.from('POST /elsewhere HTTP/1.1\r\nContent-Length: 1\r\n\r\nx'))
    expect(errorOf(client.packs()[0]!)).toBe(ERROR.disconnected)
    environment.clock.advance(10_000)
    expect(client.wire.isEnded).toBe(true)
    expect(server.stats.unreadable).toBe(1)
  })

  test('a client whose user is typing keeps the connection, but not for ever', () => {
    const client = new Client().sign()
    for (let count = 0; count < NOOPS_MAX; count += 1) {
      environment.clock.advance(LOGIN_MESSAGE_MS_MAX - 1)
      expect(isNoop(client.ask(noopPack()))).toBe(true)
    }
    client.connection.push(emitPackRequest('192.0.2.1', noopPack(), environment.random))
    expect(client.wire.isEnded).toBe(true)
  })
})

describe('a stranger', () => {
  test('is told 404, and 403 with the marker at /, on one connection', () => {
    const client = new Client()
    client.connection.push(Buffer.from('GET /x HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nX-VPN: 1\r\n\r\n'))
    client.connection.push(Buffer.from('POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'))
    expect(client.startLines()).toEqual(['HTTP/1.1 404 Not Found', 'HTTP/1.1 403 Forbidden', 'HTTP/1.1 404 Not Found'])
    expect(client.wire.isEnded).toBe(false)
    client.wire.writes.length = 0
    client.sign()
  })

  test('does not ask for ever', () => {
    const client = new Client()
    for (let count = 0; count <= STRANGE_REQUESTS_MAX; count += 1) {
      expect(client.wire.isEnded).toBe(false)
      client.connection.push(Buffer.from('GET /x HTTP/1.1\r\n\r\n'))
    }
    expect(client.wire.isEnded).toBe(true)
    client.connection.push(emitSignatureRequest('192.0.2.1'))
    expect(client.startLines().length).toBe(STRANGE_REQUESTS_MAX + 1)
  })

  test.each([
    ['who says nothing', ''],
    ['who says half of a signature', 'POST /vpnsvc/connect.cgi HTTP/1.1\r\nContent-Length: 10\r\n\r\nVPN'],
  ])('%s is cut off in time', (_who, text) => {
    const client = new Client()
    if (text !== '') client.connection.push(Buffer.from(text))
    environment.clock.advance(LOGIN_MESSAGE_MS_MAX - 1)
    expect(client.wire.isEnded).toBe(false)
    environment.clock.advance(2)
    expect(client.wire.isEnded).toBe(true)
    expect([server.stats.timedOut, server.loginCount, environment.clock.pending]).toEqual([1, 0, 0])
  })

  test('who sends a byte now and then is cut off as soon', () => {
    const client = new Client().sign()
    const request = emitPackRequest('192.0.2.1', loginPack(client.request()), environment.random)
    for (let at = 0; at < 40 && !client.wire.isEnded; at += 1) {
      client.connection.push(request.subarray(at, at + 1))
      environment.clock.advance(1_000)
    }
    expect(client.wire.isEnded).toBe(true)
    expect(environment.clock.now()).toBeLessThanOrEqual(LOGIN_MESSAGE_MS_MAX)
  })

  test('many of one source push out each other, and nobody else', () => {
    const honest = new Client({ ...PEER, source: '198.51.100.1' })
    const crowd = Array.from({ length: LOGINS_PER_SOURCE_MAX + 50 }, () => new Client())
    expect(crowd.filter(({ wire }) => wire.isEnded).length).toBe(50)
    expect(honest.sign().wire.isEnded).toBe(false)
    expect(server.stats.evictedLogins).toBe(50)
  })

  test('many of many sources push out the oldest of the source with the most', () => {
    const honest = new Client({ ...PEER, source: '203.0.113.1' })
    const crowd = Array.from(
      { length: LOGINS_MAX + 5 },
      (_, index) => new Client({ ...PEER, source: `198.51.100.${index % 200}` }),
    )
    expect(crowd.map(({ wire }) => wire.isEnded).filter(Boolean).length).toBe(6)
    expect(server.loginCount).toBe(LOGINS_MAX)
    expect(errorOf(honest.sign().login())).toBe(0)
  })
})

test('the end of the server ends every session and every login', () => {
  const [inside, waiting] = [new Client().sign(), new Client()]
  inside.login()
  server.stop()
  expect([inside.wire.isEnded, waiting.wire.isEnded]).toEqual([true, true])
  expect(events).toEqual(['in SID-U1-1', 'out SID-U1-1 stopped'])
  expect(environment.clock.pending).toBe(0)
})

describe('an administrator', () => {
  const password = administratorHash('srvpass')
  let calls: string[]
  let administration: Administration

  beforeEach(() => {
    calls = []
    const fault = (error: unknown): never => {
      throw error
    }
    administration = new Administration(async ({ hubName, random, response }) => {
      if (hubName === 'NONE') return ERROR.hubNotFound
      if (!Buffer.from(securePassword(password, random)).equals(response)) return ERROR.accessDenied
      const call: RpcCall = async (name) => {
        calls.push(name)
        return new Pack().addText('Answer', name)
      }
      return { call, hub: hubName }
    }, fault)
    directory = { hub: () => undefined, visibleHubs: () => [] }
    server = new VpnServer('A Server', directory, environment, silent, administration)
  })

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

  function admin(client: Client, hash = password): Pack {
    const response = securePassword(hash, client.random)
    return new Pack().addText('method', 'admin').addData('secure_password', response)
  }

  async function ask(client: Client, request: Pack): Promise<Pack> {
    client.connection.push(emitPackRequest('192.0.2.1', request, environment.random))
    await settle()
    return client.packs()[0]!
  }

  const call = (name: string): Uint8Array => {
    const pack = emitPack(new Pack().addText('function_name', name))
    const bytes = Buffer.alloc(4 + pack.length)
    bytes.writeUInt32BE(pack.length)
    bytes.set(pack, 4)
    return bytes
  }

  test('logs in, and calls functions on the same connection', async () => {
    const client = new Client().sign()
    expect(errorOf(await ask(client, admin(client)))).toBe(0)
    client.wire.writes.length = 0
    client.connection.push(call('GetServerInfo'))
    await settle()
    const answer = client.wire.bytes()
    expect(parsePack(answer.subarray(4))!.text('Answer')).toBe('GetServerInfo')
    expect(server.loginCount).toBe(0)
  })

  test('a call that comes right behind the login waits for it', async () => {
    const client = new Client().sign()
    client.connection.push(emitPackRequest('192.0.2.1', admin(client), environment.random))
    client.connection.push(call('Flush'))
    await settle()
    await settle()
    expect(calls).toEqual(['Flush'])
  })

  test.each([
    ['a wrong password', ERROR.accessDenied, (pack: Pack) => pack, administratorHash('wrong')],
    ['an unknown hub', ERROR.hubNotFound, (pack: Pack) => pack.addText('hubname', 'NONE'), password],
  ])('%s is refused by the error of the original', async (_, code, more, hash) => {
    const client = new Client().sign()
    expect(errorOf(await ask(client, more(admin(client, hash))))).toBe(code)
  })

  test('without an answer to the challenge: a protocol error', async () => {
    const client = new Client().sign()
    expect(errorOf(await ask(client, new Pack().addText('method', 'admin')))).toBe(ERROR.protocol)
  })

  test('the administrators of one hub have so many places, and cannot take those of another', async () => {
    const inside = async (hub: string): Promise<[Client, number]> => {
      const client = new Client().sign()
      const code = errorOf(await ask(client, admin(client).addText('hubname', hub)))
      return [client, code]
    }
    for (let i = 0; i < ADMIN_SESSIONS_PER_HUB_MAX; i += 1) expect((await inside('A'))[1]).toBe(0)
    const [, refused] = await inside('A')
    const [other, code] = await inside('B')
    expect([refused, code]).toEqual([ERROR.tooManyConnections, 0])
    other.connection.closed()
    expect(administration.stats).toMatchObject({ logins: ADMIN_SESSIONS_PER_HUB_MAX + 1, refused: 1 })
  })

  test('the server’s administrator always gets in: who has been silent longest gives way, of a hub first', async () => {
    const inside = async (hub: string): Promise<Client> => {
      const client = new Client().sign()
      expect(errorOf(await ask(client, admin(client).addText('hubname', hub)))).toBe(0)
      return client
    }
    const first = await inside('')
    const hubs = Array.from({ length: ADMIN_SESSIONS_MAX - 1 }, (_, i) => `H${i % 8}`)
    const silent = await inside(hubs[0]!)
    const busy = await inside(hubs[1]!)
    for (const hub of hubs.slice(2)) await inside(hub)
    silent.connection.push(call('GetServerInfo'))
    await settle()
    await inside('')
    expect([first, silent, busy].map(({ wire }) => wire.isEnded)).toEqual([false, false, true])
    expect(administration.stats.evicted).toBe(1)
  })

  test('the end of the server ends the connection', async () => {
    const client = new Client().sign()
    await ask(client, admin(client))
    server.stop()
    expect(client.wire.isEnded).toBe(true)
  })
})
