// The one DNS question that is asked here, an A record of a name never asked before, and its answer. No allocation.

const HEADER_LEN = 12
const LABEL_LEN = 8
const ANSWER_LEN = 16
/** Behind the unique label: `.bench.test`, type A, class IN. */
const REST = Uint8Array.from([5, 98, 101, 110, 99, 104, 4, 116, 101, 115, 116, 0, 0, 1, 0, 1])
export const QUERY_LEN = HEADER_LEN + 1 + LABEL_LEN + REST.length

/** Writes a query whose name begins with `serial` in letters. */
export function putQuery(bytes: Uint8Array, start: number, id: number, serial: number): void {
  bytes.fill(0, start, start + HEADER_LEN)
  bytes[start] = id >>> 8
  bytes[start + 1] = id
  bytes[start + 2] = 1 // recursion desired
  bytes[start + 5] = 1 // one question
  bytes[start + HEADER_LEN] = LABEL_LEN
  for (let index = 0; index < LABEL_LEN; index++)
    bytes[start + HEADER_LEN + 1 + index] = 97 + ((serial >>> (index * 4)) & 15)
  bytes.set(REST, start + HEADER_LEN + 1 + LABEL_LEN)
}

/** Turns the query into its answer, in place. @returns the answer's length; 0 for what is no query */
export function answerDns(bytes: Uint8Array, start: number, length: number, address: number): number {
  if (length < HEADER_LEN + 5 || (bytes[start + 2]! & 0x80) !== 0) return 0
  let at = start + HEADER_LEN
  while (at < start + length && bytes[at] !== 0) at += bytes[at]! + 1
  const end = at + 5
  if (end > start + length) return 0
  const isA = bytes[at + 2] === 1
  bytes[start + 2] = 0x85
  bytes[start + 3] = 0x80
  bytes[start + 7] = isA ? 1 : 0
  bytes.fill(0, start + 8, start + HEADER_LEN)
  if (!isA) return end - start
  const octets = [address >>> 24, address >>> 16, address >>> 8, address]
  bytes.set([0xc0, HEADER_LEN, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...octets], end)
  return end + ANSWER_LEN - start
}

/** NOERROR with an answer. */
export function isGoodAnswer(bytes: Uint8Array, start: number, length: number): boolean {
  return length > QUERY_LEN && (bytes[start + 3]! & 15) === 0 && bytes[start + 7]! > 0
}
