// A bare TCP proxy on Node's own sockets: no frames, no TCP of its own. What a NAT in Node does on its outer side it
// does at most as fast as this.
//
//     node proxy.mjs LISTEN_ADDRESS TARGET_ADDRESS PORT…

import { connect, createServer } from 'node:net'

const READ_BUFFER_LEN = 256 * 1024
const [listenAddress = '127.0.0.2', target = '127.0.0.1', ...ports] = process.argv.slice(2)

for (const port of ports.map(Number)) {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    // Read into one buffer, which must be written out before the next read.
    const buffer = Buffer.allocUnsafe(READ_BUFFER_LEN)
    const callback = (length: number): boolean => {
      near.write(buffer.subarray(0, length), () => far.resume())
      return near.writableLength === 0
    }
    const far = connect({ host: target, port, noDelay: true, allowHalfOpen: true, onread: { buffer, callback } })
    near.on('data', (chunk: Buffer) => {
      if (!far.write(chunk)) near.pause()
    })
    far.on('drain', () => near.resume())
    near.on('end', () => far.end())
    far.on('end', () => near.end())
    const stop = (): void => {
      near.destroy()
      far.destroy()
    }
    near.on('error', stop)
    far.on('error', stop)
  })
  server.listen({ host: listenAddress, port, backlog: 4096 })
}
