// The sample program of the npm package vpnrpc, unchanged, against this server and against Debian's real vpnserver: every call that concerns
// what is built succeeds, and its answer has the same fields of the same types. What differs is listed here, with its reason; anything else is a failure.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SampleCall } from './servers/vpnrpc-sample.ts'
import { BUNDLES, REPOSITORY } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { waitFor } from './support/shell.ts'
import type { Namespace } from './support/world.ts'
import { World } from './support/world.ts'

const PORT = 5555
/** The sample sets it in the middle of its calls. */
const PASSWORD = 'microsoft'
const VPNSERVER = '/usr/libexec/softether/vpnserver/vpnserver'
/** Where the real program keeps what it knows. */
const ITS_DIRECTORIES = ['/var/lib/softether', '/var/log/softether', '/run/softether']

/** Calls that this server answers with "not supported", and why that is right. */
const NOT_BUILT: Readonly<Record<string, readonly string[]>> = {
  'no choice of ciphers: TLS 1.2 and 1.3 with the library’s list': ['GetServerCipher', 'SetServerCipher'],
  'no RADIUS': ['SetHubRadius', 'GetHubRadius'],
  'no revocation lists': ['AddCrl', 'EnumCrl'],
  'no keep-alive packets to the Internet': ['SetKeep', 'GetKeep'],
  'no local bridges by the server: attach --tap makes them': ['EnumEthernet', 'EnumLocalBridge', 'GetBridgeSupport'],
  'no layer 3 switch': [
    ...['AddL3Switch', 'AddL3If', 'EnumL3Switch', 'EnumL3If', 'AddL3Table', 'EnumL3Table', 'DelL3Table'],
    ...['StartL3Switch', 'StopL3Switch', 'DelL3If', 'DelL3Switch'],
  ],
  'no syslog': ['SetSysLog', 'GetSysLog'],
  'no other VPN protocols': [
    ...['SetIPsecServices', 'GetIPsecServices', 'AddEtherIpId', 'EnumEtherIpId'],
    ...[
      'SetOpenVpnSstpConfig',
      'GetOpenVpnSstpConfig',
      'MakeOpenVpnConfigFile',
      'SetSpecialListener',
      'GetSpecialListener',
    ],
  ],
  'no services of SoftEther': [
    ...['GetDDnsClientStatus', 'SetDDnsInternetSettng', 'GetDDnsInternetSettng', 'ChangeDDnsClientHostname'],
    ...['GetAzureStatus', 'SetAzureStatus', 'SetVgsConfig', 'GetVgsConfig', 'GetAdminMsg'],
  ],
}

/** Calls that are built and refuse what the sample asks for, with the code and the reason. */
const REFUSED: readonly { readonly method: string; readonly code: number; readonly why: string }[] = [
  { method: 'AddAccess', code: 38, why: 'the sample asks for delay, jitter and redirection, which a hub does not do' },
  { method: 'SetAccessList', code: 38, why: 'the same' },
  { method: 'DeleteAccess', code: 29, why: 'of the rule that was refused' },
  { method: 'SetAcList', code: 38, why: 'the sample has a rule about IPv6 addresses, which the list does not know' },
  { method: 'GetLinkStatus', code: 61, why: 'the cascade leads to a host that does not exist' },
]

/** Fields, as `METHOD FIELD`, that only one of the two has. */
const DIFFERENCES: readonly { readonly only: 'ours' | 'theirs'; readonly fields: RegExp; readonly why: string }[] = [
  { only: 'ours', fields: /^\w+Listener (ListenerList\.)?Hosts?_str$/, why: 'a listener may be on one address' },
  { only: 'ours', fields: /^GetServerInfo ServerStartTime_dt$/, why: 'beside GetServerStatus' },
  {
    only: 'ours',
    fields: /^[GS]etSecureNATOption (Nat|Dhcp|Dns|Egress)\w+$/,
    why: 'settings of SecureNAT that the original does not have',
  },
  {
    only: 'ours',
    fields: /^Enum(Session|User|MacTable|IpTable) NumItem_u32$/,
    why: 'of tables that are read in pages',
  },
  { only: 'ours', fields: /^EnumLink LinkList\.LinkHubName_str$/, why: 'what vpncmd reads' },
  { only: 'theirs', fields: /^GetCaps caps_\w+_u32$/, why: 'the list of capabilities once more, as fields' },
]

let world: World
let ours: readonly SampleCall[]
let theirs: readonly SampleCall[]

