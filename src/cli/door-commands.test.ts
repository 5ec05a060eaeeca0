// The commands on listeners, certificates and who may come in: what is printed and what is sent.

import { describe, expect, test } from 'vitest'
import { answeredCalls, run } from '../../test/support/command-line.ts'

const answered = answeredCalls({})

describe('doors', () => {
  test('ListenerList', async () => {
    answered.answers.EnumListener = {
      ListenerList: [
        { Ports_u32: 443, Hosts_str: '*', Enables_bool: true, Errors_bool: true },
        { Ports_u32: 5555, Hosts_str: '127.0.0.1', Enables_bool: true, Errors_bool: false },
        { Ports_u32: 992, Hosts_str: '*', Enables_bool: false, Errors_bool: false },
      ],
    }
    expect(await run(['ListenerList'])).toBe(`Item       |Value
-----------+---------
Port Number|TCP 443
Address    |All
Status     |Error
-----------+---------
Port Number|TCP 5555
Address    |127.0.0.1
Status     |Listening
-----------+---------
Port Number|TCP 992
Address    |All
Status     |Offline
`)
  })

  test('ServerCertGet', async () => {
    answered.answers.GetServerCert = { Cert_bin: 'AAEC', Key_bin: '', Flag1_u32: 0 }
    expect(await run(['ServerCertGet', '-'])).toBe('-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n')
    await expect(run(['ServerKeyGet', '-'])).rejects.toThrow("only the server's administrator gets the key")
  })

  test('what is changed', async () => {
    await run(['ListenerCreate', '443'])
    await run(['ListenerDisable', '443', '/ADDRESS:127.0.0.1'])
    await run(['ServerPasswordSet', 'new'])
    await run(['ViewerCreate', 'monitor', 'look'])
    expect(answered.calls).toEqual([
      ['CreateListener', { Port_u32: '443', Enable_bool: true }],
      ['EnableListener', { Port_u32: '443', Host_str: '127.0.0.1', Enable_bool: false }],
      ['SetServerPassword', { PlainTextPassword_str: 'new' }],
      ['CreateViewer', { Name_str: 'monitor', Password_str: 'look' }],
    ])
  })
})
