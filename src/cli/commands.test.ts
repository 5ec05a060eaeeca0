// Commands through the operations themselves, over a made-up server: what they print is what vpncmd prints for the same settings.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AT, MadeUpHub, madeUpManagement } from '../../test/support/made-up-management.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'
import { userHash } from '../accounts/password-hash.ts'
import { callOperation } from '../admin/call.ts'
import type { RpcError } from '../admin/rpc-error.ts'
import { WHOLE_TABLE } from '../hub/page.ts'
import type { NatSessionRow } from '../nat/rows.ts'
import type { Language } from './command.ts'
import { dateWithDay } from './format.ts'
import { administer } from './main.ts'
import { CallError, RpcClient } from './rpc-client.ts'

let hub: MadeUpHub
let directory: string
const path = (name: string): string => join(directory, name)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'))
  hub = new MadeUpHub('DEFAULT')
  const management = madeUpManagement([hub, new MadeUpHub('LAB')])
  vi.spyOn(RpcClient.prototype, 'call').mockImplementation(((method: string, params: Record<string, unknown>) => {
    // As over a socket: what is not JSON does not arrive.
    const sent = JSON.parse(JSON.stringify(params)) as Record<string, unknown>
    const call = callOperation(method, sent, { management, role: { kind: 'server' }, connection: 'RPC-1' })
    return call.catch((error: RpcError) => {
      throw new CallError(error.code, error.message, [...error.faults])
    })
  }) as never)
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true })
})

async function run(line: string, language: Language = 'en'): Promise<string> {
  let printed = ''
  const argv = [...line.matchAll(/"([^"]*)"|(\S+?):"([^"]*)"|(\S+)/g)].map(
    ([, quoted, name, value, plain]) => quoted ?? plain ?? `${name}:${value}`,
  )
  await administer(argv, {
    version: '0.1.0',
    language,
    defaultStateDir: '/state',
    controlSocket: (stateDir) => `${stateDir}/control.sock`,
    password: () => Promise.resolve(''),
    print: (text) => {
      printed += `${text}\n`
    },
  })
  return printed
}

const DONE = 'The command completed successfully.\n'

describe('hubs', () => {
  test('OptionsGet after SetMaxSession and SetEnumDeny', async () => {
    expect(await run('SetMaxSession 10')).toBe(DONE)
    await run('SetEnumDeny')
    expect(await run('OptionsGet')).toBe(`Item                                         |Value
---------------------------------------------+----------
Enumeration of Virtual Hub for Anonymous User|Deny
Max Number of Sessions                       |10
Status                                       |Online
Virtual Hub Type                             |Standalone
`)
    await run('SetEnumAllow')
    await run('SetMaxSession 0')
    await run('Offline')
    expect(await run('OptionsGet', 'ja')).toBe(`項目                               |値
-----------------------------------+--------------
匿名ユーザーに対する仮想 HUB の列挙|許可
最大同時接続セッション数           |無制限
状態                               |オフライン
仮想 HUB の種類                    |スタンドアロン
`)
    await run('Online')
    expect(hub.isOnline).toBe(true)
  })

  test('StatusGet', async () => {
    const status = await run('StatusGet')
    expect(status).toContain('SecureNAT                    |Disabled\n')
    expect(status).toContain('Outgoing Unicast Total Size  |120 bytes\n')
    expect(status).toContain('Incoming Broadcast Packets   |1 packets\n')
  })

  test('HubCreate with a password, SetHubPassword, messages', async () => {
    expect(await run('HubCreate NEW /PASSWORD:x')).toBe(DONE)
    expect(await run('HubList')).toContain('Virtual Hub Name  |NEW\n')
    await run('SetHubPassword /PASSWORD:p')
    expect(hub.settings().adminPassword!.hashedPassword).toHaveLength(20)
    await run('SetStaticMessage --message "こんにちは"')
    expect(await run('GetStaticMessage')).toBe('こんにちは\n')
    await expect(run('SetHubPassword')).rejects.toThrow('SetHubPassword: --password is missing')
    await expect(run('SetMaxSession 5000')).rejects.toThrow(
      'SetMaxSession: COUNT must be a whole number from 0 to 4096, is "5000"',
    )
  })
})

