// The same operations through every door of a real server: a function call, the control socket, HTTP over TLS, and the command
// line. Each gives the same result, and refuses the same with the same code and a sentence that names the field.

import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeOperation } from '../../src/admin/describe-operation.ts'
import { answerJsonRpc } from '../../src/admin/json-rpc.ts'
import type { Operation, Role } from '../../src/admin/operation.ts'
import { operations } from '../../src/admin/operations.ts'
import { administer } from '../../src/cli/main.ts'
import { serverManagement } from '../../src/server/management/management.ts'
import type { Server } from '../../src/server/server.ts'
import { startServer } from '../../src/server/start.ts'

const PASSWORD = 'server-password'
const HUB_PASSWORD = 'hub-password'

let stateDir: string
let server: Server
let tlsPort: number

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'every-door-'))
  const started = await startServer({
    stateDir,
    gso: false,
    version: '0.1.0',
    language: 'en',
    password: PASSWORD,
    toOperator: () => {},
    network: { listen: [{ host: '127.0.0.1', port: 0 }], web: false },
  })
  server = started.server
  tlsPort = (await server.network())!.tls.listeners()[0]!.boundPort!
  const made = await doors.socket('CreateHub', { HubName_str: 'OTHER', AdminPasswordPlainText_str: HUB_PASSWORD })
  expect(made).toHaveProperty('result')
})
afterAll(async () => {
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

interface Answer {
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}
type Call = (method: string, params: object, role?: Role) => Promise<Answer>

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

const envelope = (method: string, params: object): string => JSON.stringify({ jsonrpc: '2.0', id: '1', method, params })

const doors: Readonly<Record<'call' | 'socket' | 'https', Call>> = {
  call: async (method, params, role = { kind: 'server' }) => {
    const context = { management: serverManagement(server), role, connection: 'RPC-1', unexpected: () => {} }
    return JSON.parse(await answerJsonRpc(envelope(method, params), context)) as Answer
  },
  socket: (method, params) =>
    new Promise((resolve, reject) => {
      const options = { socketPath: join(stateDir, 'control.sock'), path: '/api/', method: 'POST' }
      const call = httpRequest(options, (response) => {
        textOf(response).then((text) => resolve(JSON.parse(text) as Answer), reject)
      })
      call.on('error', reject).end(envelope(method, params))
    }),
  https: (method, params, role) =>
    new Promise((resolve, reject) => {
      const headers =
        role?.kind === 'hub'
          ? { 'x-vpnadmin-hubname': role.hub, 'x-vpnadmin-password': HUB_PASSWORD }
          : { 'x-vpnadmin-password': PASSWORD }
      const target = { host: '127.0.0.1', port: tlsPort, path: '/api/', method: 'POST', rejectUnauthorized: false }
      const call = httpsRequest({ ...target, headers }, (response) => {
        textOf(response).then((text) => resolve(JSON.parse(text) as Answer), reject)
      })
      call.on('error', reject).end(envelope(method, params))
    }),
}
const DOORS = Object.entries(doors) as ['call' | 'socket' | 'https', Call][]

async function command(...argv: string[]): Promise<unknown> {
  let printed = ''
  await administer([...argv, '--hub', 'LAB', '--json'], {
    version: '0.1.0',
    language: 'en',
    defaultStateDir: stateDir,
    controlSocket: (directory) => join(directory, 'control.sock'),
    password: () => Promise.resolve(''),
    print: (text) => {
      printed += text
    },
  })
  return JSON.parse(printed)
}

/** What is different from one time to the next. */
const PASSING =
  /Time_dt$|^CurrentTick|Memory|Phys_|^NumTcpConnections|^UniqueId_u32$|^MacAddress_bin$|Bytes_u64|Count_u64|Size(Real)?_|^Packet|^Num\w*Tables|^Key_u32$|^SessionKey|^Buffer_bin$/

function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !PASSING.test(name))
      .map(([name, inner]) => [name, lasting(inner)]),
  )
}

const HUB = { HubName_str: 'LAB' }
const ALICE = { ...HUB, Name_str: 'alice' }
const LINK = { HubName_Ex_str: 'LAB', AccountName_utf: 'up' }
const OPTION = { RpcHubName_str: 'LAB' }

