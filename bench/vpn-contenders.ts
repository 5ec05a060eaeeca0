// What `npm run bench -- vpn` compares: this server, perhaps another build of it, and the original vpnserver with its SecureNAT
// in user mode, all in the server's namespace.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, type Program, waitFor } from '../test/e2e/support/shell.ts'
import { VPN_PORT, writeVpnConfig } from '../test/e2e/support/softether.ts'
import type { World } from '../test/e2e/support/world.ts'
import { LAUNCHER } from './places.ts'

const FIRST_PORT = 5600
const PRIVATE = ['/var/lib/softether', '/var/log/softether', '/run/softether']

export interface Contender {
  readonly name: string
  readonly port: number
  /** Processor time so far. */
  cpuSeconds(): number
}

/** @param launchers further builds of this server, as paths of their launchers */
export async function startContenders(world: World, launchers: readonly string[]): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const [index, launcher] of [LAUNCHER, ...launchers].entries()) {
    const port = FIRST_PORT + index
    const state = join(world.directory, `state-${index}`)
    writeVpnConfig(state)
    const program = world.server.spawn([
      ...[launcher, 'serve', '--state', state],
      ...['--listen', `0.0.0.0:${port}`, '--no-web'],
    ])
    await listening(world, port, program)
    contenders.push({
      name: index === 0 ? 'securenat' : launcher,
      port,
      cpuSeconds: () => cpuSeconds(program.pid),
    })
  }
  const original = await startOriginal(world)
  contenders.push({ name: 'vpnserver', port: VPN_PORT, cpuSeconds: () => cpuSeconds(busiestChild(original.pid)) })
  return contenders
}

/** SecureNAT on, its ways around user mode off. */
async function startOriginal(world: World): Promise<Program> {
  const binds = PRIVATE.map((path) => {
    const own = join(world.directory, `vpnserver${path.replaceAll('/', '-')}`)
    mkdirSync(own, { recursive: true })
    return `mkdir -p ${path} && mount --bind ${own} ${path} && `
  })
  const script = `${binds.join('')}exec /usr/libexec/softether/vpnserver/vpnserver execsvc`
  const program = world.server.spawn(['unshare', '--mount', '--propagation=private', 'sh', '-c', script])
  await listening(world, VPN_PORT, program)
  const commands = [
    'ExtOptionSet DisableKernelModeSecureNAT /VALUE:1',
    'ExtOptionSet DisableIpRawModeSecureNAT /VALUE:1',
    'SecureNatEnable',
    'UserCreate u1 /GROUP:none /REALNAME:none /NOTE:none',
    'UserPasswordSet u1 /PASSWORD:pw1',
  ]
  for (const command of commands) {
    const hub = ['vpncmd', `localhost:${VPN_PORT}`, '/SERVER', '/ADMINHUB:DEFAULT', '/CMD']
    await world.server.must([...hub, ...command.split(' ')])
  }
  return program
}

async function listening(world: World, port: number, program: Program): Promise<void> {
  await waitFor(`a listener on ${port}`, 20_000, async () => {
    if (!program.running) throw new Error(`it ended\n${program.log}`)
    return (await must(['ip', 'netns', 'exec', world.server.name, 'ss', '-Htln', `sport = :${port}`])).includes(
      'LISTEN',
    )
  })
}

/** `execsvc` has a child that does the work. */
function busiestChild(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.length === 0 ? pid : busiestChild(Number(children[0]))
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
