import { describe, expect, test } from 'vitest'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import { HostResolvers, parseResolvConf } from './resolvers.ts'

function parsed(text: string) {
  const { nameservers, domain } = parseResolvConf(text)
  return { nameservers: nameservers.map(formatIpv4), domain }
}

describe('resolv.conf', () => {
  test.each([
    [
      'name servers in their order, each once',
      'nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.1\n',
      ['10.0.0.1', '10.0.0.2'],
      '',
    ],
    ['IPv6 servers are skipped', 'nameserver fe80::1%eth0\nnameserver 9.9.9.9\n', ['9.9.9.9'], ''],
    ['only IPv6 servers: none', 'nameserver 2001:db8::1\n', [], ''],
    ['no server line: the one on this computer', 'options edns0\n', ['127.0.0.1'], ''],
    [
      'a stub resolver is as good as any',
      'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n',
      ['127.0.0.53'],
      'lan',
    ],
    ['comments, tabs and carriage returns', '# nameserver 1.1.1.1\n;x\nnameserver\t10.0.0.1\r\n', ['10.0.0.1'], ''],
    [
      'the last of domain and search counts',
      'domain a.example\nsearch b.example c.example\nnameserver 10.0.0.1\n',
      ['10.0.0.1'],
      'b.example',
    ],
    ['a lone dot is no domain', 'search .\nnameserver 10.0.0.1\n', ['10.0.0.1'], ''],
  ])('%s', (_name, text, nameservers, domain) => {
    expect(parsed(text)).toEqual({ nameservers, domain })
  })
})

describe('following the file', () => {
  function setUp() {
    const file = { text: 'nameserver 10.0.0.1', stamps: 0, reads: 0 }
    let now = 0
    const resolvers = new HostResolvers(
      {
        stamp: () => {
          file.stamps += 1
          if (file.text === '') throw new Error('ENOENT')
          return file.text
        },
        read: () => {
          file.reads += 1
          return file.text
        },
      },
      () => now,
    )
    return { file, resolvers, pass: (ms: number) => (now += ms), ask: () => resolvers.nameservers().map(formatIpv4) }
  }

  test('the file is looked at when asked, at most once a second, and read only when it has changed', () => {
    const { file, pass, ask } = setUp()
    for (let i = 0; i < 5; i += 1) ask()
    pass(999)
    ask()
    expect(file).toMatchObject({ stamps: 1, reads: 1 })
    pass(1)
    ask()
    expect(file).toMatchObject({ stamps: 2, reads: 1 })
  })

  test('a change is used by the next query a second later', () => {
    const { file, pass, ask } = setUp()
    expect(ask()).toEqual(['10.0.0.1'])
    file.text = 'nameserver 10.0.0.2'
    expect(ask()).toEqual(['10.0.0.1'])
    pass(1000)
    expect(ask()).toEqual(['10.0.0.2'])
  })

  test('a file that goes away means the resolver on this computer, and it may come back', () => {
    const { file, pass, ask } = setUp()
    ask()
    file.text = ''
    pass(1000)
    expect(ask()).toEqual(['127.0.0.1'])
    file.text = 'nameserver 10.0.0.1'
    pass(1000)
    expect(ask()).toEqual(['10.0.0.1'])
  })
})
