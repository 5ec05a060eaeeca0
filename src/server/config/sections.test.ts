// The sections of a hub beside SecureNAT: what they accept comes back from the file as it was, what they refuse has its path.

import { describe, expect, test } from 'vitest'
import { formatConfig, parseConfig } from './config.ts'
import type { ConfigDefaults } from './section.ts'

const DEFAULTS: ConfigDefaults = { wallClock: () => Date.UTC(2026, 10, 23, 12), random: () => 77, domainName: '' }
const HASH = 'GT3oSXo/ZxkkJTOUAu8z7C6Mrqc='
const USER = { authentication: { kind: 'anonymous' } }
const CASCADE = {
  name: 'up',
  hostName: 'vpn.example.org',
  port: 443,
  hubName: 'R',
  authentication: { kind: 'anonymous', userName: 'u' },
}

const SCRYPT = { salt: 'AA==', hash: 'AQ==', cost: 2, blockSize: 1, parallelization: 1 }

const parse = (hub: object) => parseConfig(JSON.stringify({ hubs: { LAB: hub } }), DEFAULTS)

describe('what is accepted', () => {
  test('comes back from the file as it was', () => {
    const { config, issues } = parse({
      options: { maxSessions: 7, noEnumeration: true },
      adminPassword: { hash: HASH, userHash: HASH, scrypt: SCRYPT },
      groups: { staff: { realName: 'Staff', policy: { maxMac: 5, access: false } } },
      users: {
        'Alice A': {
          group: 'STAFF',
          expiresAt: '2030-01-02T03:04:05.000Z',
          authentication: { kind: 'password', hash: HASH, ntHash: '' },
          policy: { maxUpload: 1_000_000, timeOut: 0 },
        },
        bob: { authentication: { kind: 'certificate', certificate: 'MAA=' } },
        carol: { authentication: { kind: 'signedCertificate', commonName: 'c', serial: 'AQ==' } },
        dave: USER,
      },
      accessList: [
        { uniqueId: 5, discard: true, srcIpAddress: '10.0.0.1', srcSubnetMask: '255.255.255.255', protocol: 17 },
        {
          isIpV6: true,
          destIpAddress6: '2001:db8::',
          destSubnetMask6: 'ffff:ffff::',
          srcMacAddress: '00-AC-01-02-03-04',
        },
      ],
      cascades: [
        { ...CASCADE, online: true, proxy: { kind: 'socks5', hostName: 'p', port: 1080 }, serverCert: 'MAA=' },
        { ...CASCADE, name: 'two', authentication: { kind: 'password', userName: 'u', hash: HASH } },
        { ...CASCADE, name: 'three', authentication: { kind: 'certificate', userName: 'u', certificate: '', key: '' } },
        { ...CASCADE, name: 'four', authentication: { kind: 'plainPassword', userName: 'u', password: 'p' } },
      ],
      extendedOptions: { SecureNAT_MaxTcpSessionsPerIp: 30 },
      adminOptions: { no_securenat: 1 },
      log: { securityLogSwitch: 'hour' },
      message: 'Hello',
    })
    expect(issues).toBeUndefined()
    const [hub] = config!.hubs
    expect(hub!.users[0]).toMatchObject({ name: 'Alice A', policy: { maxUpload: 1_000_000, timeOut: 20 } })
    expect(hub!.groups[0]!.policy).toMatchObject({ maxMac: 5, access: false, maxConnection: 32 })
    expect(hub!.accessList.map(({ id, uniqueId, priority }) => [id, uniqueId, priority])).toEqual([
      [1, 5, 1000],
      [2, 77, 1000],
    ])
    expect(parseConfig(formatConfig(config!), DEFAULTS).config).toEqual(config)
  })
})

describe('what is refused, with its path', () => {
  test.each([
    [{ options: { maxSessions: 4097 } }, 'options.maxSessions: must be a whole number from 0 to 4096, is 4097'],
    [{ adminPassword: { hash: 'AA==', userHash: HASH } }, 'adminPassword.hash: must be 20 bytes in base64, is "AA=="'],
    [{ users: [] }, 'users: must be an object with a key for each name, is []'],
    [
      { users: { ' x': USER } },
      'users: must be names of 1 to 255 letters without "*" and control characters, no space first or last, is " x"',
    ],
    [{ users: { x: USER, X: USER } }, 'users: must be names unique in any letter case, is "X"'],
    [
      { users: { x: { ...USER, group: 'g' } } },
      'users.x.group: must be the name of a group of this hub, or empty, is "g"',
    ],
    [
      { users: { x: { ...USER, policy: { timeOut: 4 } } } },
      'users.x.policy.timeOut: must be 0 or a whole number from 5 to 60, is 4',
    ],
    [
      { users: { x: { authentication: { kind: 'radius' } } } },
      'users.x.authentication.kind: must be an object whose "kind" is "anonymous", "password", "certificate" or "signedCertificate", is "radius"',
    ],
    [
      { groups: { g: { policy: { noSuch: true } } } },
      'groups.g.policy.noSuch: must be left out (there is no such key), is true',
    ],
    [{ accessList: {} }, 'accessList: must be a list of at most 32768 rules, is {}'],
    [{ accessList: [{}, { loss: 101 }] }, 'accessList.1.loss: must be a whole number from 0 to 100, is 101'],
    [
      { accessList: [{ srcIpAddress6: 'x' }] },
      'accessList.0.srcIpAddress6: must be an IPv6 address such as 2001:db8::1, is "x"',
    ],
    [
      { cascades: [CASCADE, { ...CASCADE, name: 'UP' }] },
      'cascades.1.name: must be 1 to 255 letters that no other cascade of the hub has, is "UP"',
    ],
    [{ cascades: [{ ...CASCADE, port: 0 }] }, 'cascades.0.port: must be a whole number from 1 to 65535, is 0'],
    [{ extendedOptions: { NoSuch: 1 } }, 'extendedOptions.NoSuch: must be left out (there is no such key), is 1'],
    [
      { adminOptions: { no_securenat: -1 } },
      'adminOptions.no_securenat: must be a whole number from 0 to 4294967295, is -1',
    ],
    [
      { log: { securityLogSwitch: 'week' } },
      'log.securityLogSwitch: must be "none", "second", "minute", "hour", "day" or "month", is "week"',
    ],
    [{ message: 1 }, 'message: must be text of at most 20000 letters, is 1'],
  ])('%j', (hub, issue) => {
    expect(parse(hub).issues).toEqual([`hubs.LAB.${issue}`])
  })
})
