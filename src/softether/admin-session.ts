// One administration connection after its login (`method = admin`): requests and answers in turn, each a PACK behind its length
// (protocol reference 16.2). Calls run one after the other, each when the
// answer before it has been taken; what comes meanwhile waits, up to a bound.

import { getU32, setU32 } from '../wire/bytes.ts'
import type { ServedTunnel } from './login-connection.ts'
import { emitPack, type Pack, parsePack } from './pack.ts'
import type { Wire } from './tunnel-connection.ts'

/** One request; the original takes up to half a gigabyte. */
export const RPC_REQUEST_LEN_MAX = 16 * 1024 * 1024
const LENGTH_LEN = 4

/** Answers a call by its function's name. Never throws: what goes wrong is an error's PACK. */
export type RpcCall = (functionName: string, request: Pack) => Promise<Pack>

export interface AdminSessionStats {
  calls: number
  /** No PACK, too long, or more than the one request that may wait. */
  malformed: number
}

export class AdminSession implements ServedTunnel {
  readonly #wire: Wire
  readonly #call: RpcCall
  readonly #stats: AdminSessionStats
  readonly #left: () => void
  /** What came, and how many bytes that is. */
  #chunks: Uint8Array[] = []
  #available = 0
  #isCalling = false
  #isOver = false

  /** @param left called once, when the connection has ended */
  constructor(wire: Wire, call: RpcCall, stats: AdminSessionStats, left: () => void) {
    this.#wire = wire
    this.#call = call
    this.#stats = stats
    this.#left = left
  }

  receive(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#chunks.push(chunk.slice())
    this.#available += chunk.length
    if (this.#available > LENGTH_LEN + RPC_REQUEST_LEN_MAX) this.#breakOff()
    else this.#next()
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#chunks = []
    this.#left()
  }

  /** At an administrator's wish, or because the server stops. */
  end(): void {
    if (this.#isOver) return
    this.#wire.end()
    this.closed()
  }

  abort(): void {
    this.end()
  }

  #next(): void {
    if (this.#isCalling || this.#available < LENGTH_LEN) return
    if (this.#chunks[0]!.length < LENGTH_LEN) this.#join()
    const length = getU32(this.#chunks[0]!, 0)
    if (length > RPC_REQUEST_LEN_MAX) {
      this.#breakOff()
      return
    }
    const whole = LENGTH_LEN + length
    if (this.#available < whole) return
    const received = this.#join()
    this.#chunks = [received.subarray(whole)]
    this.#available -= whole
    const request = parsePack(received.subarray(LENGTH_LEN, whole))
    if (request === undefined) this.#breakOff()
    else void this.#answer(request)
  }

  #join(): Uint8Array {
    const joined = new Uint8Array(this.#available)
    let at = 0
    for (const chunk of this.#chunks) {
      joined.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = [joined]
    return joined
  }

  async #answer(request: Pack): Promise<void> {
    this.#isCalling = true
    this.#stats.calls += 1
    const answer = emitPack(await this.#call(request.text('function_name'), request))
    if (this.#isOver) return
    const bytes = new Uint8Array(LENGTH_LEN + answer.length)
    setU32(bytes, 0, answer.length)
    bytes.set(answer, LENGTH_LEN)
    // A tool that asks and does not read what it is told is asked to wait, or answers would pile up here.
    if (this.#wire.write(bytes, () => this.#goOn())) this.#goOn()
  }

  #goOn(): void {
    this.#isCalling = false
    if (!this.#isOver) this.#next()
  }

  #breakOff(): void {
    this.#stats.malformed += 1
    this.end()
  }
}
