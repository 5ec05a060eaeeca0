// Where the outside's servers listen, on every address of the outside.

export const HTTP_PORT = 80
export const ECHO_PORT = 9003
/** Reads to the end of the stream, then answers `SHA256 LENGTH\n` and a long body. */
export const HALF_CLOSE_PORT = 9004
/** Sends 1,000 bytes and then a RST. */
export const RESET_PORT = 9005
/** UDP: answers each datagram with the sender's `ADDRESS PORT`. */
export const REFLECTOR_PORT = 9006
/** Sends a number of bytes at once, asked for as `LENGTH\n`, and keeps the connection open. */
export const BURST_PORT = 9007
/** nginx and iperf3, where a test starts them. */
export const NGINX_PORT = 8080
export const IPERF_PORT = 5201
/** Nobody listens here. */
export const CLOSED_PORT = 9

export const HALF_CLOSE_BODY_LEN = 100_000