describe('users and groups', () => {
  test('as vpncmd prints them', async () => {
    await run('GroupCreate staff /REALNAME:Staff /NOTE:note')
    await run('GroupPolicySet staff /NAME:MaxMac /VALUE:5')
    await run('UserCreate alice /GROUP:staff /REALNAME:"Alice A" /NOTE:n')
    await run('UserPasswordSet alice /PASSWORD:secret')
    await run('UserExpiresSet alice /EXPIRES:"2030/01/02 03:04:05"')
    expect(await run('GroupList')).toBe(`Item       |Value
-----------+-----
Group Name |staff
Full Name  |Staff
Description|note
Num Users  |1
`)
    const list = await run('UserList')
    expect(list).toContain('Group Name      |staff\n')
    expect(list).toContain('Auth Method     |Password Authentication\n')
    expect(list).toContain('Expiration Date |2030-01-02 (Wed) 03:04:05\n')
    expect(hub.settings().users[0]!.authentication).toMatchObject({ hashedKey: userHash('alice', 'secret') })
    const group = await run('GroupGet staff')
    expect(group).toContain(`This is the security policy that is set for this group.
Policy name                    |Simple description of policy                   |Setting value
-------------------------------+-----------------------------------------------+-------------
Access                         |Allow Access                                   |Yes
`)
    expect(group).toContain('MaxConnection                  |Maximum Number of TCP Connections              |32\n')
    expect(group).toContain('MaxMac                         |Maximum Number of MAC Addresses                |5\n')
    expect(group).toContain(
      'TimeOut                        |Time-out Period                                |20 seconds\n',
    )
    expect(group).toMatch(/assigned to this group\.\n alice\n$/)
    const user = await run('UserGet ALICE')
    expect(user).toContain('User Name                    |alice\n')
    expect(user).toContain(`Created on                   |${dateWithDay(new Date(AT).toISOString()).en}\n`)
    expect(user).not.toContain('Security Policy')
    await run('UserPolicySet alice /NAME:maxupload /VALUE:1000000')
    await run('UserPolicySet alice /NAME:NoBridge /VALUE:yes')
    expect(await run('UserGet alice')).toMatch(/MaxUpload +\|Upload Bandwidth +\|1000000 bps\n/)
    expect(hub.settings().users[0]!.policy).toMatchObject({ noBridge: true, maxUpload: 1_000_000 })
    await run('UserPolicyRemove alice')
    await run('UserSet alice /NOTE:none')
    expect(hub.settings().users[0]).toMatchObject({ policy: undefined, note: '', realName: 'Alice A', group: 'staff' })
    expect(hub.settings().users[0]!.authentication.kind).toBe('password')
    await run('GroupUnjoin alice')
    await run('GroupJoin staff /USERNAME:alice')
    await run('GroupSet staff /NOTE:x')
    await run('GroupPolicyRemove staff')
    expect(hub.settings().groups[0]).toMatchObject({ note: 'x', policy: undefined })
    expect(hub.settings().users[0]!.group).toBe('staff')
    await run('GroupDelete staff')
    await run('UserDelete alice')
    expect(hub.settings().users).toEqual([])
  })

  test('certificates and anonymous users', async () => {
    await run('UserCreate bob')
    writeFileSync(path('c.pem'), '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n')
    await run(`UserCertSet bob /LOADCERT:${path('c.pem')}`)
    expect(hub.settings().users[0]!.authentication).toEqual({
      kind: 'certificate',
      certificate: Uint8Array.of(0x30, 0),
    })
    await run(`UserCertGet bob /SAVECERT:${path('out.pem')}`)
    expect(readFileSync(path('out.pem'), 'utf8')).toBe(readFileSync(path('c.pem'), 'utf8'))
    await run('UserSignedSet bob /CN:name /SERIAL:01-FF')
    expect(hub.settings().users[0]!.authentication).toEqual({
      kind: 'signedCertificate',
      commonName: 'name',
      serial: Uint8Array.of(1, 255),
    })
    await run('UserAnonymousSet bob')
    expect(hub.settings().users[0]!.authentication).toEqual({ kind: 'anonymous' })
  })

  test.each([
    ['UserGet nobody', 'UserGet: Error'],
    ['UserSet bob', 'nothing to set'],
    ['UserPolicySet bob /NAME:NoSuch /VALUE:1', '--name must be one of those of PolicyList, is "NoSuch"'],
    ['UserPolicySet bob /NAME:Timeout /VALUE:4', 'policy:TimeOut_u32 must be 0 or a whole number from 5 to 60, is "4"'],
    ['UserExpiresSet bob /EXPIRES:soon', '--expires must be a time such as'],
    ['UserCreate bob /GROUP:none', 'There is a user "bob" already'],
  ])('%s is refused', async (line, sentence) => {
    await run('UserCreate bob')
    const refused = run(line)
    await expect(refused).rejects.toThrow(sentence === 'UserGet: Error' ? 'There is no user "nobody"' : sentence)
  })
})

