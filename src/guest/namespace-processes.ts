// Finds and ends what a command left running in its network namespace.

import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 5
/** A process that is stuck in the kernel longer than this is left to it. */
const WAIT_MS_MAX = 2_000

/** Process ids. @param netns as `/proc/PID/ns/net` reads: `net:[4026532281]` */
export function processesInNetns(netns: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && netnsOf(name) === netns)
    .map(Number)
}

function netnsOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    // Gone meanwhile, a zombie, or somebody else's: none of them is ours to end.
    return undefined
  }
}

/** Until none is left: a process may be forking while it is looked for. */
export async function killProcessesInNetns(netns: string): Promise<void> {
  for (const until = performance.now() + WAIT_MS_MAX; performance.now() < until; await sleep(POLL_MS)) {
    const pids = processesInNetns(netns)
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'ESRCH' && code !== 'EPERM') throw error
      }
    }
  }
}
