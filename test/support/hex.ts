// Bytes written as annotated hexadecimal, so that one vector serves parser and emitter alike.

/** Everything from `#` to the end of a line is a note; white space is free. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/#.*$/gm, '').replace(/\s+/g, '')
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new TypeError(`not hexadecimal: ${digits}`)
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** A buffer in which a byte that an emitter forgot to write, or wrote too far, shows. */
export function prefilled(length: number): Uint8Array {
  return new Uint8Array(length).fill(0xa5)
}

/** Lets `emit` write at an odd offset into a prefilled buffer; returns what it wrote, after checking its surroundings. */
export function emitted(length: number, emit: (bytes: Uint8Array, offset: number) => unknown): Uint8Array {
  const offset = 3
  const bytes = prefilled(length + offset + 5)
  emit(bytes, offset)
  const around = [...bytes.subarray(0, offset), ...bytes.subarray(offset + length)]
  if (around.some((byte) => byte !== 0xa5)) throw new Error('the emitter wrote outside of its length')
  return bytes.slice(offset, offset + length)
}
