// `run` and `attach` in company: beside a running server, with signals, pipes and daemons, and where the machine forbids.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaseWithUdhcpc } from './support/lease.ts'
import { LAUNCHER } from './support/places.ts'
import { SecureNatServer } from './support/securenat.ts'
import { must, type Program, type RunResult, run, waitFor } from './support/shell.ts'
import { World } from './support/world.ts'

let world: World
/** TMPDIR of every `run`, so that what it leaves there is seen. */
let temporary: string

beforeAll(async () => {
  world = await World.create()
  temporary = join(world.directory, 'tmp')
  mkdirSync(temporary)
  // Built once, so that no test pays for it.
  await must([LAUNCHER, '--version'], { timeoutMs: 240_000 })
})
afterAll(() => world?.destroy())

const environment = (): Record<string, string> => ({
  TMPDIR: temporary,
  HOME: world.directory,
  XDG_STATE_HOME: temporary,
})

function securenatRun(args: readonly string[]): Promise<RunResult> {
  return world.server.run([LAUNCHER, 'run', ...args], { env: environment(), timeoutMs: 30_000 })
}

function spawnRun(args: readonly string[]): Program {
  return world.server.spawn([LAUNCHER, 'run', ...args], { env: environment() })
}

const processesOf = async (pattern: string): Promise<string> => (await run(['pgrep', '-a', '-f', pattern])).stdout

