// The servers of the outside namespace, as a test starts them.

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { patternChunks } from '../servers/pattern.ts'
import { IPERF_PORT, NGINX_PORT } from '../servers/ports.ts'
import { BUNDLES } from './places.ts'
import type { Program } from './shell.ts'
import { type Namespace, OUTSIDE_ADDRESS, OUTSIDE_ADDRESSES, type World } from './world.ts'

/** The servers of test/e2e/servers/services.ts; the test finds what they saw in the program's standard output. */
export async function startServices(
  world: World,
  namespace: Namespace = world.outside,
  addresses: readonly string[] = OUTSIDE_ADDRESSES,
): Promise<Program> {
  const services = namespace.spawn([process.execPath, join(BUNDLES, 'services.mjs'), ...addresses])
  await services.waitForOutput(/"ready"/, 10_000)
  return services
}

/** A real resolver that knows the given names and nothing else. */
export async function startDnsmasq(
  world: World,
  address: string,
  names: Record<string, string>,
  options: readonly string[] = [],
): Promise<Program> {
  const records = Object.entries(names).map(([name, value]) => `--address=/${name}/${value}`)
  const dnsmasq = world.outside.spawn([
    'dnsmasq',
    ...['--keep-in-foreground', '--no-resolv', '--no-hosts', '--no-daemon', '--conf-file=/dev/null', '--pid-file='],
    ...['--bind-interfaces', '--except-interface=lo', `--listen-address=${address}`, '--user=root', '--log-queries'],
    ...records,
    ...options,
    // An answer too long for UDP, so that the client must ask again over TCP.
    ...Array.from({ length: 12 }, (_, index) => `--txt-record=long.test,${'x'.repeat(240)}${index}`),
  ])
  await dnsmasq.waitForOutput(/started, version/, 10_000)
  return dnsmasq
}

/** Writes the pattern of that length into a file. */
export function writePattern(path: string, length: number): void {
  const file = openSync(path, 'w', 0o644)
  for (const chunk of patternChunks(length)) writeSync(file, chunk)
  closeSync(file)
}

/** A real web server for the files of a folder. */
export async function startNginx(world: World, root: string): Promise<Program> {
  const directory = join(world.directory, 'nginx')
  mkdirSync(directory)
  const configuration = `
    user root; daemon off; pid ${directory}/pid; error_log stderr notice; worker_processes 1;
    events { worker_connections 256; }
    http {
      access_log off; sendfile on; tcp_nopush on;
      client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
      uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
      server { listen ${NGINX_PORT}; root ${root}; }
    }`
  writeFileSync(join(directory, 'nginx.conf'), configuration)
  const nginx = world.outside.spawn(['nginx', '-p', directory, '-c', join(directory, 'nginx.conf')])
  await nginx.waitForOutput(/start worker process \d/, 10_000)
  return nginx
}

export async function startIperf(world: World): Promise<Program> {
  const server = world.outside.spawn([
    'iperf3',
    '--server',
    '--forceflush',
    '-p',
    String(IPERF_PORT),
    '-B',
    OUTSIDE_ADDRESS,
  ])
  await server.waitForOutput(/Server listening/, 10_000)
  return server
}

/** Megabits per second that arrived, out of `iperf3 --json`. */
export function iperfReceived(json: string): number {
  const report = JSON.parse(json) as { end?: { sum_received?: { bits_per_second?: number } }; error?: string }
  const rate = report.end?.sum_received?.bits_per_second
  if (rate === undefined) throw new Error(`iperf3 gave no rate: ${report.error ?? json}`)
  return rate / 1e6
}
