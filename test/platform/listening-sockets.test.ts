// Listening and bound sockets of every implementation of src/nat/sockets.ts, against real callers on the loopback interface.

import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LinuxSockets } from '../../src/nat/linux-sockets.ts'
import { NodeSockets } from '../../src/nat/os-sockets.ts'
import type {
  BindFailure,
  IncomingTcp,
  Sockets,
  TcpListener,
  TcpListenerEvents,
  TcpSocket,
  TcpSocketEvents,
  UdpSocket,
  UdpSocketEvents,
} from '../../src/nat/sockets.ts'
import { ipv4 } from '../../src/wire/ipv4-address.ts'

const LOOPBACK = ipv4('127.0.0.1')
const implementations: [string, () => Sockets][] = [['node', () => new NodeSockets()]]
if (process.platform === 'linux') implementations.push(['linux', () => new LinuxSockets()])

/** Everything that happens, in order, and somebody who waits for it. */
class Diary {
  readonly lines: string[] = []
  readonly #waiting = new Set<() => void>()

  note(line: string): void {
    this.lines.push(line)
    for (const wake of this.#waiting) wake()
  }

  async saw(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }
}

class Conversation implements TcpSocketEvents {
  readonly diary = new Diary()
  text = ''
  readonly #buffer = new Uint8Array(new ArrayBuffer(65_536))