describe('run', () => {
  test('the command sees lo and one TAP device with an address, a default route and its own resolv.conf; the machine keeps its own', async () => {
    const before = readFileSync('/etc/resolv.conf', 'utf8')
    const result = await securenatRun(['--', 'sh', '-c', 'ip -br addr; ip route; cat /etc/resolv.conf'])
    expect(result.stderr).toBe('')
    expect(result.stdout).toMatch(
      /^lo +\S+ +127\.0\.0\.1\/8.*\ntap0 +\S+ +192\.168\.30\.\d+\/24.*\ndefault via 192\.168\.30\.1 dev tap0/,
    )
    expect(result.stdout).toMatch(/nameserver 192\.168\.30\.1\n/)
    expect(
      result.stdout
        .trim()
        .split('\n')
        .filter((line) => /^(lo|tap0|\S+@)/.test(line)).length,
    ).toBe(2)
    expect(readFileSync('/etc/resolv.conf', 'utf8')).toBe(before)
  })

  test('--mtu is the MTU of its interface', async () => {
    expect((await securenatRun(['--mtu', '1280', '--', 'cat', '/sys/class/net/lo/mtu'])).status).toBe(0)
    expect((await securenatRun(['--mtu', '1280', '--', 'ip', 'link', 'show', 'tap0'])).stdout).toMatch(/ mtu 1280 /)
  })

  test('the command has the signals and descriptors of any other program', async () => {
    const command = ['sh', '-c', 'grep Sig[BI] /proc/self/status; exec ls /proc/self/fd']
    const { stdout } = await securenatRun(['--', ...command])
    expect(stdout).toMatch(/SigBlk:\s0{16}\nSigIgn:\s0{16}\n/)
    expect(stdout).toBe(await world.server.must(command))
  })

  test('stdin, stdout and stderr are the user’s own: large pipes pass whole', async () => {
    const result = await world.server.run(
      [
        'sh',
        '-c',
        'head -c 5000000 /dev/zero | "$0" run -- cat | wc -c; "$0" run -- sh -c "echo problem >&2"',
        LAUNCHER,
      ],
      { env: environment() },
    )
    expect(result.stdout.trim()).toBe('5000000')
    expect(result.stderr).toBe('problem\n')
  })

  test('-v says what is being done, on stderr', async () => {
    const { stdout, stderr } = await securenatRun(['-v', '--', 'echo', 'hello'])
    expect(stdout).toBe('hello\n')
    expect(stderr).toMatch(
      /^securenat: no server runs on .*\nsecurenat: tap0 has 192\.168\.30\.\d+\/24 from 192\.168\.30\.1, /,
    )
  })

  test('what the command leaves running in its network is ended, and nothing else stays', async () => {
    const result = await securenatRun(['--', 'sh', '-c', 'setsid sleep 4711 & setsid sh -c "sleep 4711; :" & exit 3'])
    expect(result.status).toBe(3)
    expect(await processesOf('sleep 4711')).toBe('')
    expect(readdirSync(temporary)).toEqual([])
    expect(await world.server.pids()).toEqual([])
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s is forwarded: the command decides what becomes of it',
    async (signal) => {
      const program = spawnRun([
        '--',
        'sh',
        '-c',
        `trap 'echo got it; exit 9' ${signal.slice(3)}; echo ready; sleep 4712 & wait`,
      ])
      await program.waitForOutput(/ready/, 10_000)
      program.kill(signal)
      expect(await program.waitForExit(10_000)).toBe(true)
      expect(program.stdout).toBe('ready\ngot it\n')
      expect(program.status).toBe(9)
      expect(await processesOf('sleep 4712')).toBe('')
      expect(readdirSync(temporary)).toEqual([])
    },
  )

  test('stopped at any moment of its start it leaves nothing behind', async () => {
    for (const delayMs of [30, 60, 90, 120, 150, 180, 210, 240]) {
      const program = spawnRun(['--', 'sleep', '4713'])
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      program.kill('SIGTERM')
      expect(await program.waitForExit(10_000)).toBe(true)
      expect([program.status, program.signal, program.stderr], `after ${delayMs} ms`).toEqual(
        program.signal === undefined ? [143, undefined, ''] : [undefined, 'SIGTERM', ''],
      )
    }
    expect(await processesOf('sleep 4713')).toBe('')
    expect(await world.server.pids()).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
  })

  test('killed, it takes the command with it', async () => {
    const program = spawnRun(['--', 'sh', '-c', 'echo ready; exec sleep 4714'])
    await program.waitForOutput(/ready/, 10_000)
    program.kill('SIGKILL')
    await program.waitForExit(5_000)
    await waitFor('the command to end', 2_000, async () => (await processesOf('sleep 4714')) === '')
  })

  test('what a killed one could not remove, the next one does; what another one still uses, it does not', async () => {
    const living = spawnRun(['--', 'sh', '-c', 'echo ready; read line'])
    await living.waitForOutput(/ready/, 10_000)
    const killed = spawnRun(['--', 'sh', '-c', 'echo ready; exec sleep 4714'])
    await killed.waitForOutput(/ready/, 10_000)
    const both = readdirSync(temporary)
    expect(both.length).toBe(2)
    killed.kill('SIGKILL')
    await killed.waitForExit(5_000)
    expect((await securenatRun(['--', 'true'])).status).toBe(0)
    const left = readdirSync(temporary)
    expect(left.length).toBe(1)
    expect(both).toContain(left[0])
    living.endInput('\n')
    expect(await living.waitForExit(5_000)).toBe(true)
    expect([living.status, readdirSync(temporary)]).toEqual([0, []])
  })

  test.each([
    ['no command', ['run'], 1, /^securenat: .*command is missing.*\n$/],
    [
      'a command that does not exist',
      ['run', '--', 'no-such-command'],
      127,
      /^securenat: no-such-command: command not found\n$/,
    ],
    [
      'a command that may not be executed',
      ['run', '--', '/etc/passwd'],
      126,
      /^securenat: \/etc\/passwd: cannot be executed \(EACCES\)\n$/,
    ],
    [
      'a hub without a server',
      ['run', '--hub', 'LAB', '--', 'true'],
      1,
      /^securenat: there is no hub "LAB": no server runs on .*\n$/,
    ],
    [
      'an impossible MTU',
      ['run', '--mtu', '61', '--', 'true'],
      1,
      /^securenat: --mtu 61: must be a whole number from 62 to 65520\n$/,
    ],
  ])('%s: status and one sentence', async (_what, args, status, stderr) => {
    const result = await world.server.run([LAUNCHER, ...args], { env: environment() })
    expect([result.status, result.stdout]).toEqual([status, ''])
    expect(result.stderr).toMatch(stderr)
    expect(readdirSync(temporary)).toEqual([])
  })

  describe('what the machine forbids is one sentence that says what to do', () => {
    let tools: string
    beforeEach(() => {
      tools = join(world.directory, 'tools')
      mkdirSync(tools, { recursive: true })
    })

    /** A machine whose unshare(1) fails like this. */
    async function withUnshare(script: string): Promise<RunResult> {
      writeFileSync(join(tools, 'unshare'), `#!/bin/sh\n${script}\n`)
      chmodSync(join(tools, 'unshare'), 0o755)
      return world.server.run(['env', `PATH=${tools}:${process.env.PATH}`, LAUNCHER, 'run', '--', 'true'], {
        env: environment(),
      })
    }

    test('no user namespaces', async () => {
      const { status, stderr } = await withUnshare(
        'echo "unshare: unshare failed: Operation not permitted" >&2; exit 1',
      )
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^securenat: namespaces cannot be created \(unshare: unshare failed: Operation not permitted\): .*\n$/,
      )
    })

    test('another complaint of unshare is passed on', async () => {
      const { stderr } = await withUnshare('echo "unshare: something new" >&2; exit 1')
      expect(stderr).toBe('securenat: the namespace could not be set up: unshare: something new\n')
    })

    test('no /dev/net/tun, and one that may not be opened', async () => {
      const without = (then: string) => ['unshare', '--mount', 'sh', '-c', then, LAUNCHER]
      const none = await world.server.run(without('mount -t tmpfs none /dev/net; exec "$0" run -- true'), {
        env: environment(),
      })
      expect([none.status, none.stderr]).toEqual([
        1,
        expect.stringMatching(/^securenat: there is no \/dev\/net\/tun: .*\n$/),
      ])
      const uid = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'].join(' ')
      const closed = await world.server.run(
        without(`mount -t tmpfs none /dev/net; mknod -m 600 /dev/net/tun c 10 200; exec ${uid} "$0" run -- true`),
        { env: { HOME: world.directory } },
      )
      expect([closed.status, closed.stderr]).toEqual([
        1,
        expect.stringMatching(/^securenat: \/dev\/net\/tun may not be opened by this user: .*\n$/),
      ])
    })
  })
})

