// What the load generators and their server agree on.

export const ECHO_PORT = 7000
export const UDP_ECHO_PORT = 7001
export const UDP_SINK_PORT = 7002
export const UDP_BLAST_PORT = 7003
export const BULK_SINK_PORT = 7004
export const BULK_SOURCE_PORT = 7005
export const DNS_PORT = 53
export const IPERF_PORT = 5201
/** Several, so that many short connections do not run out of port pairs. */
export const HTTP_PORTS = [8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087]
export const HTTP_BODY_LEN = 1024

/**
 * One-way UDP trials: every datagram begins with magic, trial number, kind, and the milliseconds the trial lasts.
 * Queries and requests, and the answers to them, go on with three more words.
 */
export const TRIAL_MAGIC = 0x534e_4231
export const TRIAL_HEADER_LEN = 16
export const TRIAL_MESSAGE_LEN = 28
export const KIND_DATA = 0
/** To the sink: how many have come? Answered with the same kind: in time, in all. */
export const KIND_QUERY = 1
/** To the blaster: send me datagrams of this size, at this rate. */
export const KIND_BLAST = 2
/** To the blaster: how many were sent? Answered with the same kind: datagrams, microseconds. */
export const KIND_SENT = 3
/** A datagram this much later than the end of its trial counts as lost. */
export const TRIAL_GRACE_MS = 100