  connected(): void {
    this.diary.note('connected')
  }
  failed(): void {
    this.diary.note('failed')
  }
  readBuffer(): Uint8Array {
    return this.#buffer
  }
  data(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString()
    this.diary.note(this.text)
  }
  ended(): void {
    this.diary.note('ended')
  }
  written(): void {}
  gone(reset: boolean): void {
    this.diary.note(reset ? 'reset' : 'gone')
  }
}

describe.each(implementations)('sockets of %s', (_name, open) => {
  let sockets: Sockets
  let port: number
  const listeners: TcpListener[] = []
  const callers: net.Socket[] = []
  const bound: UdpSocket[] = []

  beforeEach(async () => {
    sockets = open()
    // Free for TCP and, as good as surely, for UDP.
    const probe = net.createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    ;({ port } = probe.address() as net.AddressInfo)
    await new Promise((resolve) => probe.close(resolve))
  })

  afterEach(() => {
    for (const caller of callers.splice(0)) caller.destroy()
    for (const listener of listeners.splice(0)) listener.close()
    for (const socket of bound.splice(0)) socket.close()
    sockets.close()
  })

  function listen(onIncoming: (incoming: IncomingTcp) => void, at = port): Diary {
    const diary = new Diary()
    const events: TcpListenerEvents = {
      bound: () => diary.note('bound'),
      incoming: (incoming) => {
        onIncoming(incoming)
        diary.note('incoming')
      },
      failed: (reason) => diary.note(`failed ${reason}`),
    }
    listeners.push(sockets.listenTcp(LOOPBACK, at, events))
    expect(diary.lines).toEqual([])
    return diary
  }

  function call(): net.Socket {
    const caller = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    caller.on('error', () => {})
    callers.push(caller)
    return caller
  }

  test('a connection that comes is told with its caller, and read only when it is wanted', async () => {
    const talk = new Conversation()
    let socket: TcpSocket | undefined
    let from = ''
    const diary = listen((incoming) => {
      from = `${incoming.address === LOOPBACK} ${incoming.port}`
      socket = incoming.accept(talk)
    })
    await diary.saw('bound')
    const caller = call()
    caller.write('hello')
    await diary.saw('incoming')
    expect(from).toBe(`true ${caller.localPort}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(talk.text).toBe('')
    socket!.resume()
    await talk.diary.saw('hello')
    socket!.write(Buffer.from('world'))
    sockets.flush()
    const [answer] = (await once(caller, 'data')) as [Buffer]
    expect(answer.toString()).toBe('world')
  })

  test('either side may end its direction first', async () => {
    const talk = new Conversation()
    let socket: TcpSocket | undefined
    const diary = listen((incoming) => {
      socket = incoming.accept(talk)
      socket.resume()
    })
    await diary.saw('bound')
    const caller = call()
    caller.end('request')
    await talk.diary.saw('ended')
    expect(talk.text).toBe('request')
    socket!.write(Buffer.from('answer'))
    socket!.end()
    sockets.flush()
    const answer = await caller.setEncoding('utf8').toArray()
    expect(answer.join('')).toBe('answer')
    await talk.diary.saw('gone')
  })

  test('who is refused, or whose connection is reset, sees a reset', async () => {
    let refuses = true
    const diary = listen((incoming) => {
      if (refuses) incoming.refuse()
      else incoming.accept(new Conversation()).reset()
    })
    await diary.saw('bound')
    for (const each of [true, false]) {
      refuses = each
      const caller = call()
      const [error] = (await once(caller, 'error')) as [NodeJS.ErrnoException]
      expect(error.code).toBe('ECONNRESET')
    }
  })

  test('a reset by the caller is told', async () => {
    const talk = new Conversation()
    const diary = listen((incoming) => incoming.accept(talk).resume())
    await diary.saw('bound')
    const caller = call()
    await diary.saw('incoming')
    caller.resetAndDestroy()
    await talk.diary.saw('reset')
  })

  test('many callers at once are all taken', async () => {
    let count = 0
    const diary = listen((incoming) => {
      incoming.refuse()
      if (++count === 200) diary.note('all')
    })
    await diary.saw('bound')
    for (let index = 0; index < 200; index++) call()
    await diary.saw('all')
  })

  test('a port that is taken is told with its reason, and so is an address that is not ours', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const diary = listen(() => {}, (taken.address() as net.AddressInfo).port)
    await diary.saw('failed inUse')
    taken.close()
    const elsewhere = new Diary()
    const events = { bound: () => {}, incoming: () => {}, failed: (reason: BindFailure) => elsewhere.note(reason) }
    sockets.listenTcp(ipv4('203.0.113.1'), port, events)
    await elsewhere.saw('noAddress')
  })

  test('after it was closed the port is free again, and connections live on', async () => {
    const talk = new Conversation()
    const diary = listen((incoming) => incoming.accept(talk).resume())
    await diary.saw('bound')
    const caller = call()
    await diary.saw('incoming')
    listeners.pop()!.close()
    const again = listen((incoming) => incoming.refuse())
    await again.saw('bound')
    caller.write('still here')
    await talk.diary.saw('still here')
  })

  function bindUdp(at: number): { socket: UdpSocket; diary: Diary } {
    const diary = new Diary()
    const events: UdpSocketEvents = {
      bound: () => diary.note('bound'),
      message: (bytes, _address, from) => diary.note(`${Buffer.from(bytes).toString()} ${from}`),
      failed: (reason) => diary.note(`failed ${reason}`),
    }
    const socket = sockets.bindUdp(LOOPBACK, at, events)
    expect(diary.lines).toEqual([])
    return { socket, diary }
  }

  test('a bound UDP socket hears its port, and answers from it', async () => {
    const { socket, diary } = bindUdp(port)
    bound.push(socket)
    await diary.saw('bound')
    const caller = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(caller, 'listening')
    caller.send('ping', port, '127.0.0.1')
    await diary.saw(`ping ${caller.address().port}`)
    socket.send(Buffer.from('pong'), LOOPBACK, caller.address().port)
    sockets.flush()
    const [answer, from] = (await once(caller, 'message')) as [Buffer, dgram.RemoteInfo]
    expect([answer.toString(), from.port]).toEqual(['pong', port])
    caller.close()
  })

  test('a UDP port that is taken is told, not exchanged for another', async () => {
    const taken = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { diary } = bindUdp(taken.address().port)
    await diary.saw('failed inUse')
    taken.close()
  })
})