describe('beside a running server', () => {
  let server: SecureNatServer
  beforeAll(async () => {
    server = await SecureNatServer.start(world)
  })
  afterAll(() => server?.stop())

  const beside = (...args: string[]): string[] => [...args, '--state', server.state]

  test('run joins its hub: two commands at once have two addresses and reach each other, and their leases end with them', async () => {
    const listener = spawnRun(
      beside().concat(
        '--',
        'sh',
        '-c',
        "ip -4 -o addr show tap0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'; busybox nc -l -p 7 -e cat",
      ),
    )
    const [address] = await listener.waitForOutput(/192\.168\.30\.\d+/, 10_000)
    const other = await securenatRun(
      beside('-v').concat('--', 'sh', '-c', `echo over the hub | busybox nc -w 5 ${address} 7`),
    )
    expect(other.stderr).toMatch(/^securenat: joined the hub "DEFAULT" of the server on /)
    expect(other.stderr).not.toContain(`tap0 has ${address}/`)
    expect(other.stdout).toBe('over the hub\n')
    await listener.stop()
    const leases = await server.mustCommand('DhcpTable', '--json')
    expect(leases).not.toContain('192.168.30')
  })

  test('a hub that the server does not have is refused, with those it has', async () => {
    const { status, stderr } = await securenatRun(beside('--hub', 'LAB').concat('--', 'true'))
    expect(status).toBe(1)
    expect(stderr).toMatch(/^securenat: the server on .* has no hub "LAB" that is online; it has: DEFAULT\n$/)
  })

  test('attach joins a TAP device in a namespace; SIGTERM ends it with status 0 and the device is gone', async () => {
    const program = world.server.spawn([
      LAUNCHER,
      'attach',
      '--tap',
      'tap7',
      '--netns',
      world.guest.name,
      ...beside('--hub', 'default'),
    ])
    await program.waitForOutput(/tap7@\S+ is joined to the hub "default"/, 10_000)
    expect(await leaseWithUdhcpc(world.guest, 'tap7')).toMatch(/^192\.168\.30\.\d+$/)
    expect((await world.guest.run(['busybox', 'ping', '-c', '1', '192.168.30.1'])).status).toBe(0)
    program.kill('SIGTERM')
    expect(await program.waitForExit(5_000)).toBe(true)
    expect([program.status, await world.guest.hasLink('tap7')]).toEqual([0, false])
  })

  test.each([
    [
      'a server elsewhere',
      ['--tap', 'tap7', '--server', 'wss://example.org'],
      /--server is not supported by this version/,
    ],
    ['no device', [], /--tap is missing/],
    ['an unknown namespace', ['--tap', 'tap7', '--netns', 'no-such'], /there is no network namespace "no-such"/],
    ['a long name', ['--tap', 'a-name-of-16-byte'], /is no interface name/],
  ])('attach refuses %s', async (_what, args, message) => {
    const result = await world.server.run([LAUNCHER, 'attach', ...beside(...args)])
    expect([result.status, result.stdout]).toEqual([1, ''])
    expect(result.stderr).toMatch(/^securenat: [^\n]*\n$/)
    expect(result.stderr).toMatch(message)
  })

  test('attach without a server is refused', async () => {
    const { status, stderr } = await world.server.run([LAUNCHER, 'attach', '--tap', 'tap7', '--state', temporary])
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^securenat: no server runs on .*: start one with /)])
  })

  test('when the server goes, attach ends with status 1 and a sentence, and run says so and lets the command go on', async () => {
    const second = await SecureNatServer.start(world, { state: 'second' })
    const state = ['--state', second.state]
    const attach = world.server.spawn([LAUNCHER, 'attach', '--tap', 'tap8', '--netns', world.guest.name, ...state])
    await attach.waitForOutput(/is joined/, 10_000)
    const command = spawnRun([...state, '--', 'sh', '-c', 'echo ready; read line; echo "$line"; exit 4'])
    await command.waitForOutput(/ready/, 10_000)
    await second.stop()
    expect(await attach.waitForExit(5_000)).toBe(true)
    expect([attach.status, await world.guest.hasLink('tap8')]).toEqual([1, false])
    expect(attach.stderr).toMatch(/securenat: the connection to the server on \S+ has ended \(the server stopped\)\n$/)
    await command.waitForOutput(/the connection to the server was lost/, 5_000)
    command.endInput('still here\n')
    expect(await command.waitForExit(5_000)).toBe(true)
    expect([command.status, command.stdout]).toEqual([4, 'ready\nstill here\n'])
    expect(existsSync(second.socket)).toBe(false)
  })
})

