// The server in a directory of its own: first start, operations through control.sock, reload, restart, stop.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { verifyPassword } from '../accounts/scrypt.ts'
import { ConfigError } from './config/config.ts'
import { CONTROL_BODY_MAX, CONTROL_REQUEST_TIMEOUT_MS } from './control-http.ts'
import type { Server, ServerOptions } from './server.ts'
import { startServer } from './start.ts'

let stateDir: string
let told: string[]
let servers: Server[]

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'server-'))
  told = []
  servers = []
})
afterEach(async () => {
  vi.useRealTimers()
  for (const server of servers) await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

async function start(options: Partial<ServerOptions> = {}) {
  const started = await startServer({
    stateDir,
    gso: false,
    version: '0.1.0',
    language: 'en',
    toOperator: (line) => told.push(line),
    ...options,
  })
  servers.push(started.server)
  return started
}

function post(
  body: string,
  path = '/api/',
  method = 'POST',
): Promise<{ status: number; language: string; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: join(stateDir, 'control.sock'), path, method }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, language: response.headers['content-language'] ?? '', text })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}

async function rpc(method: string, params: object): Promise<unknown> {
  const { text } = await post(JSON.stringify({ jsonrpc: '2.0', id: '1', method, params }))
  return JSON.parse(text)
}

const configFile = (): string => join(stateDir, 'securenat.json')
const savedHubs = () =>
  (JSON.parse(readFileSync(configFile(), 'utf8')) as { hubs: Record<string, { securenat: { nat: { mtu: number } } }> })
    .hubs
const securityLog = (): string => {
  const directory = join(stateDir, 'logs', 'DEFAULT', 'security')
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('')
}