describe('sessions and tables', () => {
  test('CounterList shows what is not zero, and with --all everything', async () => {
    const counters = await run('CounterList')
    expect(counters).toContain('hub.rxFrames|12,345\n')
    expect(counters).not.toContain('tcp.timeouts')
    expect(await run('CounterList --all')).toMatch(/tcp\.timeouts *\|0\n/)
  })

  test('SessionGet, MacTable, IpTable', async () => {
    const session = await run('SessionGet SID-SECURENAT-1')
    expect(session).toContain('Half Duplex TCP Connection Mode           |No (Full Duplex Mode)\n')
    expect(session).toContain('Encryption                                |Disabled (No Encryption)\n')
    expect(await run('MacTable')).toContain('MAC Address |5E-F1-2E-EF-30-8E\n')
    expect(await run('MacTable SID-OTHER')).toBe('Item|Value\n----+-----\n')
    expect(await run('IpTable')).toContain('IP Address  |192.168.30.10 (DHCP)\n')
    await run('MacDelete 5')
    await run('IpDelete 6')
    expect([hub.macTable(WHOLE_TABLE).total, hub.ipTable(WHOLE_TABLE).total]).toEqual([0, 0])
    await expect(run('MacDelete x')).rejects.toThrow('MacDelete: ID must be a whole number')
  })
})

