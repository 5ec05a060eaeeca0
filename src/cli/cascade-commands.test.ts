// Commands on cascades over a made-up server: what is printed is what vpncmd prints for the same settings.

import { describe, expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'
import { userHash } from '../accounts/password-hash.ts'

const server = madeUpServer()

describe('cascades', () => {
  test('are made as vpncmd makes them', async () => {
    await runLine('CascadeCreate up /SERVER:198.51.100.1:443 /HUB:R /USERNAME:u')
    await runLine('CascadePasswordSet up /PASSWORD:p /TYPE:standard')
    await runLine('CascadeDetailSet up /MAXTCP:2 /INTERVAL:3 /TTL:0 /HALF:no')
    await runLine('CascadeProxySocks5 up /SERVER:proxy:1080')
    await runLine('CascadeCompressEnable up')
    await runLine('CascadeServerCertEnable up')
    await runLine('CascadePolicySet up /NAME:DHCPFilter /VALUE:yes')
    expect(server.hub.settings().cascades[0]).toMatchObject({
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
    const shown = await runLine('CascadeGet up')
    expect(shown).toContain('Authentication Type                                  |Standard Password Authentication\n')
    expect(shown).toContain('Connection Life of Each TCP Connection               |Infinite\n')
    expect(shown).toMatch(/DHCPFilter +\|Filter DHCP Packets \(IPv4\) +\|Yes\n/)
    expect(shown).not.toContain('MultiLogins')
    expect(await runLine('CascadeList')).toBe(`Item                  |Value
----------------------+-----------------
Setting Name          |up
Status                |Offline (Stopped)
Established at        |(None)
Destination VPN Server|198.51.100.1
Virtual Hub           |R
`)
    await expect(runLine('CascadeStatusGet up')).rejects.toThrow('The specified Cascade Connection is offline.')
    await runLine('CascadeOnline up')
    expect(await runLine('CascadeList')).toContain('|Connecting\n')
    await runLine('CascadeRename up /NEW:down')
    await runLine('CascadeSet down /SERVER:vpn:5555')
    await runLine('CascadeOffline down')
    await runLine('CascadeDelete down')
    expect(server.hub.settings().cascades).toEqual([])
  })

  test.each([
    ['CascadeCreate up --to host --tohub R --username u', '--to must be HOST:PORT, is "host"'],
    ['CascadeCreate up --tohub R --username u', '--to is missing'],
    ['CascadeCreate up --to host:0 --tohub R --username u', '--to must be a whole number from 1 to 65535, is "0"'],
    ['CascadePasswordSet up --password p --type x', '--type must be standard or radius'],
  ])('%s is refused', async (line, sentence) => {
    await expect(runLine(line)).rejects.toThrow(sentence)
  })
})
