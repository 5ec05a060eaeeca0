// Prints the hubs of a server, and who is on them.
//   SECURENAT_URL=https://vpn.example:5555 SECURENAT_PASSWORD=… SECURENAT_PIN=… node examples/list-hubs.mjs

import { SecureNatClient } from 'securenat/client'

const { SECURENAT_URL: url = 'https://127.0.0.1:5555', SECURENAT_PASSWORD: password, SECURENAT_PIN: pin } = process.env
const client = new SecureNatClient({ url, ...(password && { password }), ...(pin && { pin }) })

const { HubList: hubs } = await client.call('EnumHub', {})
for (const hub of hubs) {
  console.log(`${hub.HubName_str}: ${hub.Online_bool ? 'online' : 'offline'}, ${hub.NumSessions_u32} sessions`)
  const { SessionList: sessions } = await client.call('EnumSession', { HubName_str: hub.HubName_str })
  for (const session of sessions) console.log(`  ${session.Name_str} ${session.Username_str}`)
}
client.close()