describe('from where and by whose certificates users come', () => {
  test('CAAdd, CAList, CAGet, CADelete', async () => {
    const { authority } = readVectors('certificates') as { authority: string }
    writeFileSync(path('ca.der'), Buffer.from(authority, 'hex'))
    await run(`CAAdd ${path('ca.der')}`)
    const list = await run('CAList')
    expect(list).toMatch(/Issued to .*\|.+\nIssuer .*\|.+\nExpiration.*\|\d{4}-\d\d-\d\d \(\w{3}\)\n/)
    const id = /^ID +\|(\d+)$/m.exec(list)![1]!
    await run(`CAGet ${id} --savecert ${path('ca.pem')}`)
    const pem = readFileSync(path('ca.pem'), 'utf8')
    expect(Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64').toString('hex')).toBe(authority)
    await run(`CADelete ${id}`)
    expect(hub.settings().authorities).toEqual([])
    await run(`CAAdd ${path('ca.pem')}`)
    expect(hub.settings().authorities).toHaveLength(1)
  })

  test('AcAdd, AcList, AcDel', async () => {
    await run('AcAdd deny --priority 20 --ip 10.9.0.0/255.255.0.0')
    await run('AcAdd allow --priority 10 --ip 10.9.1.1')
    await run('AcAdd allow --priority 30 --ip 10.0.0.0/8')
    await run('AcDel 3')
    expect(await run('AcList')).toBe(
      'ID|Priority|Action|Contents\n--+--------+------+-----------\n1 |10      |Pass  |10.9.1.1\n2 |20      |Deny  |10.9.0.0/16\n',
    )
    await expect(run('AcDel 3')).rejects.toThrow('AcDel 3: there is no such rule')
    await expect(run('AcAdd deny --priority 0 --ip 10.0.0.1')).rejects.toThrow('--priority 0: must be a number from 1')
    await expect(run('AcAdd deny --priority 1 --ip 10.0.0.1/33')).rejects.toThrow('--ip 10.0.0.1/33: must be')
    await expect(run('AcAdd6 deny --priority 1 --ip 2001:db8::1')).rejects.toThrow('AcAdd6')
  })

  test('ClusterSettingGet', async () => {
    expect(await run('ClusterSettingGet')).toContain('Current Configuration|Standalone Server\n')
  })
})

test('long tables are printed in part', async () => {
  expect(await run('MacTable --limit 1')).toContain('5E-F1-2E-EF-30-8E')
  for (const table of ['SessionList', 'MacTable', 'IpTable', 'NatTable', 'DhcpTable', 'UserList', 'LogFileList']) {
    expect(await run(`${table} --limit 0`), table).toBe('Item|Value\n----+-----\n')
  }
  expect(await run('SessionList --offset 1')).not.toContain('SID-SECURENAT-1')
  await expect(run('NatTable --offset many')).rejects.toThrow('NatTable: --offset must be a whole number')
})

test('NatDelete', async () => {
  hub.rows = [{ id: 7 } as NatSessionRow]
  await run('NatDelete 7')
  expect(hub.rows).toEqual([])
  await expect(run('NatDelete 7')).rejects.toThrow('There is no NAT session')
})

describe('access lists', () => {
  test('as vpncmd prints them', async () => {
    await run(
      'AccessAdd pass /MEMO:memo /PRIORITY:10 /SRCUSERNAME:alice /DESTUSERNAME:none /SRCMAC:none /DESTMAC:none /SRCIP:192.168.30.0/24 /DESTIP:none /PROTOCOL:tcp /SRCPORT:none /DESTPORT:80-90 /TCPSTATE:unestablished',
    )
    await run('AccessAdd discard /PRIORITY:20 /SRCMAC:00-AC-01-02-03-04 /SRCIP:10.0.0.1/32 /PROTOCOL:udp /DESTPORT:53')
    await run('AccessAddEx6 discard --priority 30 --destip 2001:db8::/32 --loss 50')
    await run('AccessDisable 1')
    expect(await run('AccessList')).toBe(`Item     |Value
---------+------------------------------------------------------------------------------------------------
ID       |1
Action   |Pass
Status   |Disable
Priority |10
Unique ID|1
Contents |(ipv4) SrcIPv4=192.168.30.0/24, Protocol=TCP, DstPort=80-90, SrcUser=alice, Unestablished
Memo     |memo
---------+------------------------------------------------------------------------------------------------
ID       |2
Action   |Discard
Status   |Enable
Priority |20
Unique ID|2
Contents |(ipv4) SrcIPv4=10.0.0.1/32, Protocol=UDP, DstPort=53, SrcMac=00-AC-01-02-03-04/FF-FF-FF-FF-FF-FF
Memo     |
---------+------------------------------------------------------------------------------------------------
ID       |3
Action   |Discard
Status   |Enable
Priority |30
Unique ID|3
Contents |(ipv6) DstIPv6=2001:db8::/32, Loss=50%
Memo     |
`)
    await run('AccessEnable 1')
    await run('AccessDelete 2')
    expect(hub.settings().accessList.map(({ active, uniqueId }) => [active, uniqueId])).toEqual([
      [true, 1],
      [true, 3],
    ])
  })

  test.each([
    ['AccessAdd drop', 'the action must be pass or discard, is "drop"'],
    ['AccessAdd pass --srcip 10.0.0.0/33', '--srcip must be IP/MASK such as 10.0.0.0/8, is "10.0.0.0/33"'],
    ['AccessAdd pass --srcip 10.0.0/8', '--srcip must be an IPv4 address'],
    ['AccessAdd pass --srcmac x', '--srcmac must be a MAC address'],
    ['AccessAdd pass --protocol 300', '--protocol must be a whole number from 0 to 255, is 300'],
    ['AccessAdd pass --destport 90-80', '--destport must be at least'],
    ['AccessAdd6 pass --destip 10.0.0.1', '--destip must be IP/MASK such as 2001:db8::/32'],
    ['AccessEnable 7', 'there is no rule 7'],
  ])('%s is refused', async (line, sentence) => {
    await expect(run(line)).rejects.toThrow(sentence)
  })
})

describe('logs and options', () => {
  test('LogGet, LogSwitchSet, LogDisable', async () => {
    await run('LogSwitchSet security /SWITCH:hour')
    await run('LogDisable security')
    expect(await run('LogGet')).toBe(`Item                 |Value
---------------------+--------------------
Save Security Log    |Disable
Log File Switch Cycle|Switch in Every Hour
Save Packet Log      |Disable
`)
    await run('LogEnable security')
    await expect(run('LogEnable packet')).rejects.toThrow('keeps no packet log')
    await expect(run('LogSwitchSet security /SWITCH:week')).rejects.toThrow('--switch must be sec, min')
  })

  test('LogSettingsGet, LogSettingsSet', async () => {
    await run('LogSettingsSet /JSON:no /RETENTIONDAYS:7 /SWITCH:hour')
    const shown = await run('LogSettingsGet')
    expect(shown).toMatch(/^Events as JSON Lines +\|No$/m)
    expect(shown).toMatch(/^Retention \(Days\) +\|7$/m)
    expect(shown).toMatch(/^Log File Switch Cycle +\|hour$/m)
    await expect(run('LogSettingsSet')).rejects.toThrow('nothing to set')
    await expect(run('LogSettingsSet /LEVEL:loud')).rejects.toThrow('--level must be "info", "warn" or "error"')
  })

  test('log files are listed, printed and saved', async () => {
    const list = await run('LogFileList')
    expect(list).toContain('Log File Name|LAB/security/sec_20261123.log\nFile Size    |10 Bytes\n')
    expect(await run('LogFileGet LAB/security/sec_20261123.log')).toBe('0123456789\n')
    await run(`LogFileGet LAB/security/sec_20261123.log /SAVEPATH:${path('log')}`)
    expect(readFileSync(path('log'), 'utf8')).toBe('0123456789')
    await expect(run('LogFileGet x')).rejects.toThrow('There is no log file "x"')
  })

  test('options by name', async () => {
    await run('ExtOptionSet SecureNAT_MaxTcpSessionsPerIp /VALUE:30')
    expect(await run('ExtOptionList')).toContain('Item |SecureNAT_MaxTcpSessionsPerIp\nValue|30\n')
    await run('AdminOptionSet no_securenat /VALUE:1')
    expect(await run('AdminOptionList')).toContain('Item |no_securenat\nValue|1\n')
    await expect(run('ExtOptionSet NoSuch /VALUE:1')).rejects.toThrow('NAME must be the name of one of the options')
    await expect(run('ExtOptionSet VlanTypeId /VALUE:x')).rejects.toThrow('--value must be a whole number')
  })
})

describe('cascades', () => {
  test('are made as vpncmd makes them', async () => {
    await run('CascadeCreate up /SERVER:198.51.100.1:443 /HUB:R /USERNAME:u')
    await run('CascadePasswordSet up /PASSWORD:p /TYPE:standard')
    await run('CascadeDetailSet up /MAXTCP:2 /INTERVAL:3 /TTL:0 /HALF:no')
    await run('CascadeProxySocks5 up /SERVER:proxy:1080')
    await run('CascadeCompressEnable up')
    await run('CascadeServerCertEnable up')
    await run('CascadePolicySet up /NAME:DHCPFilter /VALUE:yes')
    expect(hub.settings().cascades[0]).toMatchObject({
      name: 'up',
      online: false,
      hostName: '198.51.100.1',
      port: 443,
      hubName: 'R',
      authentication: { kind: 'password', userName: 'u', hashedPassword: userHash('u', 'p') },
      proxy: { kind: 'socks5', hostName: 'proxy', port: 1080 },
      maxConnection: 2,
      additionalConnectionInterval: 3,
      useCompress: true,
      checkServerCert: true,
      policy: { dhcpFilter: true },
    })
    const shown = await run('CascadeGet up')
    expect(shown).toContain('Authentication Type                                  |Standard Password Authentication\n')
    expect(shown).toContain('Connection Life of Each TCP Connection               |Infinite\n')
    expect(shown).toMatch(/DHCPFilter +\|Filter DHCP Packets \(IPv4\) +\|Yes\n/)
    expect(shown).not.toContain('MultiLogins')
    expect(await run('CascadeList')).toBe(`Item                  |Value
----------------------+-----------------
Setting Name          |up
Status                |Offline (Stopped)
Established at        |(None)
Destination VPN Server|198.51.100.1
Virtual Hub           |R
`)
    await expect(run('CascadeStatusGet up')).rejects.toThrow('The specified Cascade Connection is offline.')
    await run('CascadeOnline up')
    expect(await run('CascadeList')).toContain('|Connecting\n')
    await run('CascadeRename up /NEW:down')
    await run('CascadeSet down /SERVER:vpn:5555')
    await run('CascadeOffline down')
    await run('CascadeDelete down')
    expect(hub.settings().cascades).toEqual([])
  })

  test.each([
    ['CascadeCreate up --to host --tohub R --username u', '--to must be HOST:PORT, is "host"'],
    ['CascadeCreate up --tohub R --username u', '--to is missing'],
    ['CascadeCreate up --to host:0 --tohub R --username u', '--to must be a whole number from 1 to 65535, is "0"'],
    ['CascadePasswordSet up --password p --type x', '--type must be standard or radius'],
  ])('%s is refused', async (line, sentence) => {
    await expect(run(line)).rejects.toThrow(sentence)
  })
})

describe('the server', () => {
  test('what it prints', async () => {
    expect(await run('ServerInfoGet')).toContain('Product Name of Operating System|Debian GNU/Linux\n')
    expect(await run('ServerStatusGet')).toContain('Number of Virtual Hubs                        |2\n')
    expect(await run('Caps')).toMatch(/b_support_securenat +\|Yes\n/)
    expect(await run('Flush')).toContain('|27,150 bytes\n')
    expect(await run('ConnectionList')).toBe(`Connection Name|Connection Source|Connection Start         |Type
---------------+-----------------+-------------------------+--------------
CID-1          |localhost: 40000 |${dateWithDay(new Date(AT).toISOString()).en}|Management RPC
`)
    expect(await run('ConnectionGet CID-1')).toContain('Source IP Address       |127.0.0.1\n')
    await run('ConnectionDisconnect CID-1')
    await expect(run('ConnectionGet CID-1')).rejects.toThrow('There is no connection "CID-1"')
    await expect(run('Reboot')).rejects.toThrow('SIGHUP')
  })

  test('its configuration', async () => {
    expect(await run('ConfigGet')).toBe('{"language":"en"}\n')
    await run(`ConfigGet ${path('config')}`)
    expect(readFileSync(path('config'), 'utf8')).toBe('{"language":"en"}')
    await expect(run(`ConfigSet ${path('config')}`)).rejects.toThrow('hubs.X: must be right, is wrong')
    writeFileSync(path('config'), '{}')
    expect(await run(`ConfigSet ${path('config')}`)).toBe(DONE)
  })
})

test('PolicyList', async () => {
  expect(await run('PolicyList')).toMatch(
    /^Policy name +\|Simple description of policy\n-+\+-+\nAccess +\|Allow Access\n/,
  )
})

test('--json prints what the operation answers', async () => {
  expect(JSON.parse(await run('OptionsGet --json'))).toMatchObject({ HubName_str: 'DEFAULT', MaxSession_u32: 0 })
})

test('a hub that is not there', async () => {
  await expect(run('StatusGet --hub NONE')).rejects.toThrow('The Virtual Hub "NONE" does not exist on this server.')
})
