// Every implementation of src/nat/sockets.ts against real servers on the loopback interface: one suite for all.

import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pingKind } from '../../src/nat/linux-ping.ts'
import { LinuxSockets } from '../../src/nat/linux-sockets.ts'
import { NodeSockets } from '../../src/nat/os-sockets.ts'
import type {
  ConnectFailure,
  OutsideError,
  Sockets,
  TcpSocket,
  TcpSocketEvents,
  UdpSocket,
} from '../../src/nat/sockets.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'

const LOOPBACK = ipv4('127.0.0.1')
const implementations: [string, (fault?: (error: unknown) => void) => Sockets][] = [
  ['node', (fault) => new NodeSockets(fault)],
]
if (process.platform === 'linux') implementations.push(['linux', (fault) => new LinuxSockets(fault)])

/** Collects the events of one socket, and lets a test wait for them. */
class Recorder implements TcpSocketEvents {
  readonly events: string[] = []
  readonly chunks: Buffer[] = []
  writtenBytes = 0
  readonly buffer = new Uint8Array(new ArrayBuffer(65_536))
  onData: (() => void) | undefined
  #waiting: (() => void)[] = []

  connected = (): void => this.#note('connected')
  failed = (reason: ConnectFailure): void => this.#note(`failed ${reason}`)
  readBuffer = (): Uint8Array => this.buffer
  data = (bytes: Uint8Array): void => {
    this.chunks.push(Buffer.from(bytes))
    this.onData?.()
    this.#note('data')
  }
  ended = (): void => this.#note('ended')
  written = (n: number): void => {
    this.writtenBytes += n
    this.#note('written')
  }
  gone = (reset: boolean): void => this.#note(reset ? 'reset' : 'gone')

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  saw(event: string): Promise<void> {
    return this.until(() => this.events.includes(event))
  }

