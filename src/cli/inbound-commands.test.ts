// The commands Inbound… as a person meets them.

import { expect, test } from 'vitest'
import { answeredCalls, run } from '../../test/support/command-line.ts'

const RULE = {
  Id_u32: 3,
  Note_str: 'web',
  Active_bool: true,
  Protocol_str: 'tcp',
  HostAddress_ip: '0.0.0.0',
  HostPorts_str: '80',
  GuestAddress_ip: '192.168.30.10',
  GuestPort_u32: 8080,
  Sources_str: '',
  ProxyProtocol_str: 'none',
  MaxSessions_u32: 1024,
  State_str: 'forbidden',
  StatePort_u32: 80,
  NumSessions_u32: 0,
  NumAccepted_u64: 1234,
  NumRefused_u64: 5,
}

const answered = answeredCalls({}, { HubName_str: 'DEFAULT', RuleList: [RULE] })

test('InboundList says what a rule does, and why it does not', async () => {
  expect(await run(['InboundList'])).toBe(`Item          |Value
--------------+----------------------------------------------------------------------------------
ID            |3
Protocol      |TCP
Host Address  |0.0.0.0
Host Port     |80
Guest         |192.168.30.10:8080
Sources       |All
PROXY Protocol|none
Status        |Not allowed to this user: ports below 1024 need the right to use them; tried again
Port Concerned|80
Sessions      |0
Accepted      |1,234
Refused       |5
Note          |web
`)
  answered.language = 'ja'
  expect(await run(['InboundList'])).toContain('1024 未満のポートには権限が必要です')
})

test('InboundAdd takes port and guest, and options in either form', async () => {
  await run(['InboundAdd', '8080', '192.168.30.10'])
  await run(['InboundAdd', '5000-5009', '192.168.30.10:6000', '/PROTOCOL:UDP', '--sources', '10.0.0.0/8', '--max', '5'])
  await run(['InboundSet', '3', '--active', 'no', '/SOURCES:', '--guestport', '81'])
  await run(['InboundDelete', '3'])
  const HubName_str = 'DEFAULT'
  expect(answered.calls).toEqual([
    ['AddInboundRule', { HubName_str, Protocol_str: 'tcp', HostPorts_str: '8080', GuestAddress_ip: '192.168.30.10' }],
    [
      'AddInboundRule',
      {
        HubName_str,
        Protocol_str: 'udp',
        HostPorts_str: '5000-5009',
        GuestAddress_ip: '192.168.30.10',
        GuestPort_u32: '6000',
        Sources_str: '10.0.0.0/8',
        MaxSessions_u32: '5',
      },
    ],
    ['SetInboundRule', { HubName_str, Id_u32: '3', Active_bool: false, Sources_str: '', GuestPort_u32: '81' }],
    ['DeleteInboundRule', { HubName_str, Id_u32: '3' }],
  ])
})

test('a guest that is no address is refused before anything is asked', async () => {
  await expect(run(['InboundAdd', '80', 'guest:http'])).rejects.toThrow(
    'InboundAdd: GUEST must be an address such as 192.168.30.10:80, is "guest:http"',
  )
  expect(answered.calls).toEqual([])
})
