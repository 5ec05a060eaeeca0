import { describe, expect, test } from 'vitest'
import { hex } from '../../test/support/hex.ts'
import { EXTRA_OPTION_BYTES_MAX, isExtraCode, parseExtraOption } from './dhcp-extra-options.ts'

describe('options by number', () => {
  test.each([
    [43, 'hex:01:04 AA-bb', 'hex:0104aabb', '0104aabb'],
    [252, 'text:http://wpad/x,y', 'text:http://wpad/x,y', '687474703a2f2f777061642f782c79'],
    [44, 'IP:192.168.30.5, 10.0.0.1', 'ip:192.168.30.5,10.0.0.1', 'c0a81e05 0a000001'],
    [23, 'u8:64', 'u8:64', '40'],
    [22, 'u16:1400', 'u16:1400', '0578'],
    [2, 'u32:4294967295', 'u32:4294967295', 'ffffffff'],
    [119, 'names:example.org lan', 'names:example.org,lan', '076578616d706c65 036f7267 00 036c616e 00'],
    [42, 'ip:192.0.2.1', 'ip:192.0.2.1', 'c0000201'],
  ])('%i %s', (code, text, kept, bytes) => {
    expect(parseExtraOption(code, text)).toEqual({ code, text: kept, data: hex(bytes) })
    expect(parseExtraOption(code, kept)).toEqual({ code, text: kept, data: hex(bytes) })
  })

  test.each([
    [43, ''],
    [43, 'hex'],
    [43, 'hex:'],
    [43, 'hex:0'],
    [43, 'hex:0g'],
    [43, 'text:'],
    [43, 'ip:'],
    [43, 'ip:1.2.3'],
    [43, 'u8:256'],
    [43, 'u16:65536'],
    [43, 'u32:4294967296'],
    [43, 'u8:-1'],
    [43, 'names:a..b'],
    [43, 'float:1'],
    [42, 'text:pool.ntp.org'],
    [66, 'ip:192.168.30.5'],
    [119, 'text:lan'],
    [43, `text:${'x'.repeat(EXTRA_OPTION_BYTES_MAX + 1)}`],
  ])('%i %s is refused', (code, text) => {
    expect(parseExtraOption(code, text)).toBeUndefined()
  })

  test('what the server sets by itself is none of them', () => {
    const own = Array.from({ length: 300 }, (_, code) => code).filter((code) => !isExtraCode(code))
    expect(own.filter((code) => code < 255)).toEqual([
      ...[0, 1, 3, 6, 12, 15, 26, 28, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82, 121, 249],
    ])
    expect(isExtraCode(43.5)).toBe(false)
  })
})
