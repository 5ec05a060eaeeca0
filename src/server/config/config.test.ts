// Golden tests: the text of a file in, the whole configuration or the whole list of faults out.

import { describe, expect, test } from 'vitest'
import { DEFAULT_LOG_OPTIONS } from '../../admin/log-settings.ts'
import { maskOf } from '../../wire/ipv4-address.ts'
import { formatConfig, initialConfig, parseConfig } from './config.ts'
import { newHubConfig } from './hub.ts'
import type { ConfigDefaults } from './section.ts'

const DEFAULTS: ConfigDefaults = {
  wallClock: () => Date.UTC(2026, 10, 23, 12),
  random: () => 0x8540b550,
  domainName: 'example.org',
}

function faults(file: unknown): readonly string[] {
  return parseConfig(typeof file === 'string' ? file : JSON.stringify(file), DEFAULTS).issues ?? []
}

function withSecureNat(securenat: object): object {
  return { hubs: { LAB: { securenat } } }
}

const FIRST = `{
  "language": "en",
  "listen": [
    "127.0.0.1:5555"
  ],
  "listenDisabled": [],
  "http": "127.0.0.1:5580",
  "logs": {
    "json": true,
    "level": "info",
    "reverseLookup": true,
    "hubLinesInServerLog": true,
    "switchCycle": "day",
    "fileBytes": 1073741823,
    "retentionDays": 180,
    "retentionBytes": 4294967296
  },
  "hubs": {
    "DEFAULT": {
      "createdAt": "2026-11-23T12:00:00.000Z",
      "online": true,
      "securenat": {
        "enabled": true,
        "saveLog": true,
        "host": {
          "macAddress": "00-AC-85-40-B5-50",
          "ipAddress": "192.168.30.1",
          "subnetMask": "255.255.255.0",
          "beaconSeconds": 0
        },
        "nat": {
          "enabled": true,
          "mtu": 1500,
          "tcpTimeoutSeconds": 7200,
          "udpTimeoutSeconds": 600,
          "udpFiltering": "endpointIndependent",
          "discovery": "off",
          "icmp": "auto",
          "limits": {
            "sessions": 65536,
            "sessionsPerGuest": 16384,
            "tcpSessionsPerGuest": 16384,
            "halfOpen": 8192,
            "halfOpenPerGuest": 1024,
            "udpSessionsPerGuest": 1024,
            "icmpSessionsPerGuest": 256
          }
        },
        "dhcp": {
          "enabled": true,
          "leaseStart": "192.168.30.10",
          "leaseEnd": "192.168.30.200",
          "subnetMask": "255.255.255.0",
          "leaseSeconds": 7200,
          "gateway": "192.168.30.1",
          "dnsServer1": "192.168.30.1",
          "dnsServer2": "",
          "domainName": "example.org",
          "pushRoutes": [],
          "reservations": [],
          "ntpServers": [],
          "tftpServer": "",
          "bootFile": "",
          "domainSearch": [],
          "options": {}
        },
        "egress": {
          "rules": []
        },
        "dns": {
          "upstreams": [],
          "cacheEntries": 10000,
          "hostInternal": "",
          "unknownNames": "auto",
          "records": []
        },
        "inbound": []
      },
      "options": {
        "maxSessions": 0,
        "noEnumeration": false
      },
      "adminPassword": null,
      "users": {},
      "groups": {},
      "accessList": [],
      "authorities": [],
      "sourceList": [],
      "cascades": [],
      "extendedOptions": {},
      "adminOptions": {},
      "log": {
        "saveSecurityLog": true,
        "securityLogSwitch": "day"
      },
      "message": ""
    }
  }
}
`

