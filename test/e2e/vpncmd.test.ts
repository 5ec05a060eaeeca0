// The original's own vpncmd administers this server, as it does the original. Where the two print something different,
// docs/compatibility.md says why; it names neither more nor less than there is.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REPOSITORY } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { VPN_LISTEN, VPN_PORT, VpnSite } from './support/softether.ts'
import { type CommandOutput, commandOutputs, VPNCMD_SCRIPT } from './support/vpncmd-script.ts'
import { World } from './support/world.ts'

const PASSWORD = 'correct horse battery staple'

let world: World
let site: VpnSite
let ours: readonly CommandOutput[]
let theirs: readonly CommandOutput[]

async function vpncmd(where: string, args: readonly string[], script: readonly string[]): Promise<string> {
  const file = join(site.directory, 'script.txt')
  writeFileSync(file, `${script.join('\n')}\n`)
  const run = ['vpncmd', where, '/SERVER', ...args, `/IN:${file}`]
  return (await site.namespace.run(run, { timeoutMs: 100_000 })).stdout
}

beforeAll(async () => {
  world = await World.create()
  const state = join(world.directory, 'state')
  mkdirSync(state, { mode: 0o700 })
  // As the original's first hub: SecureNAT off.
  writeFileSync(join(state, 'securenat.json'), JSON.stringify({ hubs: { DEFAULT: {} } }), { mode: 0o600 })
  await SecureNatServer.start(world, { args: ['--listen', VPN_LISTEN, '--no-web'] })
  site = await VpnSite.create(world, 'admin')
  const original = await site.start('vpnserver')
  await original.must(`ServerPasswordSet "${PASSWORD}"`)
  const login = [`/PASSWORD:${PASSWORD}`]
  theirs = commandOutputs(await vpncmd('localhost:5555', login, VPNCMD_SCRIPT))
  ours = commandOutputs(await vpncmd(`${site.serverAddress}:${VPN_PORT}`, login, VPNCMD_SCRIPT))
})
afterAll(() => world?.destroy())

/** Command names of the page's table, with what it says of each. */
function explained(): Map<string, string> {
  const page = readFileSync(join(REPOSITORY, 'docs/compatibility.md'), 'utf8')
  return new Map([...page.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, name, reason]) => [name!, reason!]))
}

describe('vpncmd', () => {
  test('runs the whole script against both', () => {
    expect(VPNCMD_SCRIPT.length).toBeGreaterThan(100)
    expect(theirs.map(({ command }) => command)).toEqual(VPNCMD_SCRIPT)
    expect(ours.map(({ command }) => command)).toEqual(VPNCMD_SCRIPT)
  })

  test('what it prints differs only where docs/compatibility.md says so, and does there', () => {
    const different = new Map<string, string>()
    for (const [index, { command, lines }] of ours.entries()) {
      const original = theirs[index]!.lines
      if (JSON.stringify(lines) === JSON.stringify(original)) continue
      const at = lines.findIndex((line, number) => line !== original[number])
      different.set(command.split(' ')[0]!, `ours: ${lines[at] ?? 'ends'}; the original's: ${original[at] ?? 'ends'}`)
    }
    const reasons = explained()
    const surprises = [...different].filter(([name]) => !reasons.has(name))
    expect(surprises).toEqual([])
    expect([...reasons.keys()].filter((name) => !different.has(name))).toEqual([])
  })

  test('the administrator of a hub is let in to that hub alone', async () => {
    const admin = [`/PASSWORD:${PASSWORD}`]
    const where = `${site.serverAddress}:${VPN_PORT}`
    await vpncmd(where, admin, ['HubCreate OWN /PASSWORD:hubpw', 'HubCreate OTHER /PASSWORD:otherpw'])
    const own = await vpncmd(
      where,
      ['/HUB:OWN', '/PASSWORD:hubpw'],
      ['SecureNatEnable', 'SecureNatStatusGet', 'HubList'],
    )
    expect(own).toContain("You have administrator privileges for Virtual Hub 'OWN'")
    expect(own).toMatch(/SecureNatEnable[\s\S]*The command completed successfully/)
    expect(own).not.toContain('OTHER')
    const server = await vpncmd(where, ['/HUB:OWN', '/PASSWORD:hubpw'], ['HubCreate THIRD /PASSWORD:x', 'ListenerList'])
    expect(server.match(/Error code: 52/g)).toHaveLength(1)
  })
})
