// The security log, as a whole server writes it (R50, R51): form, numbers, wording, files.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SECURITY_TEXTS } from '../../../src/server/messages.ts'
import { SecurityLog } from '../../../src/server/security-log.ts'
import { ipv4 } from '../../../src/wire/ipv4-address.ts'
import { ServerInDirectory } from '../../support/server-in-directory.ts'
import { SERVER, World } from '../../support/world.ts'

let running: ServerInDirectory

beforeEach(async () => {
  running = await ServerInDirectory.start('ja')
})
afterEach(() => running.remove())

const FLOW = {
  internalAddress: ipv4('192.168.30.10'),
  internalPort: 1079,
  destinationAddress: ipv4('207.46.0.166'),
  destinationPort: 1863,
}

/** Everything that this SecureNAT can tell of, in one log. */
function logged(language: 'en' | 'ja', tell: (log: SecurityLog) => void): string[] {
  const lines: string[] = []
  const at = new Date(2005, 11, 6, 15, 45, 8, 401).getTime()
  const file = { write: (_at: number, line: string): void => void lines.push(line) }
  tell(new SecurityLog(file, SECURITY_TEXTS[language], () => at))
  return lines
}

test('R50: everything the NAT and the DHCP server do has a line', () => {
  const world = new World({ guest: { address: 0 as never } })
  world.outside.host('203.0.113.1:81', 'refused')
  world.guest.dhcp()
  world.until('a lease', () => world.guest.address !== 0, 10_000)
  const tcp = world.guest.connect(SERVER, 80)
  world.guest.connect(SERVER, 81)
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.advance(100)
  tcp.abort()
  world.advance(700_000)
  for (const event of [
    'dhcp 1',
    'tcp 1 created',
    'tcp 1 connected',
    'tcp 2 failed',
    'tcp 1 deleted',
    'udp 3 created',
    'udp 3 deleted',
  ]) {
    expect(world.events).toContain(event)
  }
})

test('R50: what administrators do to SecureNAT is there too, and stays when "save log" is off', async () => {
  await running.call('SetSecureNATOption', { RpcHubName_str: 'DEFAULT', SaveLog_bool: false })
  await running.call('DisableSecureNAT', { HubName_str: 'DEFAULT' })
  await running.call('EnableSecureNAT', { HubName_str: 'DEFAULT' })
  await running.stop()
  const lines = running
    .log('DEFAULT', 'security')
    .split('\r\n')
    .map((line) => line.slice(24))
  expect(lines).toEqual([
    'SecureNAT が開始されました。SecureNAT セッション "SID-SECURENAT-1" を作成しました。',
    '管理モード [RPC-1] (仮想 HUB "DEFAULT"): SecureNAT オプションを設定しました。',
    '管理モード [RPC-1] (仮想 HUB "DEFAULT"): SecureNAT 機能を無効にしました。',
    '管理モード [RPC-1] (仮想 HUB "DEFAULT"): SecureNAT 機能を有効にしました。',
    '',
  ])
})

test("R51: the manual's own lines, in both languages", () => {
  const tell = (log: SecurityLog): void => {
    log.hostNames = { lookup: (_address, answered) => answered('baym-sb26.msgr.hotmail.com') }
    log.tcpSessionCreated(1, FLOW)
    log.tcpConnectSucceeded(1, FLOW)
    log.hostNames = { lookup: (_address, answered) => answered(undefined) }
    log.tcpConnectSucceeded(3, { ...FLOW, destinationAddress: ipv4('65.54.239.140') })
    log.tcpSessionDeleted(1)
    log.udpSessionCreated(2, {
      ...FLOW,
      internalPort: 1048,
      destinationAddress: ipv4('192.168.30.1'),
      destinationPort: 53,
    })
  }
  expect(logged('ja', tell)).toEqual([
    '2005-12-06 15:45:08.401 SecureNAT: TCP セッション 1 が作成されました。接続元 192.168.30.10:1079, 接続先 207.46.0.166:1863',
    '2005-12-06 15:45:08.401 SecureNAT: TCP セッション 1: ホスト "baym-sb26.msgr.hotmail.com (207.46.0.166)", ポート 1863 への接続に成功しました。',
    '2005-12-06 15:45:08.401 SecureNAT: TCP セッション 3: ホスト "65.54.239.140 (65.54.239.140)", ポート 1863 への接続に成功しました。',
    '2005-12-06 15:45:08.401 SecureNAT: TCP セッション 1 が削除されました。',
    '2005-12-06 15:45:08.401 SecureNAT: UDP セッション 2 が作成されました。接続元 192.168.30.10:1048, 接続先 192.168.30.1:53',
  ])
  expect(logged('en', tell)).toEqual([
    '2005-12-06 15:45:08.401 SecureNAT: The TCP session 1 has been created. Connection source 192.168.30.10:1079, Connection destination 207.46.0.166:1863',
    '2005-12-06 15:45:08.401 SecureNAT: The connection to TCP session 1: Host "baym-sb26.msgr.hotmail.com (207.46.0.166)", Port 1863 was successful.',
    '2005-12-06 15:45:08.401 SecureNAT: The connection to TCP session 3: Host "65.54.239.140 (65.54.239.140)", Port 1863 was successful.',
    '2005-12-06 15:45:08.401 SecureNAT: The TCP session 1 has been deleted.',
    '2005-12-06 15:45:08.401 SecureNAT: The UDP session 2 has been created. Connection source 192.168.30.10:1048, Connection destination 192.168.30.1:53',
  ])
})

test('R51: sessions of TCP and UDP share one counter from 1; DHCP entries have their own', () => {
  const world = new World({ guest: { address: 0 as never } })
  world.guest.dhcp()
  world.until('a lease', () => world.guest.address !== 0, 10_000)
  world.guest.connect(SERVER, 80)
  world.guest.udp(5000, SERVER, 9, Uint8Array.of(1))
  world.guest.connect(SERVER, 81)
  world.advance(100)
  expect(world.events.filter((event) => event.endsWith('created'))).toEqual([
    'tcp 1 created',
    'udp 2 created',
    'tcp 3 created',
  ])
  expect(world.events).toContain('dhcp 1')
})

test('R51: one file a day, UTF-8 without mark, CRLF; repeated in the log of the server', async () => {
  await running.stop()
  const directory = join(running.stateDir, 'logs/DEFAULT/security')
  const [name] = readdirSync(directory)
  expect(name).toMatch(/^sec_20\d{6}\.log$/)
  const bytes = readFileSync(join(directory, name!))
  expect(bytes.subarray(0, 2).toString()).toBe('20')
  const lines = bytes.toString('utf8').split('\r\n')
  expect(lines.at(-1)).toBe('')
  expect(lines.join('')).not.toMatch(/[\r\n]/)
  for (const line of lines.slice(0, -1)) {
    expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} SecureNAT /)
    expect(running.log('server')).toContain(`${line.slice(0, 23)} [HUB "DEFAULT"] ${line.slice(24)}`)
  }
})

test('R51: the language changes while the server runs', async () => {
  const { server } = running
  await server.change((config) => ({ ...config, language: 'en' }))
  await running.call('DisableSecureNAT', { HubName_str: 'DEFAULT' })
  await running.stop()
  expect(running.log('DEFAULT', 'security')).toMatch(
    /が開始されました。.*\r\n.*: The SecureNAT function has been disabled\.\r\n.* SecureNAT stopped\.\r\n$/,
  )
})
