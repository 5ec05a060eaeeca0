// Network namespaces, and what a process does to itself before it becomes another program.
//
// setns(2) moves one thread. Node runs JavaScript on the main thread only, so a synchronous function that enters, opens
// descriptors and comes back is never seen by anyone else; the descriptors stay in the namespace they were opened in.

import { close, makeOrdinary, O_RDONLY, open } from './files.ts'
import { addressOf, bind, bindOnce, check, OsError, requireLinux, setWord64 } from './libc.ts'

const CLONE_NEWNET = 0x4000_0000
const MS_BIND = 4096
const MNT_DETACH = 2
const PR_SET_PDEATHSIG = 1
const SIG_DFL = 0
const SIG_SETMASK = 2
const NSIG = 65
const SIGNAL_SET_LEN = 128

/** Where `ip netns add NAME` keeps its namespaces. */
const NETNS_FOLDER = '/run/netns'

const calls = bindOnce(() => ({
  setns: bind('setns', 'int', ['int', 'int']),
  mount: bind('mount', 'int', ['str', 'str', 'uintptr_t', 'size_t', 'uintptr_t']),
  mountKind: bind('mount', 'int', ['str', 'str', 'str', 'size_t', 'uintptr_t']),
  umount2: bind('umount2', 'int', ['str', 'int']),
  prctl: bind('prctl', 'int', ['int', 'size_t', 'size_t', 'size_t', 'size_t']),
  signal: bind('signal', 'intptr_t', ['int', 'uintptr_t']),
  sigprocmask: bind('sigprocmask', 'int', ['int', 'uintptr_t', 'uintptr_t']),
  execvp: bind('execvp', 'int', ['uintptr_t', 'uintptr_t']),
}))

/** `/run/netns/NAME` for a name, the path itself for a path such as `/proc/1234/ns/net`. */
export function netnsPath(netns: string): string {
  return netns.includes('/') ? netns : `${NETNS_FOLDER}/${netns}`
}

/** Runs `inside` with this thread in the namespace, and comes back whatever happens. @throws OsError */
export function inNetns<T>(netns: string | undefined, inside: () => T): T {
  if (netns === undefined) return inside()
  requireLinux('a network namespace')
  const there = open(netnsPath(netns), O_RDONLY)
  try {
    const here = open('/proc/self/ns/net', O_RDONLY)
    try {
      check(calls().setns(there, CLONE_NEWNET), 'setns')
      try {
        return inside()
      } finally {
        // A process left in the wrong namespace would do harm unseen: better to end it.
        if (calls().setns(here, CLONE_NEWNET) < 0) process.abort()
      }
    } finally {
      close(here)
    }
  } finally {
    close(there)
  }
}

/** Makes `source` appear at `target`, in this mount namespace. @throws OsError */
export function bindMount(source: string, target: string): void {
  check(calls().mount(source, target, 0, MS_BIND, 0), `mount ${target}`)
}

/**
 * Runs `inside` with an empty file system of its own at `folder`, in this mount namespace only: what is made there never
 * touches the disk, and is gone whenever the process ends, but for what `inside` has bound elsewhere. @throws OsError
 */
export function withMemoryFolder<T>(folder: string, inside: () => T): T {
  check(calls().mountKind('tmpfs', folder, 'tmpfs', 0, 0), `mount ${folder}`)
  try {
    return inside()
  } finally {
    calls().umount2(folder, MNT_DETACH)
  }
}

/** This process, and the program it becomes, is ended when its parent goes. */
export function dieWithParent(signal: number): void {
  check(calls().prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0), 'prctl')
}

/** Replaces this process; comes back only with the reason why not. What Node did to signals and stdio is undone first. */
export function execute(command: readonly string[]): OsError {
  const { signal, sigprocmask, execvp } = calls()
  // Node ignores SIGPIPE, and an ignored signal stays ignored in the program that follows.
  for (let number = 1; number < NSIG; number += 1) signal(number, SIG_DFL)
  sigprocmask(SIG_SETMASK, addressOf(new Uint8Array(SIGNAL_SET_LEN)), 0)
  // Node marks what it inherited to be closed by exec, and may have made a pipe non-blocking.
  for (const fd of [0, 1, 2]) makeOrdinary(fd)
  // The pointers, a NULL, and the texts they point to, in one piece: one address, and one object to keep.
  const texts = command.map((word) => new TextEncoder().encode(`${word}\0`))
  const pointersLen = (texts.length + 1) * 8
  const memory = new Uint8Array(texts.reduce((sum, text) => sum + text.length, pointersLen))
  const pointers = new Uint32Array(memory.buffer, 0, pointersLen / 4)
  const address = addressOf(memory)
  let used = pointersLen
  for (const [index, text] of texts.entries()) {
    memory.set(text, used)
    setWord64(pointers, index * 2, address + used)
    used += text.length
  }
  try {
    check(execvp(address + pointersLen, address), 'exec')
  } catch (error) {
    if (error instanceof OsError) return error
    throw error
  }
  return new OsError('exec', 'EINVAL')
}
