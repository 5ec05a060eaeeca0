// The lines are the original's, to the letter: programs read them.

import { describe, expect, test } from 'vitest'
import { ipv4 } from '../wire/ipv4-address.ts'
import type { MacAddress } from '../wire/mac.ts'
import { SECURITY_TEXTS } from './messages.ts'
import { REFUSED_LINES_PER_SECOND, SecurityLog } from './security-log.ts'

const AT = new Date(2026, 10, 23, 12, 9, 9, 45).getTime()
const FLOW = {
  internalAddress: ipv4('192.168.30.10'),
  internalPort: 1079,
  destinationAddress: ipv4('207.46.0.166'),
  destinationPort: 1863,
}
const LEASE = {
  id: 1,
  leasedAt: AT,
  expiresAt: AT,
  macAddress: 0x00ac8540b550 as MacAddress,
  ipAddress: ipv4('192.168.30.10'),
  hostName: 'NT4',
}

function setUp(language: 'en' | 'ja') {
  const lines: string[] = []
  let now = AT
  const log = new SecurityLog({ write: (_at, line) => lines.push(line) }, SECURITY_TEXTS[language], () => now)
  return { log, lines, pass: (ms: number) => (now += ms) }
}

function writeAll(log: SecurityLog): void {
  log.administration('enabled', 'RPC-45', 'DEFAULT')
  log.started('SID-SECURENAT-1')
  log.dhcpEntryCreated(LEASE, 7200)
  log.tcpSessionCreated(1, FLOW)
  log.tcpConnectSucceeded(1, FLOW)
  log.tcpConnectFailed(2, FLOW)
  log.tcpSessionDeleted(1)
  log.udpSessionCreated(3, FLOW)
  log.udpSessionDeleted(3)
  log.administration('optionSet', 'RPC-45', 'DEFAULT')
  log.administration('disabled', 'RPC-45', 'DEFAULT')
  log.stopped()
}

test('what administrators do', () => {
  const { log, lines } = setUp('en')
  log.administration('userCreated', 'RPC-3', 'LAB', ['alice'])
  log.administration('cascadeRenamed', 'RPC-3', 'LAB', ['a', 'b $1 %1\r\nforged'])
  log.texts = SECURITY_TEXTS.ja
  log.administration('accessListSet', 'RPC-3', 'LAB', [3])
  const at = '2026-11-23 12:09:09.045'
  expect(lines).toEqual([
    `${at} Administration mode [RPC-3] (Virtual Hub "LAB"): User "alice" has been created.`,
    `${at} Administration mode [RPC-3] (Virtual Hub "LAB"): The name of Cascade Connection "a" has been changed to "b $1 %1??forged".`,
    `${at} 管理モード [RPC-3] (仮想 HUB "LAB"): アクセスリストを更新しました。3 個のアクセスリストを設定しました。`,
  ])
})

