// The command line as a person meets it: how options are given, and what is said about which mistake.

import { describe, expect, test, vi } from 'vitest'
import { answeredCalls, run } from '../../test/support/command-line.ts'
import { nearest, parseArguments } from './arguments.ts'
import { PROGRAMS, RUN, SERVE } from './programs.ts'
import { CallError, RpcClient } from './rpc-client.ts'

const answered = answeredCalls({ GetSecureNATOption: {} })

describe('options', () => {
  test('common options may stand before the command', async () => {
    await run(['--hub', 'LAB', '--json', 'NatGet'])
    expect(answered.calls).toEqual([['GetSecureNATOption', { RpcHubName_str: 'LAB' }]])
  })

  test('what follows -- belongs to the command that is run', () => {
    const parsed = parseArguments(RUN, ['-v', '--mtu=9000', '--', 'curl', '-v', '--mtu'])
    expect([...parsed.options.keys()]).toEqual(['verbose', 'mtu'])
    expect(parsed.rest).toEqual(['curl', '-v', '--mtu'])
  })

  test('options that may repeat keep every value', () => {
    expect(parseArguments(SERVE, ['--tap', 'A:t0', '/TAP:B:t1@ns']).options.get('tap')).toEqual(['A:t0', 'B:t1@ns'])
  })
})

describe('mistakes', () => {
  test.each([
    [['NatSett'], 'unknown command "NatSett"; did you mean NatSet?'],
    [['sreve'], 'unknown command "sreve"; did you mean serve?'],
    [['bananas'], 'unknown command "bananas"; the commands are listed by: securenat help'],
    [
      ['NatSet'],
      'NatSet: nothing to set; give at least one of: --mtu BYTES, --tcptimeout SECONDS, --udptimeout SECONDS, --udpfiltering endpointIndependent|addressDependent, --discovery off|relay, --icmp auto|real|dummy|off, --log yes|no',
    ],
    [['NatSet', '--mtuu', '5'], 'NatSet: unknown option --mtuu; did you mean --mtu?'],
    [['NatSet', '-q'], 'NatSet: unknown option -q; see: securenat NatSet --help'],
    [['NatSet', '--mtu'], 'NatSet: --mtu needs a value: --mtu BYTES'],
    [['NatSet', '--mtu', '1', '--mtu', '2'], 'NatSet: --mtu is given twice'],
    [['NatGet', '--json=x'], 'NatGet: --json takes no value'],
    [['NatGet', 'LAB'], 'NatGet: unexpected argument "LAB"'],
    [['NatGet', '--', 'x'], 'NatGet: nothing may follow --'],
    [['HubCreate'], 'HubCreate: NAME is missing: HubCreate NAME'],
    [['NatGet', '--language', 'fr'], '--language must be en or ja, is "fr"'],
    [
      ['NatGet', '--server', 'http://vpn.example'],
      '--server: http:// would send the password in the clear; use https://',
    ],
    [
      ['SecureNatHostSet', '--mac', '00-AC-1'],
      'SecureNatHostSet: --mac must be a MAC address such as 00-AC-01-23-45-67, is "00-AC-1"',
    ],
  ])('%j', async (argv, sentence) => {
    await expect(run(argv)).rejects.toThrow(sentence)
    expect(answered.calls).toEqual([])
  })

  test('what the server refuses is told under the name of the option, or as the server says it', async () => {
    const refuse = (error: CallError) => vi.spyOn(RpcClient.prototype, 'call').mockRejectedValue(error)
    const fault = { allowed: 'a whole number from 62 to 65520', actual: '"1"' }
    refuse(
      new CallError(38, 'Error code 38: …', [
        { ...fault, field: 'Mtu_u32' },
        { ...fault, field: 'Other_u32' },
      ]),
    )
    await expect(run(['NatSet', '--mtu', '1'])).rejects.toThrow(
      /^NatSet: --mtu must be a whole number from 62 to 65520, is "1"; Other_u32 must be/,
    )
    refuse(new CallError(8, 'Error code 8: there is no such hub', []))
    await expect(run(['NatGet'])).rejects.toThrow('NatGet: Error code 8: there is no such hub')
  })

  test('without a server the sentence says how to start one', async () => {
    vi.restoreAllMocks()
    const missing = '/nonexistent/state'
    await expect(run(['NatGet', '--state', missing])).rejects.toThrow(
      `no server is running on the state directory ${missing}; start one (securenat serve --state ${missing}) or name another with --state`,
    )
  })

  test('a candidate too far away is no suggestion', () => {
    expect(nearest('x', ['NatGet'])).toBeUndefined()
    expect(nearest('dhcpgett', ['DhcpGet', 'DhcpSet'])).toBe('DhcpGet')
  })
})

describe('help', () => {
  test('lists every command', async () => {
    const help = await run(['help'])
    for (const spec of PROGRAMS) expect(help).toContain(`\n  ${spec.name} `)
    expect(help).toMatch(/\n {2}SecureNatEnable +enable SecureNAT/)
  })

  test('of one command, in both languages; the one that switches SecureNAT on warns (R12)', async () => {
    expect(await run(['SecureNatEnable', '--help'])).toContain(
      'Do not enable it without the\npermission of the administrator',
    )
    expect(await run(['help', 'securenatenable', '--language', 'ja'])).toContain('--hub NAME')
    expect(await run(['SecureNatEnable', '--help', '--language', 'ja'])).toContain(
      'ネットワーク管理者の許可なしに有効にしないでください',
    )
    expect(answered.calls).toEqual([])
  })

  test('--version', async () => {
    expect(await run(['--version'])).toBe('securenat 0.1.0\n')
  })
})
