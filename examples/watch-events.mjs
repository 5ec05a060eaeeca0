// Prints what happens on a server until Ctrl-C, across restarts of the server and broken connections.
//   SECURENAT_URL=https://vpn.example:5555 SECURENAT_PASSWORD=… SECURENAT_PIN=… node examples/watch-events.mjs

import { SecureNatClient } from 'securenat/client'

const { SECURENAT_URL: url = 'https://127.0.0.1:5555', SECURENAT_PASSWORD: password, SECURENAT_PIN: pin } = process.env
const client = new SecureNatClient({ url, ...(password && { password }), ...(pin && { pin }) })
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

for await (const { id, type, data } of client.events({ signal: stop.signal })) {
  if (type !== 'counters') console.log(id, type, JSON.stringify(data))
}
client.close()
