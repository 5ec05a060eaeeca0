// A port of a hub that keeps what it gets, for tests of the hub.

import type { Hub } from '../../src/hub/hub.ts'
import type { Attachment, Port, PortIdentity } from '../../src/hub/port.ts'
import { COMPLETE, type Offload } from '../../src/wire/offload.ts'

export class HubPort implements Port {
  readonly identity: PortIdentity
  readonly attachment: Attachment
  readonly got: Uint8Array[] = []
  readonly offloads: Offload[] = []
  flushes = 0
  onOutput = (): void => {}
  onFlush = (): void => {}

  constructor(hub: Hub, identity: Partial<PortIdentity> = {}) {
    this.identity = { kind: 'TEST', userName: 'user', hostName: 'host', ...identity }
    this.attachment = hub.attach(this)
  }

  output(frame: Uint8Array, offload: Offload): void {
    this.got.push(frame.slice())
    this.offloads.push(offload)
    this.onOutput()
  }

  flush(): void {
    this.flushes++
    this.onFlush()
  }

  /** Hands in frames as one batch. */
  give(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.attachment.input(frame, COMPLETE)
    this.attachment.flush()
  }
}