describe('server', () => {
  test('the first start makes a hub with SecureNAT on, a password, and files for the owner alone', async () => {
    const { server, first } = await start()
    expect(first?.password).toMatch(/^\w{20}$/)
    expect(await verifyPassword(first!.password!, server.config.administrator.password!.scrypt!)).toBe(true)
    expect(server.hubUnit('default')?.secureNat?.sessionName).toBe('SID-SECURENAT-1')
    for (const name of ['securenat.json', 'control.sock', 'hubs/DEFAULT.sock']) {
      expect([name, statSync(join(stateDir, name)).mode & 0o077]).toEqual([name, 0])
    }
    expect(readFileSync(configFile(), 'utf8')).not.toContain(first?.password)
  })

  test('stopping leaves no socket and no lock, and the log complete', async () => {
    const { server } = await start()
    await server.stop()
    expect(['lock', 'control.sock', 'hubs/DEFAULT.sock'].filter((name) => existsSync(join(stateDir, name)))).toEqual([])
    expect(securityLog()).toMatch(
      /^[\d-]+ [\d:.]+ SecureNAT has started\. The SecureNAT session "SID-SECURENAT-1" was created\.\r\n[\d-]+ [\d:.]+ SecureNAT stopped\.\r\n$/,
    )
  })

  test("a hub's lines are repeated in the server's log; its events are JSON lines beside it; both can be switched off", async () => {
    const { server } = await start()
    const silent = { ...server.config.logs, hubLinesInServerLog: false, json: false }
    await rpc('SetLogSettings', { HubLinesInServerLog_bool: false, Json_bool: false })
    expect(JSON.parse(readFileSync(configFile(), 'utf8'))).toMatchObject({ logs: silent })
    await rpc('DisableSecureNAT', { HubName_str: 'DEFAULT' })
    await server.stop()
    expect(securityLog()).toMatch(/: The SecureNAT function has been disabled\.\r\n.* SecureNAT stopped\.\r\n$/)
    const logs = join(stateDir, 'logs')
    const [serverLog] = readdirSync(join(logs, 'server')).filter((name) => name.endsWith('.log'))
    const hubLines = readFileSync(join(logs, 'server', serverLog!), 'utf8').match(/ \[HUB "DEFAULT"\] .*/g)
    expect(hubLines).toEqual([
      ' [HUB "DEFAULT"] SecureNAT has started. The SecureNAT session "SID-SECURENAT-1" was created.',
    ])
    const records = (name: string): string[] =>
      readFileSync(join(logs, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event)
    expect(records('DEFAULT/events/events.jsonl')).toEqual(['sessionAttached', 'secureNatStarted'])
    expect(records('server/server.jsonl')).toContain('serverLine')
  })

  test('a restart keeps the MAC address, the given password and what was set; a stale socket is no obstacle', async () => {
    const { server, first } = await start({ password: 'given' })
    expect(first).toEqual({ password: undefined })
    await rpc('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', Mtu_u32: 1400 })
    const before = server.config
    await server.stop()
    writeFileSync(join(stateDir, 'control.sock'), '')
    const again = await start({ password: 'another' })
    expect(again.first).toBeUndefined()
    expect(again.server.config).toEqual(before)
    expect(again.server.hubUnit('DEFAULT')?.options.nat.mtu).toBe(1400)
    expect(await verifyPassword('given', again.server.config.administrator.password!.scrypt!)).toBe(true)
  })

  test('hubs come and go with their sockets and are in the file at once', async () => {
    await start()
    await rpc('CreateHub', { HubName_str: 'LAB' })
    expect(existsSync(join(stateDir, 'hubs', 'LAB.sock'))).toBe(true)
    expect(Object.keys(savedHubs())).toEqual(['DEFAULT', 'LAB'])
    expect(await rpc('CreateHub', { HubName_str: 'lab' })).toMatchObject({ error: { code: 57 } })
    expect(await rpc('EnumSession', { HubName_str: 'LAB' })).toMatchObject({ result: { SessionList: [] } })
    await rpc('EnableSecureNAT', { HubName_str: 'LAB' })
    expect(existsSync(join(stateDir, 'hubs', 'LAB'))).toBe(true)
    await rpc('DeleteHub', { HubName_str: 'lab' })
    expect(existsSync(join(stateDir, 'hubs', 'LAB'))).toBe(false)
    expect(existsSync(join(stateDir, 'hubs', 'LAB.sock'))).toBe(false)
    expect(Object.keys(savedHubs())).toEqual(['DEFAULT'])
  })

  test('settings that make no sense together are refused and change nothing', async () => {
    await start()
    const before = readFileSync(configFile(), 'utf8')
    const params = { RpcHubName_str: 'DEFAULT', Ip_ip: '10.0.0.1', Mtu_u32: 1400, MoveDhcp_bool: false }
    expect(await rpc('SetSecureNATOption', params)).toMatchObject({
      error: {
        code: 38,
        message:
          "Error code 38: DhcpLeaseIPStart_ip must be inside the virtual host's network 10.0.0.0/24, is 192.168.30.10; DhcpLeaseIPEnd_ip must be inside the virtual host's network 10.0.0.0/24, is 192.168.30.200",
      },
    })
    expect(readFileSync(configFile(), 'utf8')).toBe(before)
  })

  test('SecureNAT is switched off and on while running, and both are in the security log', async () => {
    const { server } = await start()
    await rpc('DisableSecureNAT', { HubName_str: 'DEFAULT' })
    expect(server.hubUnit('DEFAULT')?.secureNat).toBeUndefined()
    await rpc('DisableSecureNAT', { HubName_str: 'DEFAULT' })
    await rpc('EnableSecureNAT', { HubName_str: 'DEFAULT' })
    expect(server.hubUnit('DEFAULT')?.secureNat?.sessionName).toBe('SID-SECURENAT-2')
    await server.stop()
    expect(
      securityLog()
        .split('\r\n')
        .map((line) => line.slice(24)),
    ).toEqual([
      'SecureNAT has started. The SecureNAT session "SID-SECURENAT-1" was created.',
      'Administration mode [RPC-1] (Virtual Hub "DEFAULT"): The SecureNAT function has been disabled.',
      'SecureNAT stopped.',
      'Administration mode [RPC-1] (Virtual Hub "DEFAULT"): The SecureNAT function has been disabled.',
      'Administration mode [RPC-1] (Virtual Hub "DEFAULT"): The SecureNAT function has been enabled.',
      'SecureNAT has started. The SecureNAT session "SID-SECURENAT-2" was created.',
      'SecureNAT stopped.',
      '',
    ])
  })

  test('--mtu stands in for the configured MTU until an administrator sets one', async () => {
    await start({ mtu: 9000 })
    const mtu = async () =>
      ((await rpc('GetSecureNATOption', { RpcHubName_str: 'DEFAULT' })) as { result: { Mtu_u32: number } }).result
        .Mtu_u32
    expect(await mtu()).toBe(9000)
    await rpc('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', Mtu_u32: 9000, NatUdpTimeout_u32: 60 })
    expect([await mtu(), savedHubs().DEFAULT?.securenat.nat.mtu]).toEqual([9000, 1500])
    await rpc('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', Mtu_u32: 1500 })
    expect([await mtu(), savedHubs().DEFAULT?.securenat.nat.mtu]).toEqual([1500, 1500])
  })

  test('a changed file is taken over on reload, or refused whole with every reason', async () => {
    const { server } = await start()
    const good = readFileSync(configFile(), 'utf8')
    writeFileSync(
      configFile(),
      good.replace('"mtu": 1500', '"mtu": 1300').replace('"language": "en"', '"language": "ja"'),
    )
    await server.reload()
    expect(server.hubUnit('DEFAULT')?.secureNat).toBeDefined()
    expect(server.hubUnit('DEFAULT')?.options.nat.mtu).toBe(1300)
    expect((await post('[]')).language).toBe('ja')
    writeFileSync(configFile(), good.replace('"mtu": 1500', '"mtu": 1').replace('"en"', '"fr"'))
    const refused = await server.reload().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ConfigError)
    expect((refused as ConfigError).issues).toEqual([
      'language: must be "en" or "ja", is "fr"',
      'hubs.DEFAULT.securenat.nat.mtu: must be a whole number from 62 to 65520, is 1',
    ])
    expect(server.hubUnit('DEFAULT')?.options.nat.mtu).toBe(1300)
  })

  test('a file that leaves out the MAC address is completed, so that the next start has the same', async () => {
    writeFileSync(configFile(), '{"hubs":{"LAB":{"securenat":{"enabled":true}}}}')
    const { server, first } = await start()
    expect(first).toBeUndefined()
    const mac = server.hubUnit('LAB')?.options.host.macAddress
    await server.stop()
    expect((await start()).server.hubUnit('LAB')?.options.host.macAddress).toBe(mac)
  })

  test('a bad file is no start, and the directory is free again', async () => {
    writeFileSync(configFile(), '{')
    await expect(start()).rejects.toBeInstanceOf(ConfigError)
    writeFileSync(configFile(), '{"hubs":{}}')
    await start()
  })

  test('a configuration that cannot be written is no start', async () => {
    await expect(start({ configFile: join(stateDir, 'missing', 'x.json') })).rejects.toThrow(
      /^the configuration .*x\.json cannot be written: ENOENT/,
    )
  })

  test('a second server is refused by the name of the first', async () => {
    await start()
    await expect(start()).rejects.toThrow(`is in use by process ${process.pid}`)
    expect(await rpc('Test', { IntValue_u32: 1 })).toHaveProperty('result')
  })
})

