// The waist of the system: everything that attaches to a hub is a Port, and holds an Attachment to speak into the hub.
//
// Ownership: a frame is borrowed until the call returns. Who keeps bytes copies them.
// Batches: who hands in frames calls `flush` after the last one of a batch; the hub then tells every port that
// received something. A link writes its batch at `flush`, a SecureNAT acknowledges and sends.

import type { Offload } from '../wire/offload.ts'

/** What the hub knows of who is behind a port; the rows of SoftEther's session list are made of it. */
export interface PortIdentity {
  /** Session name without its number: `TAP`, `QEMU`, `SECURENAT`, …; the hub makes `SID-<kind>-<n>` of it. */
  readonly kind: string
  readonly userName: string
  /** Where the peer is, for people: a TAP's name, a socket's path, an address. */
  readonly hostName: string
}

export interface Port {
  readonly identity: PortIdentity
  output(frame: Uint8Array, offload: Offload): void
  /** The batch is complete: write it out. */
  flush(): void
  /** Ends the session at an administrator's wish; absent where that makes no sense (SecureNAT's is disabled instead). */
  close?(): void
}

/** What `hub.attach(port)` returns. */
export interface Attachment {
  /** `SID-TAP-3` */
  readonly sessionName: string
  input(frame: Uint8Array, offload: Offload): void
  flush(): void
  detach(): void
}

/** The part of a hub that links need. */
export interface Attachable {
  attach(port: Port): Attachment
}