describe('security log', () => {
  test('English', () => {
    const { log, lines } = setUp('en')
    writeAll(log)
    expect(lines).toEqual([
      '2026-11-23 12:09:09.045 Administration mode [RPC-45] (Virtual Hub "DEFAULT"): The SecureNAT function has been enabled.',
      '2026-11-23 12:09:09.045 SecureNAT has started. The SecureNAT session "SID-SECURENAT-1" was created.',
      '2026-11-23 12:09:09.045 SecureNAT: The DHCP entry 1 has been created. MAC address: 00-AC-85-40-B5-50, IP address: 192.168.30.10, host name: NT4, expiration span: 7200 seconds',
      '2026-11-23 12:09:09.045 SecureNAT: The TCP session 1 has been created. Connection source 192.168.30.10:1079, Connection destination 207.46.0.166:1863',
      '2026-11-23 12:09:09.045 SecureNAT: The connection to TCP session 1: Host "207.46.0.166 (207.46.0.166)", Port 1863 was successful.',
      '2026-11-23 12:09:09.045 SecureNAT: The connection to TCP session 2: Host "207.46.0.166", Port 1863 failed.',
      '2026-11-23 12:09:09.045 SecureNAT: The TCP session 1 has been deleted.',
      '2026-11-23 12:09:09.045 SecureNAT: The UDP session 3 has been created. Connection source 192.168.30.10:1079, Connection destination 207.46.0.166:1863',
      '2026-11-23 12:09:09.045 SecureNAT: The UDP session 3 has been deleted.',
      '2026-11-23 12:09:09.045 Administration mode [RPC-45] (Virtual Hub "DEFAULT"): The SecureNAT option has been set.',
      '2026-11-23 12:09:09.045 Administration mode [RPC-45] (Virtual Hub "DEFAULT"): The SecureNAT function has been disabled.',
      '2026-11-23 12:09:09.045 SecureNAT stopped.',
    ])
  })

  test('Japanese', () => {
    const { log, lines } = setUp('ja')
    writeAll(log)
    expect(lines.map((line) => line.slice(24))).toEqual([
      '管理モード [RPC-45] (仮想 HUB "DEFAULT"): SecureNAT 機能を有効にしました。',
      'SecureNAT が開始されました。SecureNAT セッション "SID-SECURENAT-1" を作成しました。',
      'SecureNAT: DHCP エントリ 1 が作成されました。MAC アドレス: 00-AC-85-40-B5-50, IP アドレス: 192.168.30.10, ホスト名: NT4, 有効期限: 7200 秒',
      'SecureNAT: TCP セッション 1 が作成されました。接続元 192.168.30.10:1079, 接続先 207.46.0.166:1863',
      'SecureNAT: TCP セッション 1: ホスト "207.46.0.166 (207.46.0.166)", ポート 1863 への接続に成功しました。',
      'SecureNAT: TCP セッション 2: ホスト "207.46.0.166", ポート 1863 への接続に失敗しました。',
      'SecureNAT: TCP セッション 1 が削除されました。',
      'SecureNAT: UDP セッション 3 が作成されました。接続元 192.168.30.10:1079, 接続先 207.46.0.166:1863',
      'SecureNAT: UDP セッション 3 が削除されました。',
      '管理モード [RPC-45] (仮想 HUB "DEFAULT"): SecureNAT オプションを設定しました。',
      '管理モード [RPC-45] (仮想 HUB "DEFAULT"): SecureNAT 機能を無効にしました。',
      'SecureNAT が停止しました。',
    ])
  })

  test('with "save log" off only what administrators do is written', () => {
    const { log, lines } = setUp('en')
    log.saveLog = false
    writeAll(log)
    log.flowRefused('TCP', FLOW)
    expect(lines.map((line) => line.slice(24, 43))).toEqual(Array(3).fill('Administration mode'))
  })

  test('a guest that sends refused flows as fast as it can gets a few lines a second, and a count of the rest', () => {
    const { log, lines, pass } = setUp('en')
    for (let i = 0; i < REFUSED_LINES_PER_SECOND + 7; i += 1) log.flowRefused('UDP', FLOW)
    expect(lines).toHaveLength(REFUSED_LINES_PER_SECOND)
    expect(log.stats.refusedNotLogged).toBe(7)
    pass(1000)
    log.flowRefused('TCP', FLOW)
    expect(lines.slice(REFUSED_LINES_PER_SECOND).map((line) => line.slice(24))).toEqual([
      'SecureNAT: 7 more flows were refused by the forwarding rules.',
      'SecureNAT: A TCP flow was refused by the forwarding rules. Connection source 192.168.30.10:1079, Connection destination 207.46.0.166:1863',
    ])
  })

  test.each(['en', 'ja'] as const)(
    'limits, address conflicts and loops are told once a minute each, with a count: %s',
    (language) => {
      const { log, lines, pass } = setUp(language)
      const guest = FLOW.internalAddress
      const happens = (): void => {
        log.limitReached('halfOpenPerGuest', guest)
        log.addressConflict(ipv4('192.168.30.1'), 0x00ac_8540_b550 as MacAddress)
        log.loopDetected('TCP', FLOW, 'tap0')
      }
      for (let i = 0; i < 5; i += 1) happens()
      expect(lines).toHaveLength(3)
      pass(60_000)
      happens()
      const more = { en: ' (4 more since the last such line)', ja: ' (前回の記録以降さらに 4 回)' }[language]
      const texts = {
        en: [
          'SecureNAT: The host 192.168.30.10 has reached the limit "halfOpenPerGuest".',
          'SecureNAT: The host "00-AC-85-40-B5-50" claims the IP address 192.168.30.1 of the virtual host; it is not believed.',
          'SecureNAT: A TCP flow of the virtual NAT to 207.46.0.166:1863 came back into this Virtual Hub through the network interface "tap0" of this computer and was refused. Change the default gateway of "tap0": it must not be the virtual host.',
        ],
        ja: [
          'SecureNAT: ホスト 192.168.30.10 が制限 "halfOpenPerGuest" に達しました。',
          'SecureNAT: ホスト "00-AC-85-40-B5-50" が仮想ホストの IP アドレス 192.168.30.1 を名乗っていますが、無視しました。',
          'SecureNAT: 仮想 NAT から 207.46.0.166:1863 への TCP フローが、このコンピューターのネットワークインターフェイス "tap0" を通ってこの仮想 HUB に戻ってきたため、拒否しました。"tap0" のデフォルトゲートウェイを仮想ホスト以外に変更してください。',
        ],
      }[language]
      expect(lines.map((line) => line.slice(24))).toEqual([...texts, ...texts.map((text) => text + more)])
    },
  )

  test('the name of a destination stands in the line about the connection; its address, when it has none (R51)', () => {
    const { log, lines, pass } = setUp('en')
    const asked: ((name: string | undefined) => void)[] = []
    log.hostNames = { lookup: (_address, answered) => asked.push(answered) }
    log.tcpConnectSucceeded(1, FLOW)
    pass(100)
    log.tcpConnectSucceeded(2, FLOW)
    log.tcpSessionDeleted(1)
    expect(lines).toEqual([])
    pass(900)
    asked[0]!('baym-sb26.msgr.hotmail.com')
    asked[1]!(undefined)
    log.texts = SECURITY_TEXTS.ja
    expect(lines).toEqual([
      '2026-11-23 12:09:09.045 SecureNAT: The connection to TCP session 1: Host "baym-sb26.msgr.hotmail.com (207.46.0.166)", Port 1863 was successful.',
      '2026-11-23 12:09:09.145 SecureNAT: The connection to TCP session 2: Host "207.46.0.166 (207.46.0.166)", Port 1863 was successful.',
      '2026-11-23 12:09:09.145 SecureNAT: The TCP session 1 has been deleted.',
    ])
    log.tcpConnectSucceeded(3, FLOW)
    log.release()
    expect(lines[3]).toContain('SecureNAT: TCP セッション 3: ホスト "207.46.0.166 (207.46.0.166)"')
  })

  test('nobody is asked for names while nothing is saved', () => {
    const { log, lines } = setUp('en')
    log.saveLog = false
    log.hostNames = { lookup: () => expect.unreachable() }
    log.tcpConnectSucceeded(1, FLOW)
    expect(lines).toEqual([])
  })

  test.each([
    [
      'en',
      'Session "SID-SECURENAT-1": The DHCP server of host "5E-43-EE-10-E2-DB" (192.168.30.1) on this session allocated, for host "SID-TEST-2" on another session "5E-F1-2E-EF-30-8E", the new IP address 192.168.30.10.',
      'Session "SID-TEST-2": The packet was discarded because it has been attempting to use the IP address 192.168.30.99, which is not a DHCP server allocated IP address.',
    ],
    [
      'ja',
      'セッション "SID-SECURENAT-1": このセッション上のホスト "5E-43-EE-10-E2-DB" (192.168.30.1) の DHCP サーバーは、別のセッション "SID-TEST-2" 上のホスト "5E-F1-2E-EF-30-8E" に対して新しい IP アドレス 192.168.30.10 を割り当てました。',
      'セッション "SID-TEST-2": DHCP サーバーが割り当てていない IP アドレス 192.168.30.99 を使用しようとしたため、パケットは破棄されました。',
    ],
  ] as const)('the hub\'s own lines (%s), which have nothing to do with "save log"', (language, allocated, forced) => {
    const { log, lines } = setUp(language)
    log.saveLog = false
    log.dhcpAllocated({
      serverSession: 'SID-SECURENAT-1',
      serverMac: 0x5e43ee10e2db as MacAddress,
      serverAddress: ipv4('192.168.30.1'),
      clientSession: 'SID-TEST-2',
      clientMac: 0x5ef12eef308e as MacAddress,
      address: ipv4('192.168.30.10'),
    })
    const drop = { sessionName: 'SID-TEST-2', macAddress: 0x5ef12eef308e as MacAddress, address: ipv4('192.168.30.99') }
    log.policyDropped({ ...drop, policy: 'dhcpForce' })
    log.policyDropped({ ...drop, policy: 'maxMac' })
    expect(lines.map((line) => line.slice(24))).toEqual([allocated, forced])
  })

  test('a host name chosen by a guest cannot make a second line', () => {
    const { log, lines } = setUp('en')
    log.dhcpEntryCreated({ ...LEASE, hostName: 'x\r\n2026-11-23 forged\u2028' }, 60)
    expect(lines[0]).toContain('host name: x??2026-11-23 forged?, expiration span: 60 seconds')
  })

  test.each([
    [
      'en',
      [
        'The DHCP entry 1 has expired. MAC address: 00-AC-85-40-B5-50, IP address: 192.168.30.10, host name: NT4',
        'The DHCP entry 1 has been released by its client. MAC address: 00-AC-85-40-B5-50, IP address: 192.168.30.10, host name: NT4',
        'The DHCP entry 1 has been deleted by an administrator. MAC address: 00-AC-85-40-B5-50, IP address: 192.168.30.10, host name: NT4',
        'The IP address 192.168.30.10 is used by the host with the MAC address 00-AC-85-40-B5-50 without a DHCP entry. The DHCP server does not assign it to others.',
        'The DHCP client with the MAC address 00-AC-85-40-B5-50 reported that another host uses the IP address 192.168.30.10. The DHCP server does not assign it for 600 seconds.',
        'The DHCP server has no free IP address left. Requests that could not be answered: 7',
        'Warning: another DHCP server operates on the segment of this Virtual Hub. IP address: 192.168.30.10',
        'Warning: another DHCP server operates on the segment of this Virtual Hub. IP address: 192.168.30.10, MAC address: 00-AC-85-40-B5-50',
        'The host 192.168.30.10 has too many DNS queries under way. Further ones are refused until some are answered.',
      ],
    ],
    [
      'ja',
      [
        'DHCP エントリ 1 の有効期限が切れました。MAC アドレス: 00-AC-85-40-B5-50, IP アドレス: 192.168.30.10, ホスト名: NT4',
        'DHCP エントリ 1 はクライアントにより解放されました。MAC アドレス: 00-AC-85-40-B5-50, IP アドレス: 192.168.30.10, ホスト名: NT4',
        'DHCP エントリ 1 は管理者により削除されました。MAC アドレス: 00-AC-85-40-B5-50, IP アドレス: 192.168.30.10, ホスト名: NT4',
        'IP アドレス 192.168.30.10 は、DHCP エントリを持たない MAC アドレス 00-AC-85-40-B5-50 のホストが使用しています。DHCP サーバーはこの IP アドレスを割り当てません。',
        'MAC アドレス 00-AC-85-40-B5-50 の DHCP クライアントから、IP アドレス 192.168.30.10 が別のホストによって使用されていると通知されました。DHCP サーバーはこの IP アドレスを 600 秒間割り当てません。',
        'DHCP サーバーが割り当てることのできる IP アドレスが残っていません。応答できなかった要求の数: 7',
        '警告: この仮想 HUB のセグメントで別の DHCP サーバーが動作しています。IP アドレス: 192.168.30.10',
        '警告: この仮想 HUB のセグメントで別の DHCP サーバーが動作しています。IP アドレス: 192.168.30.10, MAC アドレス: 00-AC-85-40-B5-50',
        'ホスト 192.168.30.10 の処理中の DNS クエリが多すぎます。応答があるまで以降のクエリを拒否します。',
      ],
    ],
  ] as const)('what becomes of leases and addresses, in %s', (language, expected) => {
    const { log, lines } = setUp(language)
    const { ipAddress, macAddress } = LEASE
    for (const reason of ['expired', 'released', 'deleted'] as const) log.dhcpEntryEnded(LEASE, reason)
    log.dhcpAddressInUse(ipAddress, macAddress)
    log.dhcpAddressDeclined(ipAddress, macAddress, 600)
    log.dhcpPoolExhausted(7)
    log.dhcpOtherServerHeard(ipAddress, undefined)
    log.dhcpOtherServerHeard(ipAddress, macAddress)
    log.dnsLimitReached(ipAddress)
    expect(lines.map((line) => line.slice(24))).toEqual(expected.map((line) => `SecureNAT: ${line}`))
  })
})