/** One life of a hub: the operation, its parameters, and the command that does the same. */
const LIFE: readonly (readonly [method: string, params: object, command: readonly string[]])[] = [
  ['CreateHub', HUB, ['HubCreate', 'LAB']],
  ['SetHub', { ...HUB, MaxSession_u32: 10 }, ['SetMaxSession', '10']],
  ['SetHub', { ...HUB, NoEnum_bool: true }, ['SetEnumDeny']],
  ['GetHub', HUB, ['OptionsGet']],
  ['GetHubStatus', HUB, ['StatusGet']],
  ['EnumHub', {}, ['HubList']],
  ['SetHubOnline', { ...HUB, Online_bool: false }, ['Offline']],
  ['SetHubOnline', { ...HUB, Online_bool: true }, ['Online']],
  ['EnableSecureNAT', HUB, ['SecureNatEnable']],
  [
    'SetSecureNATOption',
    { ...OPTION, Ip_ip: '10.5.0.1', Mask_ip: '255.255.255.0', MoveDhcp_bool: true },
    ['SecureNatHostSet', '--ip', '10.5.0.1', '--mask', '255.255.255.0'],
  ],
  ['SetSecureNATOption', { ...OPTION, Mtu_u32: 1400 }, ['NatSet', '--mtu', '1400']],
  ['SetSecureNATOption', { ...OPTION, DhcpExpireTimeSpan_u32: 600 }, ['DhcpSet', '--expire', '600']],
  ['GetSecureNATOption', OPTION, ['NatGet']],
  ['GetSecureNATStatus', HUB, ['SecureNatStatusGet']],
  ['EnumNAT', HUB, ['NatTable']],
  ['EnumDHCP', HUB, ['DhcpTable']],
  ['EnumSession', HUB, ['SessionList']],
  ['GetSessionStatus', { ...HUB, Name_str: 'SID-SECURENAT-1' }, ['SessionGet', 'SID-SECURENAT-1']],
  ['EnumMacTable', HUB, ['MacTable']],
  ['EnumIpTable', HUB, ['IpTable']],
  ['DisableSecureNAT', HUB, ['SecureNatDisable']],
  ['CreateGroup', { ...HUB, Name_str: 'staff', Realname_utf: 'Staff' }, ['GroupCreate', 'staff', '/REALNAME:Staff']],
  [
    'CreateUser',
    { ...ALICE, GroupName_str: 'staff', AuthType_u32: 1, Auth_Password_str: 'secret' },
    ['UserCreate', 'alice', '/GROUP:staff', '/PASSWORD:secret'],
  ],
  [
    'SetUser',
    { ...ALICE, GroupName_str: 'staff', AuthType_u32: 1, UsePolicy_bool: true, 'policy:MaxUpload_u32': 1000 },
    ['UserPolicySet', 'alice', '/NAME:MaxUpload', '/VALUE:1000'],
  ],
  ['GetUser', ALICE, ['UserGet', 'alice']],
  ['EnumUser', HUB, ['UserList']],
  ['EnumGroup', HUB, ['GroupList']],
  ['DeleteUser', ALICE, ['UserDelete', 'alice']],
  ['DeleteGroup', { ...HUB, Name_str: 'staff' }, ['GroupDelete', 'staff']],
  ['SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 3 }, ['LogSwitchSet', 'security', '/SWITCH:hour']],
  ['GetHubLog', HUB, ['LogGet']],
  [
    'SetHubExtOptions',
    { ...HUB, AdminOptionList: [{ Name_str: 'NoIpTable', Value_u32: 1 }] },
    ['ExtOptionSet', 'NoIpTable', '/VALUE:1'],
  ],
  ['GetHubExtOptions', HUB, ['ExtOptionList']],
  ['GetHubAdminOptions', HUB, ['AdminOptionList']],
  [
    'CreateLink',
    { ...LINK, Hostname_str: 'h', Port_u32: 443, HubName_str: 'R', AuthType_u32: 0, Username_str: 'u' },
    ['CascadeCreate', 'up', '/SERVER:h:443', '/HUB:R', '/USERNAME:u'],
  ],
  ['GetLink', LINK, ['CascadeGet', 'up']],
  ['EnumLink', HUB, ['CascadeList']],
  ['DeleteLink', { ...HUB, AccountName_utf: 'up' }, ['CascadeDelete', 'up']],
  ['EnumAccess', HUB, ['AccessList']],
  ['DeleteHub', HUB, ['HubDelete', 'LAB']],
]

test('the life of a hub is the same through every door', async () => {
  const lives: Record<string, unknown[]> = {}
  for (const [door, call] of DOORS) {
    lives[door] = []
    for (const [method, params] of LIFE) {
      const answer = await call(method, params)
      expect(answer, `${method} through ${door}`).toHaveProperty('result')
      lives[door].push([method, lasting(answer.result)])
    }
  }
  lives.command = []
  for (const [method, , argv] of LIFE) lives.command.push([method, lasting(await command(...argv))])
  expect(lives.socket).toEqual(lives.call)
  expect(lives.https).toEqual(lives.call)
  expect(lives.command).toEqual(lives.call)
  expect(lives.call).toHaveLength(LIFE.length)
})

test('log files are read through every door', async () => {
  for (const [door, call] of DOORS) {
    const { result } = await call('EnumLogFile', {})
    const files = result!.LogFiles as { FilePath_str: string }[]
    const own = files.find(({ FilePath_str }) => FilePath_str.startsWith('server/'))!
    const chunk = await call('ReadLogFile', { FilePath_str: own.FilePath_str, Offset_u32: 0 })
    expect(Buffer.from(chunk.result!.Buffer_bin as string, 'base64').toString(), door).toContain(' started ')
    expect((await call('ReadLogFile', { FilePath_str: '../securenat.json' })).error!.code, door).toBe(29)
  }
})

const all = Object.entries(operations as unknown as Readonly<Record<string, Operation>>).map(([name, row]) =>
  describeOperation(name, row),
)
const ofHubs = all.filter(({ hubField }) => hubField !== undefined)

/** Texts that are looked at before the hub is. */
const SOUND: Readonly<Record<string, unknown>> = { Destination_str: 'any', HostPorts_str: '8000' }

/** Every parameter with a value of its type, as far as that takes. */
function anyParams({ params }: (typeof all)[number]): Record<string, unknown> {
  const values = { str: 'x', utf: 'x', u32: 1, u64: 1, bool: true, ip: '10.0.0.1', dt: '', bin: '', table: [] }
  return Object.fromEntries(
    params
      .filter(({ isOptional }) => !isOptional)
      .map((field) => {
        const { words, min = 0 } = field.facts ?? {}
        if (field.name in SOUND) return [field.name, SOUND[field.name]]
        if (field.isList) return [field.name, []]
        return [
          field.name,
          words?.[0] ?? (field.type === 'u32' || field.type === 'u64' ? Math.max(1, min) : values[field.type]),
        ]
      }),
  )
}

describe.each(DOORS)('what is refused through %s', (_door, call) => {
  test('a hub that is not there', async () => {
    for (const operation of ofHubs) {
      const { error } = await call(operation.name, { ...anyParams(operation), [operation.hubField!]: 'NONE' })
      expect([operation.name, error?.code, error?.message]).toEqual([
        operation.name,
        8,
        'Error code 8: The Virtual Hub "NONE" does not exist on this server.',
      ])
    }
  })

  test('a value of a wrong type', async () => {
    for (const operation of all) {
      const [field] = operation.params
      if (field !== undefined) await expectRefused(call, operation, field, { not: 'right' }, '')
    }
  })
})

test('a value of a wrong type, in every field of every operation', async () => {
  for (const operation of all) {
    for (const field of operation.params) await expectRefused(doors.call, operation, field, { not: 'right' }, '')
  }
})

test('a number out of its range, in every field that has one', async () => {
  for (const operation of all) {
    for (const field of operation.params) {
      const { max } = field.facts ?? {}
      if (max === undefined || (field.type !== 'u32' && field.type !== 'u64') || field.isList) continue
      await expectRefused(doors.call, operation, field, max + 1, String(max))
    }
  }
})

type Described = (typeof all)[number]

async function expectRefused(
  call: Call,
  operation: Described,
  field: Described['params'][number],
  value: unknown,
  says: string,
) {
  const { error } = await call(operation.name, { ...anyParams(operation), [field.name]: value })
  expect([operation.name, field.name, error?.code]).toEqual([operation.name, field.name, 38])
  expect(error!.message).toContain(`${field.name} must be`)
  expect(error!.message).toContain(says)
}

test('who administers one hub may not touch another, nor the server', async () => {
  const role: Role = { kind: 'hub', hub: 'OTHER' }
  for (const call of [doors.call, doors.https]) {
    for (const operation of all) {
      if (operation.permission === 'any') continue
      const hub = operation.hubField === undefined ? {} : { [operation.hubField]: 'DEFAULT' }
      const { error } = await call(operation.name, { ...anyParams(operation), ...hub }, role)
      expect([operation.name, error?.code]).toEqual([operation.name, 52])
    }
    expect((await call('GetHubStatus', { HubName_str: 'other' }, role)).result).toMatchObject({ HubName_str: 'OTHER' })
    expect((await call('EnumHub', {}, role)).result!.HubList).toMatchObject([{ HubName_str: 'OTHER' }])
  }
})