describe('what is accepted', () => {
  test('the first configuration is one hub with SecureNAT on and the defaults of R15-R21 and R37-R42', () => {
    expect(formatConfig(initialConfig('en', DEFAULTS))).toBe(FIRST)
  })

  test('the file reads back as the configuration it was made of', () => {
    const config = initialConfig('ja', DEFAULTS)
    const full = {
      ...config,
      http: undefined,
      administrator: {
        password: {
          scrypt: { salt: 'c2FsdA==', hash: 'aGFzaA==', cost: 16384, blockSize: 8, parallelization: 1 },
          softEther: new Uint8Array(20).fill(7),
        },
        viewers: [
          {
            name: 'monitor',
            password: { salt: 'c2FsdA==', hash: 'aGFzaA==', cost: 16384, blockSize: 8, parallelization: 1 },
          },
        ],
      },
    }
    expect(parseConfig(formatConfig(full), DEFAULTS).config).toEqual(full)
  })

  test('what a file leaves out has its default; a hub that is only named has SecureNAT off (R3)', () => {
    expect(parseConfig('{"hubs":{"LAB":{}}}', DEFAULTS).config).toEqual({
      language: 'en',
      listen: [{ host: '127.0.0.1', port: 5555 }],
      listenDisabled: [],
      http: { host: '127.0.0.1', port: 5580 },
      administrator: { password: undefined, viewers: [] },
      logs: DEFAULT_LOG_OPTIONS,
      hubs: [newHubConfig('LAB', DEFAULTS)],
    })
    expect(newHubConfig('LAB', DEFAULTS).secureNatEnabled).toBe(false)
  })

  test('values have several spellings', () => {
    const { config } = parseConfig(
      JSON.stringify({
        listen: ['[::1]:443', 'localhost:992'],
        http: null,
        ...withSecureNat({
          host: { macAddress: '00:ac:01:02:03:04' },
          dhcp: { gateway: '', pushRoutes: ['10.1.2.3/8/192.168.30.254'] },
        }),
      }),
      DEFAULTS,
    )
    expect(config?.listen).toEqual([
      { host: '::1', port: 443 },
      { host: 'localhost', port: 992 },
    ])
    expect(config?.http).toBeUndefined()
    expect(config?.hubs[0]?.secureNat.host.macAddress).toBe(0x00ac01020304)
    expect(config?.hubs[0]?.secureNat.dhcp.gateway).toBe(0)
    expect(config?.hubs[0]?.secureNat.dhcp.pushRoutes).toEqual([
      { network: 0x0a000000, mask: maskOf(8), gateway: 0xc0a81efe },
    ])
  })

  test('a pool elsewhere is no fault while the DHCP server is off', () => {
    expect(faults(withSecureNat({ host: { ipAddress: '10.0.0.1' }, dhcp: { enabled: false } }))).toEqual([])
  })
})