describe('control socket', () => {
  test('answers only what it is for', async () => {
    await start()
    expect((await post('', '/')).status).toBe(404)
    expect((await post('', '/api/', 'GET')).status).toBe(405)
    expect((await post('x')).text).toContain('"code":38')
  })

  test('a request has a bounded size', async () => {
    await start()
    expect((await post(' '.repeat(CONTROL_BODY_MAX + 1))).status).toBe(413)
  })

  test('a request has a bounded time, also when it is sent drop by drop', async () => {
    await start()
    // Loads what answers, which must not happen in made-up time.
    await post('[]')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const slow = connect(join(stateDir, 'control.sock'))
    const closed = new Promise((resolve) => slow.once('close', resolve))
    slow.write('POST /api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[')
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    vi.advanceTimersByTime(CONTROL_REQUEST_TIMEOUT_MS)
    await closed
    vi.useRealTimers()
    expect(told).toEqual([])
  })

  test('a connection that says nothing does not keep the server from stopping', async () => {
    const { server } = await start()
    const silent = connect(join(stateDir, 'control.sock'))
    await new Promise((resolve) => silent.once('connect', resolve))
    const closed = new Promise((resolve) => silent.once('close', resolve))
    await server.stop()
    await closed
  })
})

describe('doors to the network', () => {
  const network = { listen: [{ host: '127.0.0.1', port: 0 }], web: false }

  test('are opened only where they are wanted, with a certificate for the owner alone', async () => {
    expect(await (await start()).server.network()).toBeUndefined()
    await servers.pop()?.stop()
    expect(existsSync(join(stateDir, 'tls.pem'))).toBe(false)
    const { server } = await start({ network })
    const doors = await server.network()
    expect(doors?.tls.listeners()).toMatchObject([{ host: '127.0.0.1', error: undefined }])
    expect(doors?.plainListeners()).toEqual([])
    expect(statSync(join(stateDir, 'tls.pem')).mode & 0o077).toBe(0)
    expect(told).toEqual([])
  })

  test('a certificate that cannot be used is told, and one is made for this run', async () => {
    writeFileSync(join(stateDir, 'tls.pem'), 'not a certificate')
    const { server } = await start({ network })
    expect((await server.network())?.tls.listeners()).toHaveLength(1)
    expect(told).toEqual([
      expect.stringMatching(/^securenat: the certificate cannot be used; one was made for this run /),
    ])
    expect(readFileSync(join(stateDir, 'tls.pem'), 'utf8')).toBe('not a certificate')
  })

  test('follow the configuration when it is read again', async () => {
    writeFileSync(configFile(), '{"listen":["127.0.0.1:0"],"http":null,"hubs":{}}')
    const { server } = await start({ network: { listen: undefined, web: true } })
    const doors = await server.network()
    expect([doors?.tls.listeners().length, doors?.plainListeners().length]).toEqual([1, 0])
    writeFileSync(configFile(), '{"listen":[],"http":"127.0.0.1:0","hubs":{}}')
    await server.reload()
    expect([doors?.tls.listeners().length, doors?.plainListeners().length]).toEqual([0, 1])
  })
})
