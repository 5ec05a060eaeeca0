// Commands on authorities and sources over a made-up server: what is printed is what vpncmd prints for the same settings.

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { madeUpServer, runLine } from '../../test/support/command-line.ts'
import { readVectors } from '../../test/support/pack-vectors.ts'

const server = madeUpServer()

describe('from where and by whose certificates users come', () => {
  test('CAAdd, CAList, CAGet, CADelete', async () => {
    const { authority } = readVectors('certificates') as { authority: string }
    writeFileSync(server.path('ca.der'), Buffer.from(authority, 'hex'))
    await runLine(`CAAdd ${server.path('ca.der')}`)
    const list = await runLine('CAList')
    expect(list).toMatch(/Issued to .*\|.+\nIssuer .*\|.+\nExpiration.*\|\d{4}-\d\d-\d\d \(\w{3}\)\n/)
    const id = /^ID +\|(\d+)$/m.exec(list)![1]!
    await runLine(`CAGet ${id} --savecert ${server.path('ca.pem')}`)
    const pem = readFileSync(server.path('ca.pem'), 'utf8')
    expect(Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64').toString('hex')).toBe(authority)
    await runLine(`CADelete ${id}`)
    expect(server.hub.settings().authorities).toEqual([])
    await runLine(`CAAdd ${server.path('ca.pem')}`)
    expect(server.hub.settings().authorities).toHaveLength(1)
  })

  test('AcAdd, AcList, AcDel', async () => {
    await runLine('AcAdd deny --priority 20 --ip 10.9.0.0/255.255.0.0')
    await runLine('AcAdd allow --priority 10 --ip 10.9.1.1')
    await runLine('AcAdd allow --priority 30 --ip 10.0.0.0/8')
    await runLine('AcDel 3')
    expect(await runLine('AcList')).toBe(
      'ID|Priority|Action|Contents\n--+--------+------+-----------\n1 |10      |Pass  |10.9.1.1\n2 |20      |Deny  |10.9.0.0/16\n',
    )
    await expect(runLine('AcDel 3')).rejects.toThrow('AcDel 3: there is no such rule')
    await expect(runLine('AcAdd deny --priority 0 --ip 10.0.0.1')).rejects.toThrow(
      '--priority 0: must be a number from 1',
    )
    await expect(runLine('AcAdd deny --priority 1 --ip 10.0.0.1/33')).rejects.toThrow('--ip 10.0.0.1/33: must be')
    await expect(runLine('AcAdd6 deny --priority 1 --ip 2001:db8::1')).rejects.toThrow('AcAdd6')
  })

  test('ClusterSettingGet', async () => {
    expect(await runLine('ClusterSettingGet')).toContain('Current Configuration|Standalone Server\n')
  })
})
