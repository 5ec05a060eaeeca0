// The kernel and the initial file system of the QEMU guest: Debian's cloud kernel, taken out of its package without
// installing it, and a busybox-static root with the few modules and programs the tests use inside.
// The kernel is cached under node_modules/.cache; the initramfs takes milliseconds and is built each time.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CpioArchive } from './cpio.ts'
import { CACHE_DIRECTORY } from './places.ts'
import { must, run } from './shell.ts'

export interface GuestImage {
  kernel: string
  initramfs: string
}

/** In the order in which they must be loaded. */
const MODULES = [
  'drivers/virtio/virtio_ring.ko',
  'drivers/virtio/virtio.ko',
  'drivers/virtio/virtio_pci_legacy_dev.ko',
  'drivers/virtio/virtio_pci_modern_dev.ko',
  'drivers/virtio/virtio_pci.ko',
  'net/core/failover.ko',
  'drivers/net/net_failover.ko',
  'drivers/net/virtio_net.ko',
]
/** Loaded by a test that wants them. */
const EXTRA_MODULES = [
  'net/sched/sch_netem.ko',
  'net/sched/sch_ingress.ko',
  'net/sched/cls_matchall.ko',
  'net/sched/act_mirred.ko',
  'drivers/net/ifb.ko',
]
/** Dynamically linked programs of the machine that go into the guest with their libraries, where they are installed. */
const PROGRAMS = ['curl', 'tc', 'ethtool', 'iperf3']

// Commands arrive on the second serial port as `ID SECONDS BASE64`, their output leaves there, closed by `ID done STATUS`.
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /root /etc /var
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs -o size=90% tmp /tmp
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root
for module in $(cat /modules/order); do insmod /modules/$module; done 2>&1
ip link set lo up
stty -F /dev/ttyS1 raw -echo 115200
exec </dev/ttyS1 >/dev/ttyS1 2>&1
echo ready
while read -r id seconds command; do
  echo "$command" | base64 -d >/tmp/.command
  timeout -s KILL "$seconds" sh /tmp/.command </dev/null
  status=$?
  echo
  echo "$id done $status"
done
poweroff -f
`

const UDHCPC_SCRIPT = `#!/bin/sh
echo "udhcpc: $1 ip=$ip subnet=$subnet router=$router dns=$dns serverid=$serverid lease=$lease domain=$domain mtu=$mtu"
case "$1" in
deconfig) ip addr flush dev "$interface"; ip link set "$interface" up ;;
bound|renew)
  ip addr flush dev "$interface"
  ip addr add "$ip/$mask" dev "$interface"
  for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; done
  : >/etc/resolv.conf
  for server in $dns; do echo "nameserver $server" >>/etc/resolv.conf; done ;;
esac
`

/** @param initramfs path of the file to write */
export async function prepareGuestImage(initramfs: string): Promise<GuestImage> {
  const kernelDirectory = await fetchKernel()
  writeFileSync(initramfs, await buildInitramfs(join(kernelDirectory, 'modules')))
  return { kernel: join(kernelDirectory, 'vmlinuz'), initramfs }
}

let kernel: Promise<string> | undefined

/** The folder that holds `vmlinuz` and `modules/` of Debian's current cloud kernel, which is downloaded once. */
function fetchKernel(): Promise<string> {
  kernel ??= findKernel()
  return kernel
}

async function findKernel(): Promise<string> {
  mkdirSync(CACHE_DIRECTORY, { recursive: true })
  const names = readdirSync(CACHE_DIRECTORY).filter((name) => name.startsWith('linux-image-'))
  const cached = names.sort().at(-1)
  if (cached !== undefined) return join(CACHE_DIRECTORY, cached)
  try {
    return await downloadKernel()
  } catch {
    // Most often the package lists are missing or too old.
    await must(['apt-get', 'update', '-q'], { timeoutMs: 180_000 })
    return downloadKernel()
  }
}

async function downloadKernel(): Promise<string> {
  const description = await must(['apt-cache', 'show', '--no-all-versions', 'linux-image-cloud-amd64'])
  const name = /^Depends: (linux-image-\S+)/m.exec(description)?.[1]
  if (name === undefined) throw new Error('linux-image-cloud-amd64 does not say which kernel it stands for')
  const work = mkdtempSync(join(CACHE_DIRECTORY, '.kernel-'))
  try {
    await must(['apt-get', 'download', '-q', name], { cwd: work, timeoutMs: 180_000 })
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'))
    if (archive === undefined) throw new Error(`apt-get download ${name} left no package`)
    await must(['dpkg-deb', '-x', archive, 'root'], { cwd: work, timeoutMs: 60_000 })
    const release = name.replace('linux-image-', '')
    mkdirSync(join(work, 'image', 'modules'), { recursive: true })
    renameSync(join(work, 'root', 'boot', `vmlinuz-${release}`), join(work, 'image', 'vmlinuz'))
    for (const module of [...MODULES, ...EXTRA_MODULES]) {
      const from = join(work, 'root', 'lib', 'modules', release, 'kernel', module)
      renameSync(from, join(work, 'image', 'modules', basename(module)))
    }
    renameSync(join(work, 'image'), join(CACHE_DIRECTORY, name))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return join(CACHE_DIRECTORY, name)
}

async function buildInitramfs(modules: string): Promise<Buffer> {
  const archive = new CpioArchive()
  archive.file('init', INIT)
  archive.file('bin/busybox', readFileSync('/bin/busybox'))
  for (const link of ['bin/sh', 'bin/mount']) archive.symlink(link, 'busybox')
  for (const path of ['sbin', 'usr/bin', 'usr/sbin', 'etc', 'dev']) archive.directory(path)
  archive.file('etc/udhcpc/script', UDHCPC_SCRIPT)
  archive.file('modules/order', MODULES.map(basename).join('\n'), 0o644)
  for (const module of [...MODULES, ...EXTRA_MODULES].map(basename)) {
    archive.file(`modules/${module}`, readFileSync(join(modules, module)), 0o644)
  }
  for (const program of PROGRAMS) await addProgram(archive, program)
  return archive.toBuffer()
}

async function addProgram(archive: CpioArchive, program: string): Promise<void> {
  const found = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map((folder) => join(folder, program)).find(existsSync)
  if (found === undefined) return
  archive.file(`usr/bin/${program}`, readFileSync(found))
  const libraries = await run(['ldd', found])
  for (const match of libraries.stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)) {
    const path = match[1]
    // The loader is named by its absolute path in the program; libraries are found in the loader's default folders.
    if (path !== undefined) archive.file(path, readFileSync(realpathSync(path)))
  }
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
