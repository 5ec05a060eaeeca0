// `./securenat run`, in a fresh clone: the main job in one line.

import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { patternSha256 } from './servers/pattern.ts'
import { NGINX_PORT } from './servers/ports.ts'
import { startDnsmasq, startNginx, writePattern } from './support/outside.ts'
import { REPOSITORY } from './support/places.ts'
import { ORDINARY_UID } from './support/securenat.ts'
import { must, type RunResult, run } from './support/shell.ts'
import { OUTSIDE_ADDRESS, World } from './support/world.ts'

const GIB = 1024 ** 3
const NAME = 'download.test'
/** Takes a lease as any user of busybox would; the address that `run` took itself is let go first. */
const UDHCPC_SCRIPT = `link=$(ip -o link show up | sed -n 's/^[0-9]*: \\([^:@]*\\)[:@].*/\\1/p' | grep -v '^lo$')
ip addr flush dev "$link"
udhcpc -i "$link" -n -q -f -t 5 -T 1
ip -4 -o addr show dev "$link"`

let world: World
let clone: string
let sum: string
/** What the first call in the fresh clone printed. */
let firstCall: string

interface User {
  name: string
  uid: number
}
const USERS: readonly User[] = [
  { name: 'root', uid: 0 },
  { name: 'an ordinary user', uid: ORDINARY_UID },
]

beforeAll(async () => {
  world = await World.create()
  const root = join(world.directory, 'www')
  mkdirSync(root)
  writePattern(join(root, 'gigabyte'), GIB)
  sum = patternSha256(GIB)
  await startNginx(world, root)
  await startDnsmasq(world, OUTSIDE_ADDRESS, { [NAME]: OUTSIDE_ADDRESS })
  clone = join(world.directory, 'clone')
  await must(['git', '-c', 'safe.directory=*', 'clone', '-q', '--no-hardlinks', REPOSITORY, clone])
  // The packages come from the registry or npm's cache, so this one call is made in the machine's own network.
  firstCall = await must([join(clone, 'securenat'), '--version'], { timeoutMs: 240_000 })
})

afterAll(() => world?.destroy())

/** Places that are this user's own, so that what a run leaves behind is seen. */
function homeOf(user: User): Record<string, string> {
  const home = join(world.directory, `home-${user.uid}`)
  const places = {
    HOME: home,
    XDG_STATE_HOME: `${home}/state`,
    XDG_RUNTIME_DIR: `${home}/runtime`,
    TMPDIR: `${home}/tmp`,
  }
  for (const path of Object.values(places)) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    chmodSync(path, 0o700)
    chownSync(path, user.uid, user.uid)
  }
  // Without folders that only root may look into: they make "not found" a "not permitted".
  return { ...places, PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin` }
}

/**
 * `./securenat run ARGS` as this user. A machine that allows it to ordinary users has /dev/net/tun open to them (as
 * Debian's udev rules leave it); for this process alone, so does this one.
 */
function securenatRun(user: User, args: readonly string[], timeoutMs = 60_000): Promise<RunResult> {
  const openTun = `set -e; cd "$0"; mkdir -p dev; mount -t tmpfs -o mode=755 tun dev; mknod -m 666 dev/tun c 10 200
    mount --bind dev/tun /dev/net/tun; cd /; exec "$@"`
  const asUser = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.uid}`, '--clear-groups']
  const command = [join(clone, 'securenat'), 'run', ...args]
  const ordinary = ['unshare', '--mount', 'sh', '-c', openTun, world.directory, ...asUser, ...command]
  return world.server.run(user.uid === 0 ? command : ordinary, { env: homeOf(user), timeoutMs })
}

async function namespacesOfKernel(): Promise<string[]> {
  return (await must(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0]!)
}

async function expectNothingLeft(user: User, linksBefore: string, namespacesBefore: readonly string[]): Promise<void> {
  expect(await world.server.pids()).toEqual([])
  const processes = await run(['pgrep', '-a', '-f', clone])
  expect(processes.stdout).toBe('')
  expect(await world.server.ip('-o', 'link')).toBe(linksBefore)
  // Other tests of this machine may make namespaces meanwhile; a leftover of ours would carry our name.
  const ours = (await namespacesOfKernel()).filter(
    (name) => !namespacesBefore.includes(name) && /securenat/i.test(name),
  )
  expect(ours).toEqual([])
  const { HOME, TMPDIR, XDG_RUNTIME_DIR } = homeOf(user) as Record<string, string>
  expect(readdirSync(TMPDIR!)).toEqual([])
  expect(readdirSync(XDG_RUNTIME_DIR!)).toEqual([])
  expect(await must(['find', HOME!, '-type', 's', '-o', '-type', 'p'])).toBe('')
}

test('a fresh clone installs, builds and runs at the first call', () => {
  expect(firstCall).toMatch(/^securenat \d+\.\d+\.\d+\n$/)
})

/** False where the machine forbids network namespaces to ordinary users, by whatever means. */
function mayRun(user: User): boolean {
  const asUser = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.uid}`, '--clear-groups']
  return (
    spawnSync(asUser[0]!, [...asUser.slice(1), 'unshare', '--user', '--map-root-user', '--net', 'true']).status === 0
  )
}

describe.each(USERS)('as $name', (user) => {
  beforeEach((context) => context.skip(!mayRun(user), 'this machine gives that user no network namespace'))

  test('curl of 1 GiB from a test host in a namespace: SHA-256 right, nothing left behind', async () => {
    const links = await world.server.ip('-o', 'link')
    const namespaces = await namespacesOfKernel()
    const url = `http://${NAME}:${NGINX_PORT}/gigabyte`
    const result = await securenatRun(user, ['--', 'sh', '-c', `id -u; curl -sS --fail ${url} | sha256sum`])
    expect(result.stderr).toBe('')
    expect(result.stdout.split('\n')[1]).toBe(`${sum}  -`)
    expect(result.status).toBe(0)
    await expectNothingLeft(user, links, namespaces)
  })

  test('the exit status of the command is passed on, a signal as the shell counts it', async () => {
    expect((await securenatRun(user, ['--', 'sh', '-c', 'exit 42'])).status).toBe(42)
    expect((await securenatRun(user, ['--', 'true'])).status).toBe(0)
    expect((await securenatRun(user, ['--', 'sh', '-c', 'kill -TERM $$'])).status).toBe(143)
    const missing = await securenatRun(user, ['--', 'no-such-command'])
    expect(missing.status).toBe(127)
    expect(missing.stderr).toMatch(/no-such-command/)
  })

  test('a real udhcpc lease', async () => {
    const links = await world.server.ip('-o', 'link')
    const namespaces = await namespacesOfKernel()
    const result = await securenatRun(user, ['--', 'sh', '-c', UDHCPC_SCRIPT])
    const lease = /lease of (192\.168\.30\.\d+) obtained(?: from 192\.168\.30\.1)?, lease time 7200/.exec(result.stderr)
    expect(lease, result.stderr + result.stdout).not.toBeNull()
    expect(result.stdout).toContain(`inet ${lease![1]}/24`)
    await expectNothingLeft(user, links, namespaces)
  })
})