describe('what is refused', () => {
  test('every fault is told at once, with its path, what would be right and what is there', () => {
    expect(
      faults({
        language: 'fr',
        listen: ['5555'],
        colour: 'red',
        hubs: {
          'a/b': {},
          LAB: {
            securenat: {
              enabled: 'yes',
              host: { macAddress: '01-00-00-00-00-00', mask: '255.0.0.0' },
              nat: { mtu: 61, tcpTimeoutSeconds: 59, udpTimeoutSeconds: 2_000_001, icmp: 'maybe' },
              dhcp: { leaseStart: '192.168.30', leaseSeconds: 1.5, pushRoutes: ['10.0.0.0/8'] },
            },
          },
          lab: {
            securenat: { host: { macAddress: '00-00-00-00-00-00' }, nat: { mtu: 65521 }, dhcp: { leaseSeconds: 14 } },
          },
        },
      }),
    ).toEqual([
      'language: must be "en" or "ja", is "fr"',
      'listen.0: must be an address and a port, such as 127.0.0.1:5555, is "5555"',
      'colour: must be left out (there is no such key), is "red"',
      'hubs.a/b: must be a name of 1 to 64 letters, digits, ".", "_" and "-", beginning with a letter or digit, is "a/b"',
      'hubs.LAB.securenat.enabled: must be true or false, is "yes"',
      'hubs.LAB.securenat.host.mask: must be left out (there is no such key), is "255.0.0.0"',
      'hubs.LAB.securenat.nat.mtu: must be a whole number from 62 to 65520, is 61',
      'hubs.LAB.securenat.nat.tcpTimeoutSeconds: must be a whole number from 60 to 2000000, is 59',
      'hubs.LAB.securenat.nat.udpTimeoutSeconds: must be a whole number from 10 to 2000000, is 2000001',
      'hubs.LAB.securenat.nat.icmp: must be "auto", "real", "dummy" or "off", is "maybe"',
      'hubs.LAB.securenat.dhcp.leaseStart: must be an IPv4 address such as 192.168.30.1, is "192.168.30"',
      'hubs.LAB.securenat.dhcp.leaseSeconds: must be a whole number from 15 to 2000000, is 1.5',
      'hubs.LAB.securenat.dhcp.pushRoutes.0: must be a route such as 10.0.0.0/255.0.0.0/192.168.30.254 (network/mask/gateway), is "10.0.0.0/8"',
      'hubs.lab: must be a name that no other hub has, in any letter case, is "lab"',
      'hubs.lab.securenat.nat.mtu: must be a whole number from 62 to 65520, is 65521',
      'hubs.lab.securenat.dhcp.leaseSeconds: must be a whole number from 15 to 2000000, is 14',
      'hubs.lab.securenat.host.macAddress: must be a unicast address, and not zero, is 00-00-00-00-00-00',
    ])
  })

  test.each([
    ['not JSON', '{', /^not JSON: /],
    ['no object', '[]', /^the file: must be an object, is \[\]$/],
    ['a hub that is no object', '{"hubs":{"A":3}}', /^hubs\.A: must be an object, is 3$/],
    [
      'a part that is no object',
      '{"hubs":{"A":{"securenat":{"nat":[]}}}}',
      /^hubs\.A\.securenat\.nat: must be an object/,
    ],
    [
      'a damaged password',
      '{"administrator":{"password":{"scrypt":{}}}}',
      /^administrator\.password\.scrypt\.salt: must be/,
    ],
  ])('%s', (_name, text, expected) => {
    expect(faults(text)[0]).toMatch(expected)
  })

  test.each([
    ['loopback', { ipAddress: '127.0.0.1' }, 'host.ipAddress: must be a host address'],
    ['multicast', { ipAddress: '224.0.0.1' }, 'host.ipAddress: must be a host address'],
    ['reserved', { ipAddress: '240.0.0.1' }, 'host.ipAddress: must be a host address'],
    ['this network', { ipAddress: '0.0.0.0' }, 'host.ipAddress: must be a host address'],
    ['network address', { ipAddress: '192.168.30.0' }, 'host.ipAddress: must be neither the network nor the broadcast'],
    [
      'broadcast address',
      { ipAddress: '192.168.30.255' },
      'host.ipAddress: must be neither the network nor the broadcast',
    ],
    ['mask zero', { subnetMask: '0.0.0.0' }, 'host.subnetMask: must be a contiguous mask'],
    ['mask with a hole', { subnetMask: '255.0.255.0' }, 'host.subnetMask: must be a contiguous mask'],
    ['no room for a guest', { subnetMask: '255.255.255.254' }, 'host.subnetMask: must be a contiguous mask'],
  ])('D20, virtual host: %s', (_name, host, expected) => {
    const [first, ...others] = faults(withSecureNat({ host }))
    expect(first).toContain(`hubs.LAB.securenat.${expected}`)
    expect(others).toEqual([])
  })

  test.each([
    [
      'outside the subnet',
      { leaseEnd: '192.168.31.1' },
      "leaseEnd: must be inside the virtual host's network 192.168.30.0/24",
    ],
    [
      'the network address',
      { leaseStart: '192.168.30.0' },
      'leaseStart: must be neither the network nor the broadcast',
    ],
    [
      'the broadcast address',
      { leaseEnd: '192.168.30.255' },
      'leaseEnd: must be neither the network nor the broadcast',
    ],
    ['reversed', { leaseStart: '192.168.30.201' }, 'leaseStart: must be at most dhcp.leaseEnd, 192.168.30.200'],
    [
      "the virtual host's own address",
      { leaseStart: '192.168.30.1' },
      "leaseStart: must be so that the pool leaves out the virtual host's own address",
    ],
    ['mask zero', { subnetMask: '0.0.0.0' }, 'subnetMask: must be a contiguous mask'],
    [
      'a mask that cuts the pool',
      { subnetMask: '255.255.255.128' },
      'subnetMask: must be a mask that makes 192.168.30.10 to 192.168.30.200 host addresses',
    ],
    ['a domain that is none', { domainName: 'exa mple' }, 'domainName: must be a domain name'],
    [
      'too many routes',
      { pushRoutes: Array(65).fill('10.0.0.0/8/192.168.30.254') },
      'pushRoutes: must be at most 64 routes',
    ],
  ])('D20, pool: %s', (_name, dhcp, expected) => {
    const [first, ...others] = faults(withSecureNat({ dhcp }))
    expect(first).toContain(`hubs.LAB.securenat.dhcp.${expected}`)
    expect(others).toEqual([])
  })

  test('a long value is told in part', () => {
    expect(faults({ language: 'x'.repeat(100) })[0]).toBe(`language: must be "en" or "ja", is "${'x'.repeat(56)}...`)
  })
})
