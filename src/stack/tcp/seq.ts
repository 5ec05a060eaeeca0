// Sequence numbers: comparison modulo 2^32 (RFC 9293 section 3.4).
//
// They are kept as *signed* 32-bit integers: V8 stores those without a box, and the difference of two of them,
// cut to 32 bits, has the right sign whatever wrapped around.

export function add(a: number, n: number): number {
  return (a + n) | 0
}

/** How far `a` is ahead of `b`; negative when it is behind. Exact for distances below 2^31. */
export function diff(a: number, b: number): number {
  return (a - b) | 0
}

export function lt(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

export function leq(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0
}

export function gt(a: number, b: number): boolean {
  return ((a - b) | 0) > 0
}

export function geq(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0
}

export function max(a: number, b: number): number {
  return ((a - b) | 0) > 0 ? a : b
}

export function min(a: number, b: number): number {
  return ((a - b) | 0) < 0 ? a : b
}
