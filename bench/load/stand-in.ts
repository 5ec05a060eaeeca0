// What is asked in place of the server, to know what the administrators' programs alone cost the machine: one page, stored, told to whoever
// sends anything, over TLS with the certificate of the server.
//
//     node stand-in.mjs HOST:PORT CERTIFICATE.pem BYTES

import { readFileSync } from 'node:fs'
import { createServer } from 'node:tls'

const [where = '', certificate = '', bytes = ''] = process.argv.slice(2)
const [host, port] = where.split(':')
const body = Buffer.alloc(Number(bytes), ' ')
body.write('{"result":{"NatTable":[]}}')
const answer = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body])
const pem = readFileSync(certificate)

const server = createServer({ key: pem, cert: pem }, (socket) => {
  socket.on('data', () => socket.write(answer))
  socket.on('error', () => socket.destroy())
})
server.listen(Number(port), host, () => process.stdout.write('ready\n'))
