// Makes a hub with a user and SecureNAT in one request, and says what was refused: run it twice.
//   SECURENAT_URL=https://vpn.example:5555 SECURENAT_PASSWORD=… SECURENAT_PIN=… node examples/provision-hub.mjs lab

import { RpcError, SecureNatClient } from 'securenat/client'

const { SECURENAT_URL: url = 'https://127.0.0.1:5555', SECURENAT_PASSWORD: password, SECURENAT_PIN: pin } = process.env
const hub = process.argv[2] ?? 'LAB'
const client = new SecureNatClient({ url, ...(password && { password }), ...(pin && { pin }) })

const user = { HubName_str: hub, Name_str: 'guest', AuthType_u32: 1, Auth_Password_str: crypto.randomUUID() }
const [made, , enabled] = await client.batch([
  ['CreateHub', { HubName_str: hub }],
  ['CreateUser', user],
  ['EnableSecureNAT', { HubName_str: hub }],
])
if (made instanceof RpcError) console.log(`not made: ${made.message} (code ${made.code})`)
else console.log(`made ${hub}; the password of its user "guest" is ${user.Auth_Password_str}`)
if (!(enabled instanceof RpcError)) {
  const option = await client.call('GetSecureNATOption', { RpcHubName_str: hub })
  console.log(`gateway ${option.Ip_ip}, guests from ${option.DhcpLeaseIPStart_ip} to ${option.DhcpLeaseIPEnd_ip}`)
}
client.close()
