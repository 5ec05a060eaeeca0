// A lease for a link of a namespace, taken by Debian's udhcpc with Debian's script.

import type { Namespace } from './world.ts'

export async function leaseWithUdhcpc(namespace: Namespace, link: string): Promise<string> {
  await namespace.must(['udhcpc', '-i', link, '-n', '-q', '-f', '-t', '10', '-T', '1'], { timeoutMs: 20_000 })
  return addressOf(namespace, link)
}

/** The link's address, or an error with what it has. */
export async function addressOf(namespace: Namespace, link: string): Promise<string> {
  const shown = await namespace.ip('-4', '-o', 'addr', 'show', 'dev', link)
  const address = /inet (\S+)\/24/.exec(shown)?.[1]
  if (address === undefined) throw new Error(`${link} has no address of a /24: ${shown}`)
  return address
}
