import { describe, expect, test } from 'vitest'
import { routeOf } from './route.ts'

const PIN = 'ab:'.repeat(31).concat('cd')

describe('where a client goes', () => {
  test.each([
    ['https://vpn.example', 'vpn.example', 5555],
    ['https://vpn.example:443/', 'vpn.example', 443],
    ['https://vpn.example:992', 'vpn.example', '992'],
    ['https://[2001:db8::1]:5555', '2001:db8::1', '5555'],
    ['http://127.0.0.1:5580', '127.0.0.1', '5580'],
  ])('%s', (url, host, port) => {
    const { request, isTls, close } = routeOf({ url, ...(url.startsWith('https') ? { pin: PIN } : {}) })
    expect([request.host, request.port, isTls]).toEqual([host, port, url.startsWith('https')])
    close()
  })

  test.each([
    [{}, 'give either url or socketPath'],
    [{ url: 'https://a', socketPath: '/x' }, 'give either url or socketPath'],
    [{ url: 'http://vpn.example:5580' }, 'in the clear'],
    [{ url: 'ftp://vpn.example' }, 'url must be https://HOST:PORT'],
    [{ url: 'https://vpn.example', pin: 'abcd' }, 'pin must be'],
  ])('%j is refused', (options, sentence) => expect(() => routeOf(options)).toThrow(sentence))
})
