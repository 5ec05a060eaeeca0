// QEMU's stream framing, the tests' own reading of it: a 32-bit big-endian length, then the frame.

const LENGTH_LEN = 4

/** Returns a consumer of chunks that calls back with each frame, its length prefix in front of it. */
export function splitFrames(onFramed: (framed: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer[] = []
  let pendingLen = 0
  let wanted = LENGTH_LEN
  return (chunk) => {
    pending.push(chunk)
    pendingLen += chunk.length
    if (pendingLen < wanted) return
    let bytes = pending.length === 1 ? chunk : Buffer.concat(pending, pendingLen)
    wanted = LENGTH_LEN
    while (bytes.length >= LENGTH_LEN) {
      wanted = LENGTH_LEN + bytes.readUInt32BE(0)
      if (bytes.length < wanted) break
      onFramed(bytes.subarray(0, wanted))
      bytes = bytes.subarray(wanted)
      wanted = LENGTH_LEN
    }
    pending = bytes.length > 0 ? [bytes] : []
    pendingLen = bytes.length
  }
}

export function withoutLength(framed: Buffer): Buffer {
  return framed.subarray(LENGTH_LEN)
}

export function withLength(frame: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_LEN + frame.length)
  framed.writeUInt32BE(frame.length, 0)
  framed.set(frame, LENGTH_LEN)
  return framed
}