  #note(event: string): void {
    this.events.push(event)
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

describe.each(implementations)('sockets of %s', (_name, open) => {
  let sockets: Sockets
  let server: net.Server
  let accepted: net.Socket[]
  let onConnection: (socket: net.Socket) => void

  const connect = (port: number): [TcpSocket, Recorder] => {
    const recorder = new Recorder()
    return [sockets.connectTcp(LOOPBACK, port, recorder), recorder]
  }
  const listeningPort = (): number => (server.address() as net.AddressInfo).port

  beforeEach(async () => {
    sockets = open()
    accepted = []
    onConnection = () => {}
    server = net.createServer({ allowHalfOpen: true }, (socket) => {
      accepted.push(socket)
      socket.on('error', () => {})
      onConnection(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
    sockets.close()
  })

  test('a connection is reported once it stands, and bytes go both ways', async () => {
    onConnection = (socket) => socket.pipe(socket)
    const [socket, seen] = connect(listeningPort())
    await seen.saw('connected')
    const taken = socket.write(Buffer.from('hello '))
    sockets.flush()
    const takenToo = socket.write(Buffer.from('world'))
    sockets.flush()
    await seen.until(() => seen.received.length === 11)
    await seen.until(() => taken + takenToo + seen.writtenBytes === 11)
    expect(seen.received.toString()).toBe('hello world')
    socket.reset()
  })

  test('a refused connection fails as refused, and never from within the call', async () => {
    const port = listeningPort()
    server.close()
    await once(server, 'close')
    const [, seen] = connect(port)
    expect(seen.events).toEqual([])
    await seen.until(() => seen.events.length > 0)
    expect(seen.events).toEqual(['failed refused'])
  })

  test('an exception out of an event is told, and the process lives on', async () => {
    sockets.close()
    const faults: unknown[] = []
    sockets = open((error) => faults.push(error))
    onConnection = (socket) => socket.write('x')
    const [, seen] = connect(listeningPort())
    seen.onData = () => {
      throw new Error('broken')
    }
    while (faults.length === 0) await new Promise(setImmediate)
    expect(faults).toEqual([new Error('broken')])
  })

  test('an address without a route fails as unreachable', async () => {
    const recorder = new Recorder()
    sockets.connectTcp(ipv4('255.255.255.255'), 80, recorder)
    await recorder.until(() => recorder.events.length > 0)
    expect(recorder.events).toEqual(['failed unreachable'])
  })

  test('the end that the outside sends leaves our direction open', async () => {
    onConnection = (socket) => {
      socket.end('bye')
      socket.on('data', (bytes) => socket.emit('heard', bytes))
    }
    const [socket, seen] = connect(listeningPort())
    await seen.saw('ended')
    expect(seen.received.toString()).toBe('bye')
    const heard = once(accepted[0] as net.Socket, 'heard')
    socket.write(Buffer.from('still here'))
    sockets.flush()
    expect(String((await heard)[0])).toBe('still here')
    socket.end()
    sockets.flush()
    await seen.saw('gone')
  })

  test('our end reaches the outside behind all bytes, and its answer still comes', async () => {
    const length = 3_000_000
    onConnection = (socket) => {
      let heard = 0
      socket.on('data', (bytes) => {
        heard += bytes.length
      })
      socket.on('end', () => socket.end(`got ${heard}`))
    }
    const [socket, seen] = connect(listeningPort())
    await seen.saw('connected')
    const taken = socket.write(new Uint8Array(length))
    socket.end()
    sockets.flush()
    await seen.saw('gone')
    expect(seen.received.toString()).toBe(`got ${length}`)
    expect(taken + seen.writtenBytes).toBe(length)
  })

  test('a reset by the outside is told as a reset', async () => {
    onConnection = (socket) => socket.once('data', () => socket.resetAndDestroy())
    const [socket, seen] = connect(listeningPort())
    await seen.saw('connected')
    socket.write(Buffer.from('x'))
    sockets.flush()
    await seen.saw('reset')
    expect(seen.events).not.toContain('ended')
  })

  test('our reset reaches the outside as a reset, and no event follows', async () => {
    const [socket, seen] = connect(listeningPort())
    await seen.saw('connected')
    while (accepted.length === 0) await new Promise(setImmediate)
    const error = once(accepted[0] as net.Socket, 'error')
    const before = seen.events.length
    socket.reset()
    expect(((await error)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET')
    expect(seen.events.length).toBe(before)
  })

  test('a paused socket holds the outside back, and loses nothing when it is resumed', async () => {
    const total = 32 * 1024 * 1024
    let sent = 0
    onConnection = (socket) => {
      const block = Buffer.alloc(256 * 1024, 7)
      const pump = (): void => {
        while (sent < total) {
          sent += block.length
          if (!socket.write(block)) {
            socket.once('drain', pump)
            return
          }
        }
        socket.end()
      }
      pump()
    }
    const [socket, seen] = connect(listeningPort())
    seen.onData = () => socket.pause()
    await seen.saw('data')
    const atPause = seen.received.length
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect(seen.received.length).toBe(atPause)
    expect(sent).toBeLessThan(total)
    seen.onData = undefined
    socket.resume()
    await seen.saw('ended')
    expect(seen.chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(total)
    socket.reset()
  })

  test('an outside that reads nothing makes `write` keep bytes, which are reported once they leave', async () => {
    onConnection = (socket) => socket.pause()
    const [socket, seen] = connect(listeningPort())
    await seen.saw('connected')
    const block = new Uint8Array(1024 * 1024)
    let taken = 0
    for (let index = 0; index < 16; index++) taken += socket.write(block)
    sockets.flush()
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(taken + seen.writtenBytes).toBeLessThan(16 * block.length)
    accepted[0]?.resume()
    await seen.until(() => taken + seen.writtenBytes === 16 * block.length)
    socket.reset()
  })

  describe('UDP', () => {
    let echo: dgram.Socket
    const opened: UdpSocket[] = []

    beforeEach(async () => {
      echo = dgram.createSocket('udp4')
      echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address))
      echo.bind(0, '127.0.0.1')
      await once(echo, 'listening')
    })

    afterEach(() => {
      for (const socket of opened.splice(0)) socket.close()
      echo.close()
    })

    /** Opens a socket that collects what comes; `until` waits for so many datagrams. */
    const openUdp = (preferredPort: number) => {
      const messages: { bytes: Buffer; port: number }[] = []
      let wake = (): void => {}
      const socket = sockets.openUdp(preferredPort, {
        message: (bytes, _address, port) => {
          messages.push({ bytes: Buffer.from(bytes), port })
          wake()
        },
        failed: () => {
          throw new Error('the socket failed')
        },
      })
      opened.push(socket)
      const until = async (count: number): Promise<void> => {
        while (messages.length < count) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
      return { socket, messages, until }
    }

    test('datagrams of many lengths go out and come back whole and apart', async () => {
      const { socket, messages, until } = openUdp(0)
      const lengths = [1, 1, 1, 1000, 1000, 400, 0, 1472, 1472, 9000, 60_000, 5]
      for (const [index, length] of lengths.entries()) {
        socket.send(Buffer.alloc(length, index), LOOPBACK, echo.address().port)
        // Loopback queues are finite.
        if (index % 4 === 3) sockets.flush()
      }
      sockets.flush()
      await until(lengths.length)
      expect(messages.map(({ bytes }) => bytes.length)).toEqual(lengths)
      expect(messages.every(({ bytes }, index) => bytes.every((byte) => byte === index))).toBe(true)
      expect(messages[0]?.port).toBe(echo.address().port)
    })

    test('a batch of equal datagrams keeps its borders', async () => {
      const { socket, messages, until } = openUdp(0)
      for (let index = 0; index < 100; index++) socket.send(Buffer.alloc(200, index), LOOPBACK, echo.address().port)
      sockets.flush()
      await until(100)
      expect(messages.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 100 }, (_, index) => index))
      expect(messages.every(({ bytes }) => bytes.length === 200)).toBe(true)
    })

    test('datagrams for every host leave once they are allowed to', async () => {
      const { socket } = openUdp(0)
      const heard: string[] = []
      const listener = dgram.createSocket('udp4').bind(0, '0.0.0.0')
      await once(listener, 'listening')
      listener.on('message', (bytes) => heard.push(bytes.toString()))
      const say = (what: string, to: string): void => {
        socket.send(Buffer.from(what), ipv4(to), listener.address().port)
        sockets.flush()
      }
      say('not yet', '127.255.255.255')
      say('to one', '127.0.0.1')
      await once(listener, 'message')
      socket.allowBroadcast()
      say('to all', '127.255.255.255')
      await once(listener, 'message')
      expect(heard).toEqual(['to one', 'to all'])
      listener.close()
    })

    test('the preferred port is taken if it is free, and another if it is not', async () => {
      const seen: number[] = []
      echo.on('message', (_bytes, from) => seen.push(from.port))
      const probe = dgram.createSocket('udp4').bind(0, '0.0.0.0')
      await once(probe, 'listening')
      const { port } = probe.address()
      const taken = openUdp(port)
      taken.socket.send(Buffer.from('a'), LOOPBACK, echo.address().port)
      sockets.flush()
      await taken.until(1)
      expect(seen[0]).not.toBe(port)
      await new Promise<void>((resolve) => probe.close(() => resolve()))
      const free = openUdp(port)
      free.socket.send(Buffer.from('b'), LOOPBACK, echo.address().port)
      sockets.flush()
      await free.until(1)
      expect(seen[1]).toBe(port)
    })
  })
})

describe.runIf(process.platform === 'linux')('what Linux says about what was sent', () => {
  let sockets: LinuxSockets
  beforeEach(() => {
    sockets = new LinuxSockets()
  })
  afterEach(() => sockets.close())

  /** Collects what a socket is told, and waits for so much of it. */
  const collector = <T>() => {
    const heard: T[] = []
    let wake = (): void => {}
    return {
      heard,
      hear: (item: T): void => {
        heard.push(item)
        wake()
      },
      until: async (count: number): Promise<void> => {
        while (heard.length < count) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      },
    }
  }
  const copied = (error: OutsideError): OutsideError => ({ ...error, payload: error.payload.slice() })

  test('a closed UDP port is told with the datagram, and the datagrams behind it leave all the same', async () => {
    const closed = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address()
    await new Promise<void>((resolve) => closed.close(() => resolve()))
    const { heard, hear, until } = collector<OutsideError>()
    const socket = sockets.openUdp(0, {
      message: () => {},
      failed: () => {},
      unreached: (error) => hear(copied(error)),
    })
    for (const [index, text] of ['a', 'bc', 'def'].entries()) {
      socket.send(Buffer.from(text), LOOPBACK, port)
      sockets.flush()
      await until(index + 1)
    }
    const told = { type: 3, code: 3, reporter: LOOPBACK, address: LOOPBACK, port }
    expect(heard).toMatchObject([told, told, told])
    expect(heard.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['a', 'bc', 'def'])
    socket.close()
  })

  test.runIf(process.platform === 'linux' && pingKind() !== 'none')(
    'echo requests are answered, each identifier its own',
    async () => {
      const replies = [collector<[number, string, number]>(), collector<[number, string, number]>()]
      const open = sockets.openPing!
      const [first, second] = replies.map(({ hear }) =>
        open(0x4e54, {
          reply: (_address, sequence, body, ttl) => hear([sequence, Buffer.from(body).toString(), ttl]),
          unreached: () => {},
          failed: () => {},
        }),
      )
      first!.request(LOOPBACK, 1, Buffer.from('one'), { ttl: 20, dontFragment: true })
      second!.request(LOOPBACK, 2, Buffer.from('two'), { ttl: 20, dontFragment: false })
      await Promise.all(replies.map(({ until }) => until(1)))
      expect(replies.map(({ heard }) => heard)).toEqual([[[1, 'one', 64]], [[2, 'two', 64]]])
      first!.close()
      second!.close()
    },
  )
})
