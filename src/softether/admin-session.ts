// One administration connection after its login (`method = admin`): requests and answers in turn, each a PACK behind its length
// (protocol reference 16.2). Calls run one after the other, each when the
// answer before it has been taken; what comes meanwhile waits, up to a bound.
//
// What came lies in one buffer, however small the pieces were; it grows with what is there, not with what a length promises.

import { getU32, setU32 } from '../wire/bytes.ts'
import type { ServedTunnel } from './login-connection.ts'
import { emitPack, type Pack, parsePack } from './pack.ts'
import type { Wire } from './tunnel-connection.ts'

/** One request; the original takes up to half a gigabyte. */
export const RPC_REQUEST_LEN_MAX = 16 * 1024 * 1024
/** Bytes of requests of all connections of hubs' administrators, beyond what each has for itself. */
export const RPC_WAITING_BYTES_MAX = 64 * 1024 * 1024
/** What nobody needs to share. */
const OWN_BYTES = 65_536
const FIRST_BYTES = 1_024
const LENGTH_LEN = 4
const EMPTY = new Uint8Array(0)

/** Answers a call by its function's name; `undefined`: who asks may not any more. What goes wrong is an error's PACK. */
export type RpcCall = (functionName: string, request: Pack) => Promise<Pack | undefined>

export interface AdminSessionStats {
  calls: number
  /** No PACK, too long, or more than the one request that may wait. */
  malformed: number
  /** Other connections hold all the memory there is for requests. */
  refusedMemory: number
  /** Calls of who may not any more. */
  revoked: number
}

/** Shared by connections. */
export interface RpcMemory {
  bytes: number
}

export interface AdminSessionOptions {
  readonly call: RpcCall
  readonly stats: AdminSessionStats
  /** `undefined`: has no part in the bound. */
  readonly memory: RpcMemory | undefined
  /** Each time something is asked for. */
  readonly asked: () => void
  /** Once, when the connection has ended. */
  readonly left: () => void
  /** Of the program; the connection ends. */
  readonly fault: (error: unknown) => void
}

export class AdminSession implements ServedTunnel {
  readonly #wire: Wire
  readonly #options: AdminSessionOptions
  /** What came lies in bytes[at…end]. */
  #bytes = EMPTY
  #at = 0
  #end = 0
  #isCalling = false
  #isOver = false

  constructor(wire: Wire, options: AdminSessionOptions) {
    this.#wire = wire
    this.#options = options
  }

  receive(chunk: Uint8Array): void {
    if (this.#isOver) return
    const { stats } = this.#options
    if (this.#end - this.#at + chunk.length > LENGTH_LEN + RPC_REQUEST_LEN_MAX) this.#breakOff('malformed')
    else if (!this.#reserve(chunk.length)) this.#breakOff('refusedMemory')
    else {
      this.#bytes.set(chunk, this.#end)
      this.#end += chunk.length
      this.#next(stats)
    }
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#resize(0)
    this.#options.left()
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

  #next(stats: AdminSessionStats): void {
    const available = this.#end - this.#at
    if (this.#isCalling || available < LENGTH_LEN) return
    const length = getU32(this.#bytes, this.#at)
    if (length > RPC_REQUEST_LEN_MAX) {
      this.#breakOff('malformed')
      return
    }
    if (available < LENGTH_LEN + length) return
    const from = this.#at + LENGTH_LEN
    const request = parsePack(this.#bytes.subarray(from, from + length))
    this.#at = from + length
    if (this.#at === this.#end) this.#resize(0)
    if (request === undefined) {
      this.#breakOff('malformed')
      return
    }
    this.#isCalling = true
    stats.calls += 1
    this.#answer(request).catch((error: unknown) => {
      this.#options.fault(error)
      this.end()
    })
  }

  async #answer(request: Pack): Promise<void> {
    this.#options.asked()
    const outcome = await this.#options.call(request.text('function_name'), request)
    if (this.#isOver) return
    if (outcome === undefined) {
      this.#breakOff('revoked')
      return
    }
    const answer = emitPack(outcome)
    const bytes = new Uint8Array(LENGTH_LEN + answer.length)
    setU32(bytes, 0, answer.length)
    bytes.set(answer, LENGTH_LEN)
    // A tool that asks and does not read what it is told is asked to wait, or answers would pile up here.
    if (this.#wire.write(bytes, () => this.#goOn())) this.#goOn()
  }

  #goOn(): void {
    this.#isCalling = false
    if (!this.#isOver) this.#next(this.#options.stats)
  }

  /** Moves what is there only when at least as much has been taken. @returns whether there is room now */
  #reserve(length: number): boolean {
    const held = this.#end - this.#at
    if (this.#end + length <= this.#bytes.length) return true
    const needed = held + length
    if (needed <= this.#bytes.length && held <= this.#at) {
      this.#bytes.copyWithin(0, this.#at, this.#end)
      this.#at = 0
      this.#end = held
      return true
    }
    return this.#resize(Math.max(FIRST_BYTES, Math.min(2 * needed, LENGTH_LEN + RPC_REQUEST_LEN_MAX)))
  }

  /** To no less than what is there. @returns whether there was memory for it */
  #resize(size: number): boolean {
    const { memory } = this.#options
    const more = shared(size) - shared(this.#bytes.length)
    if (memory !== undefined) {
      if (more > 0 && memory.bytes + more > RPC_WAITING_BYTES_MAX) return false
      memory.bytes += more
    }
    const held = this.#bytes.subarray(this.#at, this.#end)
    this.#bytes = size === 0 ? EMPTY : new Uint8Array(size)
    if (size > 0) this.#bytes.set(held)
    this.#at = 0
    this.#end = size === 0 ? 0 : held.length
    return true
  }

  #breakOff(counter: 'malformed' | 'refusedMemory' | 'revoked'): void {
    this.#options.stats[counter] += 1
    this.end()
  }
}

function shared(size: number): number {
  return Math.max(0, size - OWN_BYTES)
}