beforeAll(async () => {
  world = await World.create()
  const [mine, real] = await Promise.all([callOurs(), callTheirs()])
  ours = mine
  theirs = real
}, 120_000)
afterAll(() => world?.destroy())

async function callOurs(): Promise<readonly SampleCall[]> {
  const server = await SecureNatServer.start(world, { args: ['--listen', `127.0.0.1:${PORT}`, '--no-web'] })
  await server.mustCommand('ServerPasswordSet', PASSWORD)
  return sample(world.server)
}

async function callTheirs(): Promise<readonly SampleCall[]> {
  const namespace = await world.addNamespace('vpnserver')
  const binds = ITS_DIRECTORIES.map((path) => {
    const own = join(world.directory, `vpnserver${path.replaceAll('/', '-')}`)
    mkdirSync(own, { recursive: true })
    return `mkdir -p ${path} && mount --bind ${own} ${path} && `
  })
  namespace.spawn([
    'unshare',
    '--mount',
    '--propagation=private',
    'sh',
    '-c',
    `${binds.join('')}exec ${VPNSERVER} execsvc`,
  ])
  return sample(namespace)
}

async function sample(namespace: Namespace): Promise<readonly SampleCall[]> {
  await waitFor('the server to listen', 30_000, async () => {
    const { stdout } = await namespace.run(['ss', '-Htln', `sport = :${PORT}`])
    return stdout.trim() !== '' || undefined
  })
  const program = ['node', join(BUNDLES, 'vpnrpc-sample.mjs'), join(REPOSITORY, 'package.json')]
  return JSON.parse(await namespace.must([...program, '127.0.0.1', String(PORT), PASSWORD], { timeoutMs: 60_000 }))
}

/** `FIELD type` of a record, and of the rows of its tables. */
function fields(record: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(record).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return [`${prefix}${name} ${typeof value}`]
    const rows = value.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null)
    return [`${prefix}${name} table`, ...new Set(rows.flatMap((row) => fields(row, `${prefix}${name}.`)))]
  })
}

/** Tables that have no rows here or there cannot be compared inside. */
function comparable(all: readonly string[], other: readonly string[]): string[] {
  return all.filter((field) => {
    const table = /^(\w+)\./.exec(field)?.[1]
    return table === undefined || other.some((each) => each.startsWith(`${table}.`))
  })
}

function isExplained(method: string, code: number): boolean {
  if (code === 33 && notBuilt().has(method)) return true
  return REFUSED.some((each) => each.method === method && each.code === code)
}

const notBuilt = (): Set<string> => new Set(Object.values(NOT_BUILT).flat())

describe('the sample program of vpnrpc', () => {
  test('every call that concerns what is built succeeds', () => {
    const refused = ours.filter(({ error, method }) => error !== undefined && !isExplained(method, error.code))
    expect(refused.map(({ method, error }) => `${method}: ${error?.message}`)).toEqual([])
    expect(ours.filter(({ result }) => result !== undefined).length).toBeGreaterThan(60)
  })

  test('what is not built is refused as such', () => {
    const answered = ours.filter(({ method, error }) => notBuilt().has(method) && error?.code !== 33)
    expect(answered.map(({ method }) => method)).toEqual([])
  })

  test('answers have the fields and types of the real vpnserver', () => {
    const unexplained: string[] = []
    const explained = new Set<string>()
    const differs = (only: 'ours' | 'theirs', field: string): void => {
      const name = field.replace(/ \w+$/, '')
      const known = DIFFERENCES.find((each) => each.only === only && each.fields.test(name))
      if (known === undefined) unexplained.push(`only ${only}: ${field}`)
      else explained.add(known.why)
    }
    const compared = new Set<string>()
    for (const { method, result } of ours) {
      const real = theirs.find((call) => call.method === method && call.result !== undefined)?.result
      if (result === undefined || real === undefined || compared.has(method)) continue
      compared.add(method)
      const [own, other] = [fields(result), fields(real)]
      for (const field of comparable(own, other)) if (!other.includes(field)) differs('ours', `${method} ${field}`)
      for (const field of comparable(other, own)) if (!own.includes(field)) differs('theirs', `${method} ${field}`)
    }
    expect(unexplained).toEqual([])
    expect(compared.size).toBeGreaterThan(50)
    // A difference that is none any more is taken off the list.
    expect([...explained].sort()).toEqual(DIFFERENCES.map(({ why }) => why).sort())
  })
})
