// A wire: joins exactly two ports without a hub between them. What one port hands in is the other's output, at once.
//
// For a process that only carries frames from one medium to another (`attach`, `run` beside a server): learning addresses
// and flooding would be the hub's work done twice. As long as one end is free, frames are dropped and counted.

import type { Attachable, Attachment, Port } from '../hub/port.ts'
import type { Offload } from '../wire/offload.ts'

export interface WireStats {
  frames: number
  droppedUnplugged: number
}

class WireEnd implements Attachable {
  port: Port | undefined
  readonly #stats: WireStats
  readonly #other: () => WireEnd

  constructor(stats: WireStats, other: () => WireEnd) {
    this.#stats = stats
    this.#other = other
  }

  attach(port: Port): Attachment {
    if (this.port !== undefined) throw new Error('this end of the wire is taken')
    this.port = port
    const stats = this.#stats
    const other = this.#other()
    return {
      sessionName: port.identity.hostName,
      input(frame: Uint8Array, offload: Offload) {
        if (other.port === undefined) stats.droppedUnplugged += 1
        else {
          stats.frames += 1
          other.port.output(frame, offload)
        }
      },
      flush: () => other.port?.flush(),
      detach: () => {
        if (this.port === port) this.port = undefined
      },
    }
  }
}

export class Wire {
  readonly stats: WireStats = { frames: 0, droppedUnplugged: 0 }
  readonly a: Attachable = new WireEnd(this.stats, () => this.b as WireEnd)
  readonly b: Attachable = new WireEnd(this.stats, () => this.a as WireEnd)
}
