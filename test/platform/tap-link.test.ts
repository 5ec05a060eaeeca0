// The TAP link against the real kernel: two devices on a kernel bridge in a namespace of the test's own, so that what
// one link writes, the kernel forwards and the other reads. The kernel is the judge of our virtio-net headers: between a
// device with offloads and one without, it splits super-frames and finishes checksums itself.

import { execFileSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Hub } from '../../src/hub/hub.ts'
import { openTapLink, type TapLink } from '../../src/link/tap-link.ts'
import { COMPLETE } from '../../src/wire/offload.ts'
import { ethernetFrame } from '../support/frames.ts'
import { linkSuite } from '../support/link-suite.ts'
import { describeWithTap } from '../support/privileged.ts'
import { TestHub } from '../support/test-hub.ts'

const netns = `snt-tap-${process.pid}`
/** The most a TAP device takes: 65,535 less its Ethernet header. */
const MTU = 65_521

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe', encoding: 'utf8' })

/** Quiet for some milliseconds: the kernel may forward in a thread of its own. */
async function settled(...hubs: readonly TestHub[]): Promise<void> {
  const total = () => hubs.reduce((sum, hub) => sum + hub.received.length, 0)
  for (let before = -1, quiet = 0; quiet < 4; before = total()) {
    await sleep(1)
    quiet = total() === before ? quiet + 1 : 0
  }
}

