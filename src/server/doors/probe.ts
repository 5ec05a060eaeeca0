// The answer to `GET /`, by which SoftEther's clients tell a VPN server from a proxy that meddles (protocol reference 3.2):
// any page whose first kilobyte has the marker. Clients ask it on the connection they go on to log in on, so it is answered
// before the connection belongs to anybody, and leaves it as it was.

/** A request of this kind longer than this is no client's. */
export const PROBE_REQUEST_MAX = 8192
/** Requests without a login on one connection, as the original counts them. */
export const PROBES_MAX = 19

const MARKER = '9C37197CA7C2428388C2E6E59B829B30'
const BEGINNING = 'GET / HTTP/1.'
const HEAD_END = Buffer.from('\r\n\r\n')

export const PROBE_STATUS = 403
export const PROBE_HEADERS = { 'Content-Type': 'text/html; charset=iso-8859-1' } as const
export const PROBE_PAGE = `<!DOCTYPE html>
<html><head><title>403 Forbidden</title></head>
<body><!-- ${MARKER} --><h1>Forbidden</h1><p>There is nothing to see at this address.</p></body></html>
`

/** How many bytes of the input are a whole probe; 0: not yet; `undefined`: something else. */
export function probeLength(input: Uint8Array): number | undefined {
  const given = Buffer.from(input.buffer, input.byteOffset, input.length)
  const beginning = given.toString('latin1', 0, BEGINNING.length)
  if (!BEGINNING.startsWith(beginning)) return undefined
  const end = given.indexOf(HEAD_END)
  if (end < 0) return input.length > PROBE_REQUEST_MAX ? undefined : 0
  return end + HEAD_END.length
}

/** The whole answer. `date` as HTTP writes it. */
export function probeAnswer(date: string): string {
  const headers = {
    Connection: 'Keep-Alive',
    'Content-Length': Buffer.byteLength(PROBE_PAGE),
    ...PROBE_HEADERS,
    Date: date,
    'Keep-Alive': 'timeout=15; max=19',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${PROBE_STATUS} Forbidden\r\n${lines.join('')}\r\n${PROBE_PAGE}`
}
