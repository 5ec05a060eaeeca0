// What is measured: the product in its variants, and its peers.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run, waitFor } from '../test/e2e/support/shell.ts'
import { kernel, nodeProxy, wire } from './ceilings.ts'
import { LAUNCHER } from './places.ts'
import { GATEWAY, GUEST_ADDRESS, LEASE_TIMEOUT_MS, type System, startBridge, startNat, TAP } from './system.ts'

const PEER_DNS = '10.0.2.3'

export type ProductLink = 'tap' | 'stream' | 'attach'

/** @param gso super-frames, as by default */
export function product(name: string, link: ProductLink, gso: boolean): System {
  const hubSocket = (directory: string): string => join(directory, 'state', 'hubs', 'DEFAULT.sock')
  return {
    name,
    kind: 'product',
    async about() {
      const { stdout } = await run([LAUNCHER, '--version'], { timeoutMs: 300_000 })
      return `${stdout.trim()}, ${link === 'tap' ? 'TAP in the server' : link}${gso ? '' : ', --no-gso'}`
    },
    start: (bed, options) =>
      startNat(
        bed,
        {
          dns: '192.168.30.1',
          command(tapPlaces, directory, mtu) {
            const tap = link === 'tap' ? tapPlaces.flatMap(({ name }) => ['--tap', `DEFAULT:${TAP}@${name}`]) : []
            const more = [...(mtu === 1500 ? [] : ['--mtu', String(mtu)]), ...(gso ? [] : ['--no-gso'])]
            return [LAUNCHER, 'serve', '--state', join(directory, 'state'), '--no-web', ...tap, ...more]
          },
          ...(link === 'tap'
            ? {}
            : {
                async link(parts, tapPlace, directory, mtu) {
                  if (link === 'stream') return startBridge(parts, tapPlace, mtu, hubSocket(directory))
                  await waitFor('the hub', LEASE_TIMEOUT_MS, () => existsSync(hubSocket(directory)))
                  const where = ['--tap', TAP, '--netns', tapPlace.name, '--hub', 'DEFAULT']
                  const state = ['--state', join(directory, 'state')]
                  return parts.spawn(parts.bed.server, [LAUNCHER, 'attach', ...where, ...state])
                },
              }),
        },
        options,
      ),
  }
}

const slirp4netns: System = {
  name: 'slirp4netns',
  kind: 'peer',
  program: { name: 'slirp4netns', package: 'slirp4netns' },
  about: async () => (await run(['slirp4netns', '--version'])).stdout.split('\n')[0]!.trim(),
  start: (bed, options) =>
    startNat(
      bed,
      {
        dns: PEER_DNS,
        command: ([tapPlace], _directory, mtu) => [
          'slirp4netns',
          '--netns-type=path',
          `--mtu=${mtu}`,
          tapPlace.path,
          TAP,
        ],
      },
      options,
    ),
}

/** pasta and passt: the same program under two names. */

async function passtVersion(): Promise<string> {
  // Debian's build does not know its own version; the package does.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's placeholder, not ours
  const packaged = await run(['dpkg-query', '-W', '-f', '${Version}', 'passt'])
  if (packaged.status === 0) return packaged.stdout.trim()
  const [line = ''] = (await run(['pasta', '--version'])).stdout.split('\n')
  return line.replace(/^pasta /, '')
}

function passtOptions(mtu: number): string[] {
  const addresses = ['-4', '-a', GUEST_ADDRESS, '-n', '24', '-g', GATEWAY, '--dns-forward', PEER_DNS]
  return ['--foreground', '--quiet', '--runas', '0:0', ...addresses, '--mtu', String(mtu), '-t', 'none', '-u', 'none']
}

const pasta: System = {
  name: 'pasta',
  kind: 'peer',
  program: { name: 'pasta', package: 'passt' },
  about: async () => `pasta ${await passtVersion()}`,
  start: (bed, options) =>
    startNat(
      bed,
      {
        dns: PEER_DNS,
        command: ([tapPlace], _directory, mtu) => [
          ...['pasta', ...passtOptions(mtu), '-T', 'none', '-U', 'none'],
          ...['--netns-only', '--netns', tapPlace.path, '-I', TAP],
        ],
      },
      options,
    ),
}

const passt: System = {
  name: 'passt',
  kind: 'peer',
  program: { name: 'passt', package: 'passt' },
  about: async () => `passt ${await passtVersion()}, stream socket and the benchmark's bridge`,
  start: (bed, options) =>
    startNat(
      bed,
      {
        dns: PEER_DNS,
        command: (_tapPlaces, directory, mtu) => [
          'passt',
          '--socket',
          join(directory, 'nat.sock'),
          ...passtOptions(mtu),
        ],
        link: (parts, tapPlace, directory, mtu) => startBridge(parts, tapPlace, mtu, join(directory, 'nat.sock')),
      },
      options,
    ),
}

export const SYSTEMS: readonly System[] = [slirp4netns, pasta, passt, kernel, nodeProxy, wire]

export function systemNamed(name: string): System {
  const found = SYSTEMS.find((system) => system.name === name)
  if (found === undefined) throw new Error(`no system named ${name}`)
  return found
}
