// A second TCP, for the far side of tests: simple, and independent of src/stack. NewReno sender (RFC 5681, 6582) that goes
// back N after a timeout; receiver with SACK, timestamps and window scaling as told. Offsets count from the first byte after
// the SYN and do not wrap; they are cut to 32 bits on the wire only.

import { ACK, FIN, PSH, RST, SYN, type TcpSegment } from '../../src/wire/tcp.ts'
import { u16, u32 } from './frames.ts'
import type { ManualClock } from './manual-clock.ts'

export interface GuestTcpOptions {
  mss?: number
  sack?: boolean
  timestamps?: boolean
  /** -1: no window scaling. */
  windowShift?: number
  /** Bytes the application leaves unread at most. */
  receiveBuffer?: number
  /** Bytes per ms the application reads; Infinity: at once. */
  readRate?: number
  delayedAckMs?: number
  /** Never retransmits, and takes no notice of losses: for guests that vanish. */
  iss?: number
}

export interface OutgoingSegment {
  flags: number
  seq: number
  ack: number
  wnd: number
  options: readonly number[]
  payload: Uint8Array
}

interface Piece {
  start: number
  end: number
  bytes: Uint8Array
}

export class GuestTcp {
  state: 'SYN-SENT' | 'SYN-RECEIVED' | 'ESTABLISHED' | 'CLOSED' = 'SYN-SENT'
  closedBy: '' | 'refused' | 'reset' | 'gave up' | 'both ends' = ''
  /** In order, as the application read it. */
  onData = (_bytes: Uint8Array): void => {}
  onEnd = (): void => {}
  onEstablished = (): void => {}
  received = 0
  receivedEnd = false
  establishedAt = -1
  /** Payload bytes sent, those sent again included. */
  sentPayload = 0
  retransmissions = 0
  peerMss = 536
  readonly options: Required<GuestTcpOptions>
  readonly #clock: ManualClock
  readonly #transmit: (segment: OutgoingSegment) => void
  #irs = 0
  // Sender.
  #out = new Uint8Array(4096)
  #outLength = 0
  #una = 0
  #nxt = 0
  #wnd = 0
  #sndShift = 0
  #cwnd = 0
  #ssthresh = Number.POSITIVE_INFINITY
  #dupAcks = 0
  #recover = -1
  #finQueued = false
  #finAcked = false
  #rto = 1000
  #srtt = -1
  #rttvar = 0
  #timedEnd = -1
  #timedAt = 0
  #tries = 0
  #cancelRto: (() => void) | undefined
  // Receiver.
  #rcvNxt = 0
  #pieces: Piece[] = []
  #latest = 0
  #finAt = -1
  #unread: Uint8Array[] = []
  #unreadBytes = 0
  #reading = false
  #advertised = 0
  #unacked = 0
  #cancelAck: (() => void) | undefined
  #tsRecent = 0
  #scaled = false
  #timestamps = false
  #sack = false

  constructor(clock: ManualClock, transmit: (segment: OutgoingSegment) => void, options: GuestTcpOptions = {}) {
    this.#clock = clock
    this.#transmit = transmit
    this.options = {
      mss: 1460,
      sack: true,
      timestamps: true,
      windowShift: 8,
      receiveBuffer: 8 * 1024 * 1024,
      readRate: Number.POSITIVE_INFINITY,
      delayedAckMs: 40,
      iss: 0x7fff_0000,
      ...options,
    }
  }

  /** Bytes not yet acknowledged. */
  get unacknowledged(): number {
    return this.#outLength - this.#una
  }

  get isSendingDone(): boolean {
    return this.#una >= this.#outLength && (!this.#finQueued || this.#finAcked)
  }

  connect(): void {
    this.#sendSyn()
  }

  /** Answers a SYN. */
  accept(syn: TcpSegment): void {
    this.state = 'SYN-RECEIVED'
    this.#takeSyn(syn)
    this.#sendSyn()
  }