describeWithTap('TAP links', () => {
  beforeAll(() => {
    ip('netns', 'add', netns)
    // The kernel's own router solicitations would be frames nobody sent.
    ip(
      'netns',
      'exec',
      netns,
      'sysctl',
      '-qw',
      'net.ipv6.conf.all.disable_ipv6=1',
      'net.ipv6.conf.default.disable_ipv6=1',
    )
  })
  afterAll(() => {
    ip('netns', 'del', netns)
  })

  describe.each([
    { nearGso: true, farGso: true },
    { nearGso: true, farGso: false },
    { nearGso: false, farGso: true },
  ])('through a kernel bridge, offloads $nearGso here and $farGso there', ({ nearGso, farGso }) => {
    linkSuite({
      frameLenMax: MTU + 14,
      carriesOffload: farGso,
      async open() {
        const [near, far] = [new TestHub(), new TestHub()]
        const nearLink = openTapLink(near, { name: 'near', netns, mtu: MTU, gso: nearGso })
        const farLink = openTapLink(far, { name: 'far', netns, mtu: MTU, gso: farGso })
        const inside = (...args: string[]) => ip('-n', netns, ...args)
        inside('link', 'add', 'br0', 'mtu', String(MTU), 'type', 'bridge', 'mcast_snooping', '0', 'forward_delay', '0')
        inside('link', 'set', 'near', 'master', 'br0')
        inside('link', 'set', 'far', 'master', 'br0')
        inside('link', 'set', 'br0', 'up')
        await settled(near, far)
        return {
          near,
          far,
          settle: () => settled(near, far),
          close() {
            if (nearLink.isClosed) return
            nearLink.close()
            farLink.close()
            inside('link', 'del', 'br0')
          },
        }
      },
    })
  })

  describe('the device', () => {
    let hub: TestHub
    let link: TapLink | undefined
    const reasons: string[] = []

    function open(name: string, where: string | undefined = netns): TapLink {
      hub = new TestHub()
      const place = where === undefined ? {} : { netns: where }
      const events = { closed: (reason: string) => reasons.push(reason) }
      link = openTapLink(hub, { name, ...place, mtu: 1400, gso: true }, events)
      return link
    }

    const hasDevice = (name: string) => ip('-n', netns, '-br', 'link').includes(`${name} `)

    afterEach(() => {
      link?.close()
      reasons.length = 0
    })

    test('is up, with the MTU asked for and the address told, and gone when the link closes', () => {
      const { device, identity } = open('tap0')
      const shown = ip('-n', netns, 'link', 'show', 'tap0')
      expect(shown).toMatch(/mtu 1400 .*\n/)
      expect(shown).toMatch(/<[A-Z,_]*\bUP\b/)
      expect(shown).toContain(
        device.macAddress
          .toString(16)
          .padStart(12, '0')
          .replace(/..(?=.)/g, '$&:'),
      )
      expect(identity).toMatchObject({ kind: 'TAP', hostName: `tap0@${netns}` })
      link?.close()
      expect(hasDevice('tap0')).toBe(false)
    })

    test('the namespace may be given as a path', () => {
      open('tap0', `/run/netns/${netns}`)
      expect(hasDevice('tap0')).toBe(true)
    })

    test('gets a number from the kernel where its name has a %d', () => {
      expect(open('snt%d').device.name).toBe('snt0')
    })

    test('that is persistent is joined, and stays when the link closes', () => {
      ip('-n', netns, 'tuntap', 'add', 'kept', 'mode', 'tap')
      open('kept').close()
      expect(hasDevice('kept')).toBe(true)
      ip('-n', netns, 'link', 'del', 'kept')
    })

    test('frames for a device that is down are dropped and counted', () => {
      const { stats } = open('tap0')
      ip('-n', netns, 'link', 'set', 'tap0', 'down')
      hub.send(new Uint8Array(60))
      expect(stats).toMatchObject({ txFrames: 0, droppedDown: 1 })
    })

    test('removed by somebody else: the link ends once, with that reason', async () => {
      open('tap0')
      ip('-n', netns, 'link', 'del', 'tap0')
      await vi.waitUntil(() => reasons.length > 0, { interval: 1 })
      expect(reasons).toEqual([expect.stringMatching(/TAP device/)])
      expect(hub.detachCount).toBe(1)
    })

    test('in another namespace leaves this process where it was, also when it fails', () => {
      const here = readlinkSync('/proc/self/ns/net')
      open('tap0')
      expect(readlinkSync('/proc/self/ns/net')).toBe(here)
      expect(() => openTapLink(new TestHub(), { name: 'tap0', netns, mtu: 1500, gso: true })).toThrow()
      expect(readlinkSync('/proc/self/ns/net')).toBe(here)
    })

    test.each([
      ['a name of 16 letters', 'abcdefghijklmnop', netns, 'NAME', /"abcdefghijklmnop" is no interface name/],
      ['a name with a slash', 'a/b', netns, 'NAME', /no space, slash or colon/],
      ['an empty name', '', netns, 'NAME', /1 to 15 bytes/],
      ['a namespace that does not exist', 'tap0', 'snt-none', 'ENOENT', /no network namespace "snt-none"/],
      ['a file that is no namespace', 'tap0', '/dev/null', 'EINVAL', /"\/dev\/null" is not a network namespace/],
      ['an interface that is no TAP device', 'lo', netns, 'EINVAL', /"lo" exists and is not a TAP device/],
    ])('%s: refused with a sentence', (_what, name, where, code, message) => {
      expect(() => open(name, where)).toThrow(
        expect.objectContaining({ name: 'TapError', code, message: expect.stringMatching(message) }),
      )
    })

    test('in use by another program: refused with a sentence', () => {
      open('tap0')
      expect(() => openTapLink(new TestHub(), { name: 'tap0', netns, mtu: 1500, gso: true })).toThrow(
        expect.objectContaining({ code: 'EBUSY', message: 'the TAP device "tap0" is in use by another program' }),
      )
    })
  })

  test('a fault of the program ends the session, and the device has another one after a while', async () => {
    const hub = new Hub('LAB', { now: () => performance.now(), wallClock: Date.now })
    const link = openTapLink(hub, { name: 'faulty', netns, mtu: 1500, gso: false })
    try {
      const sender = hub.attach({
        identity: { kind: 'TEST', userName: '', hostName: '' },
        output: () => {},
        flush: () => {},
      })
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      Object.assign(link, {
        output: () => {
          throw new Error('put in by the test')
        },
      })
      sender.input(ethernetFrame(0x0800, [1]), COMPLETE)
      expect(hub.sessions().map(({ name }) => name)).toEqual(['SID-TEST-2'])
      vi.advanceTimersByTime(1000)
      expect(hub.sessions().map(({ name }) => name)).toEqual(['SID-TEST-2', 'SID-TAP-3'])
      expect(link.isClosed).toBe(false)
    } finally {
      vi.useRealTimers()
      link.close()
    }
  })
})