describe('a TAP device that the server takes over', () => {
  let server: SecureNatServer
  beforeAll(async () => {
    server = await SecureNatServer.start(world, { state: 'taking-over' })
  })
  afterAll(() => server?.stop())

  const state = (): string[] => ['--state', server.state]

  interface Row {
    Name_str: string
    Hostname_str: string
    PacketSize_u64: number
    PacketNum_u64: number
  }
  async function sessions(hostName: string): Promise<Row[]> {
    const { SessionList } = JSON.parse(await server.mustCommand('SessionList', '--json')) as { SessionList: Row[] }
    return SessionList.filter(({ Hostname_str }) => Hostname_str === hostName)
  }

  async function attach(tap: string, ...args: string[]): Promise<Program> {
    const place = ['--tap', tap, '--netns', world.guest.name]
    const program = world.server.spawn([LAUNCHER, 'attach', ...place, ...args, ...state()])
    await program.waitForOutput(/is joined/, 10_000)
    return program
  }

  /** Sends 20 MB outside. @returns how many bytes arrived, and the bytes of a frame as the hub counts them, on average */
  async function upload(...args: string[]): Promise<{ bytes: number; bytesPerFrame: number }> {
    const sink = world.outside.spawn(['sh', '-c', 'busybox nc -l -p 9000 | wc -c'])
    await waitFor('the sink', 5_000, async () => (await world.outside.must(['ss', '-ltn'])).includes(':9000 '))
    // In long writes: a kernel that is given a kilobyte at a time sends it so.
    const fill = 'exec dd if=/dev/zero bs=1000000 count=20 status=none >/dev/tcp/198.18.0.1/9000'
    const send = `bash -c '${fill}'; echo sent; read line`
    const program = spawnRun([...args, ...state(), '--', 'sh', '-c', send])
    await program.waitForOutput(/^sent$/m, 20_000)
    const { SessionList } = JSON.parse(await server.mustCommand('SessionList', '--json')) as { SessionList: Row[] }
    const row = SessionList.find(({ Name_str }) => !Name_str.startsWith('SID-SECURENAT'))
    program.endInput('\n')
    expect(await program.waitForExit(5_000)).toBe(true)
    const [bytes] = await sink.waitForOutput(/^\d+$/m, 5_000)
    return { bytes: Number(bytes), bytesPerFrame: row!.PacketSize_u64 / row!.PacketNum_u64 }
  }

  /** What no frame of a guest with an MTU of 1,500 exceeds. */
  const FRAME_LEN = 1_514

  test('is read with super-frames', async () => {
    const { bytes, bytesPerFrame } = await upload()
    expect(bytes).toBe(20_000_000)
    expect(bytesPerFrame).toBeGreaterThan(2 * FRAME_LEN)
  })

  test('is read without super-frames where the guest does not want them', async () => {
    const { bytes, bytesPerFrame } = await upload('--no-gso')
    expect(bytes).toBe(20_000_000)
    expect(bytesPerFrame).toBeLessThanOrEqual(FRAME_LEN)
  })

  test('an administrator’s disconnecting ends attach and is told by run; the devices are gone', async () => {
    const joined = await attach('tap5')
    const command = spawnRun([...state(), '--', 'sh', '-c', 'echo ready; read line; ip -br link; exit 4'])
    await command.waitForOutput(/ready/, 10_000)
    for (const name of [`tap5@${world.guest.name}`, 'tap0'])
      for (const { Name_str } of await sessions(name)) await server.mustCommand('SessionDisconnect', Name_str)
    expect(await joined.waitForExit(5_000)).toBe(true)
    expect([joined.status, await world.guest.hasLink('tap5')]).toEqual([1, false])
    expect(joined.stderr).toMatch(/the server on \S+ has ended \(disconnected by an administrator\)\n$/)
    await command.waitForOutput(/was lost \(disconnected by an administrator\): the command has no network/, 5_000)
    command.endInput('\n')
    expect(await command.waitForExit(5_000)).toBe(true)
    expect(command.status).toBe(4)
    expect(command.stdout).not.toContain('tap0')
  })

  test('whoever gave it is killed: the session ends and the device is gone', async () => {
    const joined = await attach('tap5')
    const command = spawnRun([...state(), '--', 'sh', '-c', 'echo ready; exec sleep 4715'])
    await command.waitForOutput(/ready/, 10_000)
    joined.kill('SIGKILL')
    command.kill('SIGKILL')
    await waitFor('the sessions to end', 5_000, async () => {
      const rows = [...(await sessions('tap0')), ...(await sessions(`tap5@${world.guest.name}`))]
      return rows.length === 0
    })
    expect(await world.guest.hasLink('tap5')).toBe(false)
    expect(await processesOf('sleep 4715')).toBe('')
  })

  test('removed by somebody else, attach ends', async () => {
    const joined = await attach('tap5')
    await world.guest.ip('link', 'del', 'tap5')
    expect(await joined.waitForExit(5_000)).toBe(true)
    expect(joined.status).toBe(1)
    expect(joined.stderr).toMatch(/has ended \(the TAP device was removed\)\n$/)
  })

  test('has the MTU of the hub’s router', async () => {
    await server.mustCommand('NatSet', '--mtu', '1400')
    const joined = await attach('tap5')
    expect(await world.guest.ip('link', 'show', 'tap5')).toContain(' mtu 1400 ')
    joined.kill('SIGTERM')
    expect(await joined.waitForExit(5_000)).toBe(true)
    expect((await securenatRun([...state(), '--', 'ip', 'link', 'show', 'tap0'])).stdout).toContain(' mtu 1400 ')
    await server.mustCommand('NatSet', '--mtu', '1500')
  })

  test('a server without the socket for it: the frames are carried', async () => {
    const socket = join(server.state, 'taps', 'DEFAULT.sock')
    renameSync(socket, `${socket}.away`)
    try {
      const { bytes, bytesPerFrame } = await upload()
      expect(bytes).toBe(20_000_000)
      expect(bytesPerFrame).toBeLessThanOrEqual(FRAME_LEN)
    } finally {
      renameSync(`${socket}.away`, socket)
    }
  })

  test('the command’s address, route and resolv.conf follow the DHCP server to another network', async () => {
    await server.mustCommand('DhcpSet', '--expire', '15')
    const show = 'ip -4 -br addr show tap0; ip route; cat /etc/resolv.conf'
    const command = spawnRun([...state(), '--', 'sh', '-c', `echo ready; read line; ${show}`])
    await command.waitForOutput(/ready/, 10_000)
    await server.mustCommand('SecureNatHostSet', '--ip', '10.9.8.1')
    await command.waitForOutput(/the DHCP server now gives 10\.9\.8\.\d+ for 192\.168\.30\.\d+: tap0 has it\n/, 30_000)
    command.endInput('\n')
    expect(await command.waitForExit(5_000)).toBe(true)
    expect(command.stdout).toMatch(
      /tap0 +\S+ +10\.9\.8\.\d+\/24 *\ndefault via 10\.9\.8\.1 dev tap0 *\n10\.9\.8\.0\/24 /,
    )
    expect(command.stdout).toMatch(/nameserver 10\.9\.8\.1\n/)
    expect(command.stdout).not.toContain('192.168.30')
  })

  test('the server is killed: attach ends with a sentence, and its device is gone', async () => {
    const joined = await attach('tap5')
    server.program.kill('SIGKILL')
    expect(await joined.waitForExit(5_000)).toBe(true)
    expect([joined.status, await world.guest.hasLink('tap5')]).toEqual([1, false])
    expect(joined.stderr).toMatch(/the server on \S+ has ended \(the connection is closed\)\n$/)
    server = await SecureNatServer.start(world, { state: 'taking-over' })
    await server.program.waitForOutput(/is running as process/, 10_000)
    const again = await attach('tap5')
    again.kill('SIGTERM')
    expect(await again.waitForExit(5_000)).toBe(true)
    expect(again.status).toBe(0)
  })
})
