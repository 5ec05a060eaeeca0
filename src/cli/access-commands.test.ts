// Commands on access lists over a made-up server: what is printed is what vpncmd prints for the same settings.

import { describe, expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'

const server = madeUpServer()

describe('access lists', () => {
  test('as vpncmd prints them', async () => {
    await runLine(
      'AccessAdd pass /MEMO:memo /PRIORITY:10 /SRCUSERNAME:alice /DESTUSERNAME:none /SRCMAC:none /DESTMAC:none /SRCIP:192.168.30.0/24 /DESTIP:none /PROTOCOL:tcp /SRCPORT:none /DESTPORT:80-90 /TCPSTATE:unestablished',
    )
    await runLine(
      'AccessAdd discard /PRIORITY:20 /SRCMAC:00-AC-01-02-03-04 /SRCIP:10.0.0.1/32 /PROTOCOL:udp /DESTPORT:53',
    )
    await runLine('AccessAddEx6 discard --priority 30 --destip 2001:db8::/32 --loss 50')
    await runLine('AccessDisable 1')
    expect(await runLine('AccessList')).toBe(`Item     |Value
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
    await runLine('AccessEnable 1')
    await runLine('AccessDelete 2')
    expect(server.hub.settings().accessList.map(({ active, uniqueId }) => [active, uniqueId])).toEqual([
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
    await expect(runLine(line)).rejects.toThrow(sentence)
  })
})
