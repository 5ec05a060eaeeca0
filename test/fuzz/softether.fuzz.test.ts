// Arbitrary bytes, recorded messages with a few bytes changed, and chunks of any size into everything that reads from a VPN
// peer: nothing throws, nothing grows beyond its limit. FUZZ_RUNS raises the number of inputs per target, FUZZ_SEED repeats a
// failing run.

import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { User } from '../../src/accounts/user.ts'
import { Hub } from '../../src/hub/hub.ts'
import { inflateBlock } from '../../src/softether/block-compression.ts'
import { BLOCK_FRAME_LEN_MAX, BlockReader } from '../../src/softether/block-stream.ts'
import {
  emitPackRequest,
  emitSignatureRequest,
  HTTP_HEAD_MAX,
  HttpReader,
  isSignature,
  isSignatureTarget,
  packAnswerBody,
  packRequestBody,
  requestLine,
} from '../../src/softether/http-preamble.ts'
import type { LoginHub } from '../../src/softether/login.ts'
import { emitPack, parsePack } from '../../src/softether/pack.ts'
import { VpnServer } from '../../src/softether/vpn-server.ts'
import { hex } from '../support/hex.ts'
import { mutated } from '../support/mutated.ts'
import { packVectors, readVectors } from '../support/pack-vectors.ts'
import { TestWire, testEnvironment } from '../support/vpn-peers.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300)
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED)
vi.setConfig({ testTimeout: 5_000 + 4 * numRuns })
const settings = seed === undefined ? { numRuns } : { numRuns, seed }

const PACKS = ['pack-basic', 'handshake'].flatMap(packVectors)
const tunnel = readVectors('tunnel') as {
  samples: { wire: string }[]
  compressed_blocks: { compressed_block: string }[]
}
const SAMPLES = tunnel.samples.map(({ wire }) => hex(wire))
const TUNNEL = Buffer.concat([...SAMPLES, ...SAMPLES])
const COMPRESSED = Buffer.concat(
  tunnel.compressed_blocks.map(({ compressed_block: block }) => {
    const bytes = hex(block)
    return Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, bytes.length]), bytes])
  }),
)
const PREAMBLE = Buffer.concat([
  emitSignatureRequest('192.0.2.1'),
  ...PACKS.slice(-4).map(({ pack }) => emitPackRequest('192.0.2.1', pack, () => 3)),
])

/** Cut into pieces of these sizes, over and over. */
function* pieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}
const sizes = fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 4 })

test('PACKs: what is read can be written, and is read the same again', () => {
  const seeds = PACKS.map(({ bytes }) => bytes)
  fc.assert(
    fc.property(
      fc.oneof({ arbitrary: mutated(seeds), weight: 4 }, { arbitrary: fc.uint8Array(), weight: 1 }),
      (bytes) => {
        const pack = parsePack(bytes)
        if (pack === undefined) return
        const again = parsePack(emitPack(pack))
        expect(again && [...again.elements()].length).toBe([...pack.elements()].length)
        for (const { name } of pack.elements()) {
          expect(again?.text(name)).toBe(pack.text(name))
          expect(again?.int(name)).toBe(pack.int(name))
        }
      },
    ),
    settings,
  )
})

test('preambles', () => {
  fc.assert(
    fc.property(mutated([PREAMBLE]), sizes, (bytes, cuts) => {
      const reader = new HttpReader(65_536)
      for (const piece of pieces(bytes, cuts)) {
        reader.push(piece)
        for (let message = reader.next(); message !== undefined; message = reader.next()) {
          const line = requestLine(message)
          if (line !== undefined && isSignatureTarget(line)) isSignature(message.body, () => '')
          const body = packRequestBody(message) ?? packAnswerBody(message)
          if (body !== undefined) parsePack(body)
        }
      }
      if (reader.isBroken) expect(reader.rest().length).toBe(0)
      else expect(reader.rest().length).toBeLessThanOrEqual(HTTP_HEAD_MAX + 65_536)
    }),
    settings,
  )
})

test('whole conversations with a server: none is left behind when its time is over', () => {
  const guest: User = {
    ...{ name: 'guest', realName: '', note: '', group: '', createdAt: 0, updatedAt: 0, expiresAt: undefined },
    authentication: { kind: 'anonymous' },
    policy: undefined,
  }
  const environment = testEnvironment()
  const hub = new Hub('H1', environment)
  const loginHub: LoginHub = {
    ...{ name: 'H1', isOnline: true, message: '', administratorHash: undefined, authorities: [] },
    user: () => guest,
    group: () => undefined,
    refusesSource: () => false,
    sessionsOfUser: () => 0,
    sessionCounts: () => hub.activity(),
    attach: (port) => hub.attach(port),
  }
  const server = new VpnServer('S', { hub: () => loginHub, visibleHubs: () => ['H1'] }, environment, {
    loggedIn: () => {},
    refused: () => {},
    ended: () => {},
    passwordChanged: () => {},
    faulted: (error) => {
      throw error
    },
  })
  const peer = {
    ...{ address: '192.0.2.1', source: '192.0.2.1', port: 1, serverPort: 2, cipherName: '', isLocal: false },
    connectionName: 'C',
  }
  const logins = PACKS.filter(({ pack }) => pack.text('method') === 'login')
  const conversations = logins.map(({ pack }) =>
    Buffer.concat([emitSignatureRequest('192.0.2.1'), emitPackRequest('192.0.2.1', pack, () => 3), TUNNEL]),
  )
  fc.assert(
    fc.property(mutated(conversations), sizes, (bytes, cuts) => {
      const wire = new TestWire()
      const connection = server.accept(wire, { ...peer, known: () => {} })
      for (const piece of pieces(bytes, cuts)) {
        connection.push(piece)
        environment.turn()
      }
      connection.closed()
      environment.clock.advance(200_000)
      expect([server.loginCount, hub.sessions().length, environment.clock.pending]).toEqual([0, 0, 0])
    }),
    settings,
  )
  expect(server.stats.logins, 'most of them get in').toBeGreaterThan(numRuns / 10)
})

test.each([
  ['block streams', TUNNEL, undefined],
  ['compressed block streams', COMPRESSED, inflateBlock],
])('%s', (_what, stream, inflate) => {
  fc.assert(
    fc.property(mutated([stream]), sizes, (bytes, cuts) => {
      const lengths: number[] = []
      const reader = new BlockReader((frame) => lengths.push(frame.length), inflate)
      const whole = new BlockReader((frame) => lengths.push(-frame.length), inflate)
      let fault: string | undefined
      for (const piece of pieces(bytes, cuts)) fault = reader.push(piece)
      expect(whole.push(bytes) ?? undefined, 'however it is cut').toBe(fault)
      expect(whole.stats).toEqual(reader.stats)
      for (const length of lengths) expect(Math.abs(length)).toBeLessThanOrEqual(BLOCK_FRAME_LEN_MAX)
    }),
    settings,
  )
})
