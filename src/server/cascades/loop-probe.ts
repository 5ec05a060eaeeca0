// Finds loops that a cascade closes: hubs run no spanning tree, so a second way between two of them is a storm (protocol reference 13).
//
// A cascade sends a frame of its own to the other side, when it comes up and from time to time. Hubs forward it like any frame to a group.
// If it comes back into the hub by whatever way, the hub hands it to the cascade's port again, which is where it is looked for:
// one comparison for every frame that leaves by the cascade, and none for others.
// The frame is one of the Ethernet configuration testing protocol, a "reply", which no host answers.

import type { Attachable, Attachment, Port, PortDetails, PortIdentity } from '../../hub/port.ts'
import { setU16 } from '../../wire/bytes.ts'
import type { Offload } from '../../wire/offload.ts'
import { COMPLETE } from '../../wire/offload.ts'

/** Milliseconds after the cascade has come up; the loop is closed by whoever comes last. */
const FIRST_PROBES_MS = [0, 1_000, 3_000]
/** Between later probes, give or take a fifth. */
const PROBE_INTERVAL_MS = 30_000

const FRAME_LEN = 60
/** The protocol's group, CF-00-00-00-00-00. */
const GROUP_FIRST_BYTE = 0xcf
const ETHERTYPE_CONFIGURATION_TEST = 0x9000
const ETHERTYPE_AT = 12
const FUNCTION_AT = 16
/** Little-endian 1. */
const FUNCTION_REPLY = 0x0100
const MARK_AT = 20
const MARK_LEN = 16

export interface ProbeEnvironment {
  /** An unsigned 32-bit number. */
  random(): number
  /** @returns what cancels it */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** A hub for one port, whose loops are told of. */
export class LoopProbe implements Attachable {
  readonly #hub: Attachable
  readonly #environment: ProbeEnvironment
  readonly #looped: () => void
  readonly #frame: Uint8Array
  #port: Port | undefined
  #sent = 0
  #cancel: () => void = () => {}

  /** @param looped not called from within the hub */
  constructor(hub: Attachable, environment: ProbeEnvironment, looped: () => void) {
    this.#hub = hub
    this.#environment = environment
    this.#looped = looped
    this.#frame = probeFrame(environment.random)
  }

  attach(port: Port): Attachment {
    this.#port = port
    const attachment = this.#hub.attach(new WatchedPort(port, (frame) => this.#isOwn(frame)))
    return {
      sessionName: attachment.sessionName,
      input: (frame, offload) => attachment.input(frame, offload),
      flush: () => attachment.flush(),
      detach: () => {
        this.stop()
        attachment.detach()
      },
    }
  }

  /** The port's cascade is up. */
  start(): void {
    this.stop()
    this.#sent = 0
    this.#schedule()
  }

  stop(): void {
    this.#cancel()
  }

  #schedule(): void {
    const { random, setTimer } = this.#environment
    const spread = 0.8 + (0.4 * random()) / 0xffff_ffff
    const at = FIRST_PROBES_MS[this.#sent]
    const delayMs = at === undefined ? PROBE_INTERVAL_MS * spread : at - (FIRST_PROBES_MS[this.#sent - 1] ?? 0)
    this.#cancel = setTimer(delayMs, () => {
      this.#sent += 1
      this.#port?.output(this.#frame, COMPLETE)
      this.#port?.flush()
      this.#schedule()
    })
  }

  #isOwn(frame: Uint8Array): boolean {
    const own = this.#frame
    if (frame.length < MARK_AT + MARK_LEN) return false
    for (let at = 0; at < MARK_AT + MARK_LEN; at += 1) if (frame[at] !== own[at]) return false
    this.stop()
    this.#cancel = this.#environment.setTimer(0, this.#looped)
    return true
  }
}

class WatchedPort implements Port {
  readonly identity: PortIdentity
  readonly #port: Port
  readonly #isOwnProbe: (frame: Uint8Array) => boolean

  constructor(port: Port, isOwnProbe: (frame: Uint8Array) => boolean) {
    this.identity = port.identity
    this.#port = port
    this.#isOwnProbe = isOwnProbe
  }

  output(frame: Uint8Array, offload: Offload): void {
    if (frame[0] === GROUP_FIRST_BYTE && this.#isOwnProbe(frame)) return
    this.#port.output(frame, offload)
  }

  flush(): void {
    this.#port.flush()
  }

  details(): PortDetails {
    return this.#port.details!()
  }

  close(): void {
    this.#port.close?.()
  }
}

function probeFrame(random: () => number): Uint8Array {
  const frame = new Uint8Array(FRAME_LEN)
  frame[0] = GROUP_FIRST_BYTE
  // From a locally administered address that nobody else has.
  frame[6] = 0x5e
  for (let at = 7; at < ETHERTYPE_AT; at += 1) frame[at] = random() & 255
  setU16(frame, ETHERTYPE_AT, ETHERTYPE_CONFIGURATION_TEST)
  setU16(frame, FUNCTION_AT, FUNCTION_REPLY)
  for (let at = MARK_AT; at < MARK_AT + MARK_LEN; at += 1) frame[at] = random() & 255
  return frame
}
