// What RACK-TLP (RFC 8985) remembers of a connection; rack.ts says what it does with it.

const OFF = Number.POSITIVE_INFINITY

export interface Rack {
  /** RACK.xmit_ts and RACK.end_seq: of the most recently sent segment that has arrived; xmitAt negative: none yet. */
  xmitAt: number
  endSeq: number
  rtt: number
  /** RACK.fack: the highest sequence number known to have arrived. */
  fack: number
  reorderingSeen: boolean
  windowMultiplier: number
  /** Recoveries for which a widened window still holds. */
  persists: number
  /** A double is counted once a round trip: until SND.UNA has passed this. */
  dsackRoundEnd: number
  isDsackRound: boolean
  /** TLP.end_seq, while a probe is out; whether it was data sent again. */
  isProbeOut: boolean
  probeEnd: number
  wasProbeResent: boolean
  /** SND.UNA when a recovery that stood still was last probed: once for each. */
  headProbed: number
  /** The timers of sections 6.3 and 7.2. */
  reorderAt: number
  probeAt: number
}

export function newRack(): Rack {
  return {
    xmitAt: -1,
    endSeq: 0,
    rtt: 0,
    fack: 0,
    reorderingSeen: false,
    windowMultiplier: 1,
    persists: 0,
    dsackRoundEnd: 0,
    isDsackRound: false,
    isProbeOut: false,
    probeEnd: 0,
    wasProbeResent: false,
    headProbed: -1,
    reorderAt: OFF,
    probeAt: OFF,
  }
}

/** A recovery has ended: a widened window is worth a number of them. */
export function noteRecoveryEnd(rack: Rack): void {
  if (rack.persists === 0) return
  rack.persists--
  if (rack.persists === 0) rack.windowMultiplier = 1
}
