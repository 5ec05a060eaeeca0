// Real DHCP clients through all the states of RFC 2131 section 4.4. Each has a namespace of its own behind a cable that
// shows the messages, and all of them live at the same time: what takes so long is the lease time running.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cable, type SeenDhcp } from './support/cable.ts'
import { DHCP_CLIENTS, type DhcpClient } from './support/dhcp-clients.ts'
import { addressOf } from './support/lease.ts'
import { SecureNatServer } from './support/securenat.ts'
import { type Program, waitFor } from './support/shell.ts'
import { type Namespace, World } from './support/world.ts'

/** dhcpcd takes no lease shorter than 20 s for true. Renewal is due at half of it, rebinding at seven eighths. */
const LEASE_SECONDS = 24
const LINK = 'tap0'
const LATE_MS = 8_000

interface Station {
  client: DhcpClient
  namespace: Namespace
  cable: Cable
  running: Program
  address: string
}

let world: World
let server: SecureNatServer
const stations = new Map<string, Station>()

beforeAll(async () => {
  world = await World.create()
  server = await SecureNatServer.start(world)
  await server.mustCommand('DhcpSet', '--hub', 'DEFAULT', '--expire', String(LEASE_SECONDS))
})

afterAll(() => world?.destroy())

/** Waits for an exchange among the messages seen after number `from`: a request and the server's answer to it. */
async function waitForExchange(
  { cable, running }: Pick<Station, 'cable' | 'running'>,
  from: number,
  timeoutMs: number,
  fits: (message: SeenDhcp) => boolean,
): Promise<{ request: SeenDhcp; answer: SeenDhcp }> {
  try {
    return await waitFor('the exchange', timeoutMs, () => {
      const messages = cable.dhcp.slice(from)
      const at = messages.findIndex((message) => message.toHub && !message.lost && fits(message))
      const answer = at < 0 ? undefined : messages.slice(at).find(({ toHub }) => !toHub)
      return answer && { request: messages[at]!, answer }
    })
  } catch (error) {
    const seen = cable.dhcp
      .slice(from)
      .map((message) => JSON.stringify(message))
      .join('\n')
    throw new Error(`${(error as Error).message}; seen since:\n${seen}\n${running.log}`)
  }
}

async function obtain(client: DhcpClient, namespace: Namespace, cable: Cable): Promise<Station> {
  const from = cable.dhcp.length
  const running = client.start(namespace, LINK)
  const { answer } = await waitForExchange({ cable, running }, from, 15_000, ({ type }) => type === 'REQUEST')
  expect(answer.type).toBe('ACK')
  await waitFor(`${client.name} to set the address`, 10_000, async () =>
    (await namespace.ip('-4', '-o', 'addr', 'show', 'dev', LINK)).includes(answer.yiaddr),
  )
  expect(await addressOf(namespace, LINK)).toBe(answer.yiaddr)
  return { client, namespace, cable, running, address: answer.yiaddr }
}

async function leasedAddresses(): Promise<string> {
  return server.mustCommand('DhcpTable', '--hub', 'DEFAULT', '--json')
}

describe.concurrent('a client that stays', () => {
  test.each(DHCP_CLIENTS)('$name obtains, renews, rebinds and releases', async (client) => {
    const namespace = await world.addNamespace(client.name)
    const cable = await Cable.plug(world, namespace, LINK, server.socket)
    await cable.waitForHub()
    const station = await obtain(client, namespace, cable)
    stations.set(client.name, station)
    const { address } = station
    expect(cable.dhcp.map(({ type }) => type).slice(0, 4)).toEqual(['DISCOVER', 'OFFER', 'REQUEST', 'ACK'])
    expect(await leasedAddresses()).toContain(`"${address}"`)

    // RFC 2131 section 4.3.2: RENEWING asks the server itself, REBINDING asks everybody; both with `ciaddr`.
    const inUse = (broadcast: boolean) => (message: SeenDhcp) =>
      message.type === 'REQUEST' && message.broadcast === broadcast && message.ciaddr === address
    let from = cable.dhcp.length
    const renewed = await waitForExchange(station, from, (LEASE_SECONDS / 2) * 1000 + LATE_MS, inUse(false))
    expect(renewed.answer).toMatchObject({ type: 'ACK', yiaddr: address })

    from = cable.dhcp.length
    await cable.loseUnicastDhcp(true)
    const rebound = await waitForExchange(station, from, LEASE_SECONDS * 1000 + LATE_MS, inUse(true))
    await cable.loseUnicastDhcp(false)
    expect(rebound.answer).toMatchObject({ type: 'ACK', yiaddr: address })
    expect(cable.dhcp.slice(from).some((message) => message.lost && inUse(false)(message))).toBe(true)
    expect(await addressOf(namespace, LINK)).toBe(address)

    from = cable.dhcp.length
    await client.release(namespace, LINK, station.running)
    const released = await waitFor('RELEASE', 5_000, () =>
      cable.dhcp.slice(from).find(({ type }) => type === 'RELEASE'),
    )
    expect(released.ciaddr).toBe(address)
    await waitFor('the lease to go', 2_000, async () => !(await leasedAddresses()).includes(`"${address}"`))
  })
})

test('all of them come back to the same address after a server restart', async () => {
  const before = await Promise.all(
    [...stations.values()].map(({ client, namespace, cable }) => obtain(client, namespace, cable)),
  )
  expect(before).toHaveLength(DHCP_CLIENTS.length)
  expect(new Set(before.map(({ address }) => address)).size).toBe(before.length)
  const marks = before.map(({ cable }) => cable.dhcp.length)
  await server.stop()
  server = await SecureNatServer.start(world)
  await Promise.all(before.map(({ cable }) => cable.waitForHub()))

  // The client that runs on renews what it has.
  await Promise.all(
    before.map(async (station, index) => {
      const { address } = station
      const renewing = ({ type, ciaddr }: SeenDhcp): boolean => type === 'REQUEST' && ciaddr === address
      const { answer } = await waitForExchange(station, marks[index]!, LEASE_SECONDS * 1000, renewing)
      expect(answer).toMatchObject({ type: 'ACK', yiaddr: address })
    }),
  )
  // And one that has forgotten everything, as a machine that was installed anew, is recognised.
  const again = await Promise.all(
    before.map(async ({ client, namespace, cable, running }) => {
      await running.stop('SIGKILL')
      await namespace.ip('addr', 'flush', 'dev', LINK)
      await client.forget(namespace)
      return obtain(client, namespace, cable)
    }),
  )
  expect(again.map(({ address }) => address)).toEqual(before.map(({ address }) => address))
})