  write(bytes: Uint8Array): void {
    if (this.#outLength + bytes.length > this.#out.length) {
      const grown = new Uint8Array(Math.max(this.#out.length * 2, this.#outLength + bytes.length))
      grown.set(this.#out)
      this.#out = grown
    }
    this.#out.set(bytes, this.#outLength)
    this.#outLength += bytes.length
    if (this.state === 'ESTABLISHED') this.#output()
  }

  close(): void {
    this.#finQueued = true
    if (this.state === 'ESTABLISHED') this.#output()
  }

  abort(): void {
    if (this.state === 'CLOSED') return
    this.#send(RST | ACK, this.#nxt, new Uint8Array(0))
    this.#gone('reset')
  }

  /** Stops without a word, as a machine that is switched off. */
  vanish(): void {
    this.#gone('reset')
  }

  input(segment: TcpSegment, payload: Uint8Array): void {
    if (this.state === 'CLOSED') return
    if (this.state === 'SYN-SENT') {
      this.#inSynSent(segment)
      return
    }
    const seq = this.#offsetOf(segment.seq)
    if ((segment.flags & RST) !== 0) {
      if (seq >= this.#rcvNxt && seq <= this.#rcvNxt + Math.max(1, this.#advertised)) this.#gone('reset')
      return
    }
    if ((segment.flags & SYN) !== 0) {
      if (this.state === 'SYN-RECEIVED') this.#sendSyn()
      else this.#sendAck()
      return
    }
    if (this.state === 'SYN-RECEIVED') {
      if ((segment.flags & ACK) === 0 || segment.ack !== ((this.options.iss + 1) | 0)) return
      this.#establish()
    }
    if (this.#timestamps && segment.hasTimestamps && seq <= this.#rcvNxt) this.#tsRecent = segment.tsVal
    this.#takeAck(segment, payload.length)
    if (payload.length > 0 || (segment.flags & FIN) !== 0) this.#takeText(seq, payload, (segment.flags & FIN) !== 0)
    else if (seq < this.#rcvNxt) this.#sendAck()
    this.#maybeDone()
  }

  #inSynSent(segment: TcpSegment): void {
    const acksSyn = segment.ack === ((this.options.iss + 1) | 0)
    if ((segment.flags & RST) !== 0) {
      if (acksSyn && (segment.flags & ACK) !== 0) this.#gone('refused')
      return
    }
    if ((segment.flags & (SYN | ACK)) !== (SYN | ACK)) return
    if (!acksSyn) {
      this.#transmit({ flags: RST, seq: segment.ack, ack: 0, wnd: 0, options: [], payload: new Uint8Array(0) })
      return
    }
    this.#takeSyn(segment)
    this.#establish()
    this.#sendAck()
    this.onEstablished()
    this.#output()
  }

  #establish(): void {
    this.#cancelRto?.()
    this.#cancelRto = undefined
    this.#tries = 0
    this.#rto = 1000
    const wasAsked = this.state === 'SYN-RECEIVED'
    this.state = 'ESTABLISHED'
    this.establishedAt = this.#clock.now()
    if (wasAsked) this.onEstablished()
  }

  #takeSyn(segment: TcpSegment): void {
    this.#irs = segment.seq
    this.#scaled = segment.windowShift >= 0 && this.options.windowShift >= 0
    this.#sndShift = this.#scaled ? segment.windowShift : 0
    this.#timestamps = segment.hasTimestamps && this.options.timestamps
    this.#sack = segment.sackPermitted && this.options.sack
    this.#tsRecent = segment.tsVal
    this.peerMss = segment.mss === 0 ? 536 : segment.mss
    this.#wnd = segment.wnd
    this.#cwnd = 10 * this.#mss()
  }

  #mss(): number {
    return Math.min(this.options.mss, this.peerMss) - (this.#timestamps ? 12 : 0)
  }

  #offsetOf(seq: number): number {
    return this.#rcvNxt + ((seq - (this.#irs + 1 + this.#rcvNxt)) | 0)
  }

  // Sender.

  #end(): number {
    return this.#outLength + (this.#finQueued ? 1 : 0)
  }

  #takeAck(segment: TcpSegment, payloadLen: number): void {
    if ((segment.flags & ACK) === 0) return
    const ack = this.#una + ((segment.ack - (this.options.iss + 1 + this.#una)) | 0)
    const wnd = segment.wnd << this.#sndShift
    if (ack > this.#end() || ack < this.#una) return
    if (ack > this.#una) {
      const acked = ack - this.#una
      this.#una = ack
      if (this.#nxt < ack) this.#nxt = ack
      if (this.#finQueued && ack === this.#end()) this.#finAcked = true
      this.#sample(ack)
      this.#tries = 0
      this.#dupAcks = 0
      if (this.#recover >= 0) {
        if (ack >= this.#recover) {
          this.#recover = -1
          this.#cwnd = this.#ssthresh
        } else {
          this.#cwnd = Math.max(this.#mss(), this.#cwnd - acked + this.#mss())
          this.#retransmit()
        }
      } else if (this.#cwnd < this.#ssthresh) this.#cwnd += acked
      else this.#cwnd += (this.#mss() * acked) / this.#cwnd
      this.#armRto(true)
    } else if (payloadLen === 0 && wnd === this.#wnd && this.#nxt > this.#una && (segment.flags & FIN) === 0) {
      this.#dupAcks++
      if (this.#dupAcks === 3 && this.#recover < 0) {
        this.#ssthresh = Math.max((this.#nxt - this.#una) / 2, 2 * this.#mss())
        this.#cwnd = this.#ssthresh + 3 * this.#mss()
        this.#recover = this.#nxt
        this.#retransmit()
      } else if (this.#recover >= 0) this.#cwnd += this.#mss()
    }
    this.#wnd = wnd
    this.#output()
  }

  #sample(ack: number): void {
    if (this.#timedEnd < 0 || ack < this.#timedEnd) return
    const sample = this.#clock.now() - this.#timedAt
    this.#timedEnd = -1
    if (this.#srtt < 0) {
      this.#srtt = sample
      this.#rttvar = sample / 2
    } else {
      this.#rttvar = 0.75 * this.#rttvar + 0.25 * Math.abs(this.#srtt - sample)
      this.#srtt = 0.875 * this.#srtt + 0.125 * sample
    }
    this.#rto = Math.max(200, this.#srtt + 4 * this.#rttvar)
  }

  #output(): void {
    const limit = this.#una + Math.min(this.#wnd, this.#cwnd)
    while (this.#nxt < this.#end()) {
      const len = Math.min(this.#mss(), this.#outLength - this.#nxt)
      if (this.#nxt + Math.max(len, 0) > limit && this.#nxt > this.#una) break
      if (this.#nxt + len > this.#una + this.#wnd && len > 0) break
      this.#sendPiece(this.#nxt)
    }
    this.#armRto(false)
  }

  /** One segment at `offset`; moves SND.NXT on if it was the next. */
  #sendPiece(offset: number): void {
    const end = Math.min(offset + this.#mss(), this.#outLength)
    const fin = this.#finQueued && end === this.#outLength
    const next = end + (fin ? 1 : 0)
    if (this.#timedEnd < 0 && offset === this.#nxt) {
      this.#timedEnd = next
      this.#timedAt = this.#clock.now()
    }
    if (next > this.#nxt) this.#nxt = next
    this.sentPayload += end - offset
    this.#send(ACK | (fin ? FIN : 0) | (end === this.#outLength ? PSH : 0), offset, this.#out.slice(offset, end))
  }

  #retransmit(): void {
    this.retransmissions++
    this.#timedEnd = -1
    this.#sendPiece(this.#una)
  }

  #armRto(restart: boolean): void {
    if (restart) {
      this.#cancelRto?.()
      this.#cancelRto = undefined
    }
    if (this.#cancelRto !== undefined) return
    const waits = this.#nxt > this.#una || (this.#nxt < this.#end() && this.state === 'ESTABLISHED')
    if (!waits) return
    this.#cancelRto = this.#clock.setTimer(this.#rto, () => {
      this.#cancelRto = undefined
      this.#timeout()
    })
  }

  #timeout(): void {
    if (this.state === 'CLOSED') return
    if (++this.#tries > 15) {
      this.#gone('gave up')
      return
    }
    this.#rto = Math.min(60_000, this.#rto * 2)
    if (this.#nxt === this.#una) {
      // A closed window: one byte beyond it, and no notice taken of having sent it.
      this.#send(ACK, this.#una, this.#out.slice(this.#una, Math.min(this.#una + 1, this.#outLength)))
    } else {
      this.#ssthresh = Math.max((this.#nxt - this.#una) / 2, 2 * this.#mss())
      this.#cwnd = this.#mss()
      this.#nxt = this.#una
      this.#recover = -1
      this.#dupAcks = 0
      this.#retransmit()
    }
    this.#armRto(false)
  }

  // Receiver.

  #takeText(seq: number, payload: Uint8Array, fin: boolean): void {
    const inOrder = seq <= this.#rcvNxt
    const edge = this.#rcvNxt + this.#window()
    const from = Math.max(seq, this.#rcvNxt)
    const to = Math.min(seq + payload.length, edge)
    if (fin && seq + payload.length <= edge) this.#finAt = seq + payload.length
    if (from < to) {
      this.#latest = from
      this.#insert(from, to, payload.subarray(from - seq, to - seq))
    }
    const before = this.#rcvNxt
    while (this.#pieces[0] !== undefined && this.#pieces[0].start <= this.#rcvNxt) {
      const piece = this.#pieces.shift()!
      if (piece.end <= this.#rcvNxt) continue
      const bytes = piece.bytes.subarray(this.#rcvNxt - piece.start)
      this.#rcvNxt = piece.end
      this.#unread.push(bytes)
      this.#unreadBytes += bytes.length
    }
    this.#unacked += this.#rcvNxt - before
    if (this.#finAt === this.#rcvNxt && !this.receivedEnd) {
      this.#rcvNxt++
      this.#read()
      this.receivedEnd = true
      this.#sendAck()
      this.onEnd()
      return
    }
    this.#read()
    const isAtOnce = !inOrder || this.#pieces.length > 0 || this.#rcvNxt === before || this.#unacked >= 2 * this.#mss()
    if (isAtOnce) this.#sendAck()
    else this.#cancelAck ??= this.#clock.setTimer(this.options.delayedAckMs, () => this.#sendAck())
  }

  #insert(start: number, end: number, bytes: Uint8Array): void {
    const last = this.#pieces.at(-1)
    const piece = { start, end, bytes: bytes.slice() }
    if (last === undefined || last.end <= start) {
      this.#pieces.push(piece)
      return
    }
    // The slow and obvious way: overlaps stay, and are skipped when read.
    this.#pieces.push(piece)
    this.#pieces.sort((a, b) => a.start - b.start || b.end - a.end)
    this.#pieces = this.#pieces.filter(
      (it, at, all) => !all.some((o, p) => p < at && o.start <= it.start && o.end >= it.end),
    )
  }

  #read(): void {
    const { readRate } = this.options
    if (this.#reading || this.#unread.length === 0) return
    if (readRate === Number.POSITIVE_INFINITY) {
      for (let bytes = this.#unread.shift(); bytes !== undefined; bytes = this.#unread.shift()) this.#deliver(bytes)
      return
    }
    if (readRate === 0) return
    const bytes = this.#unread.shift()!
    this.#reading = true
    this.#clock.setTimer(bytes.length / readRate, () => {
      this.#reading = false
      this.#deliver(bytes)
      // A window that was closed opens: half the buffer or two segments, as RFC 9293 wants.
      const gain = this.#window() - this.#advertised
      if (this.state === 'ESTABLISHED' && gain >= Math.min(this.options.receiveBuffer / 2, 2 * this.#mss()))
        this.#sendAck()
      this.#read()
    })
  }

  /** The application begins to read at this rate. */
  setReadRate(rate: number): void {
    this.options.readRate = rate
    this.#read()
    if (this.state === 'ESTABLISHED') this.#sendAck()
  }

  #deliver(bytes: Uint8Array): void {
    this.#unreadBytes -= bytes.length
    this.received += bytes.length
    this.onData(bytes)
  }

  #window(): number {
    return Math.max(0, this.options.receiveBuffer - this.#unreadBytes)
  }

  #sackBlocks(): number[] {
    const blocks: [number, number][] = []
    for (const piece of this.#pieces) {
      const last = blocks.at(-1)
      if (last !== undefined && piece.start <= last[1]) last[1] = Math.max(last[1], piece.end)
      else blocks.push([piece.start, piece.end])
    }
    blocks.sort((a, b) => Number(holds(b, this.#latest)) - Number(holds(a, this.#latest)))
    return blocks.slice(0, 3).flatMap(([left, right]) => [this.#irs + 1 + left, this.#irs + 1 + right])
  }

  #sendAck(): void {
    this.#send(ACK, this.#nxt, new Uint8Array(0))
  }

  #sendSyn(): void {
    const { mss, sack, timestamps, windowShift, iss } = this.options
    const answers = this.state === 'SYN-RECEIVED'
    const offers = { sack: answers ? this.#sack : sack, timestamps: answers ? this.#timestamps : timestamps }
    const shift = answers && !this.#scaled ? -1 : windowShift
    const options = [
      2,
      4,
      ...u16(mss),
      ...(offers.sack ? [1, 1, 4, 2] : []),
      ...(offers.timestamps ? [1, 1, 8, 10, ...u32(this.#tsNow()), ...u32(answers ? this.#tsRecent : 0)] : []),
      ...(shift >= 0 ? [1, 3, 3, shift] : []),
    ]
    const wnd = Math.min(0xffff, this.#window())
    this.#advertised = wnd
    const flags = answers ? SYN | ACK : SYN
    const ack = answers ? this.#irs + 1 : 0
    this.#transmit({ flags, seq: iss, ack, wnd, options, payload: new Uint8Array(0) })
    this.#cancelRto?.()
    this.#cancelRto = this.#clock.setTimer(this.#rto, () => {
      if (this.state !== 'SYN-SENT' && this.state !== 'SYN-RECEIVED') return
      if (++this.#tries > 6) {
        this.#gone('gave up')
        return
      }
      this.#rto *= 2
      this.#sendSyn()
    })
  }

  #send(flags: number, offset: number, payload: Uint8Array): void {
    this.#cancelAck?.()
    this.#cancelAck = undefined
    this.#unacked = 0
    const shift = this.#scaled ? this.options.windowShift : 0
    const field = Math.min(0xffff, this.#window() >> shift)
    this.#advertised = field << shift
    const edges = this.#sack && payload.length === 0 ? this.#sackBlocks() : []
    const options = [
      ...(this.#timestamps ? [1, 1, 8, 10, ...u32(this.#tsNow()), ...u32(this.#tsRecent)] : []),
      ...(edges.length === 0 ? [] : [1, 1, 5, 2 + edges.length * 4, ...edges.flatMap((edge) => u32(edge))]),
    ]
    this.#transmit({
      flags,
      seq: this.options.iss + 1 + offset,
      ack: this.#irs + 1 + this.#rcvNxt,
      wnd: field,
      options,
      payload,
    })
  }

  #tsNow(): number {
    return Math.floor(this.#clock.now()) + 77_000
  }

  #maybeDone(): void {
    if (this.receivedEnd && this.#finAcked && this.state !== 'CLOSED') this.#gone('both ends')
  }

  #gone(closedBy: GuestTcp['closedBy']): void {
    if (this.state === 'CLOSED') return
    this.state = 'CLOSED'
    this.closedBy = closedBy
    this.#cancelRto?.()
    this.#cancelAck?.()
  }
}

function holds([left, right]: readonly [number, number], offset: number): boolean {
  return left <= offset && offset < right
}
