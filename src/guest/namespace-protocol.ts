// What `run` and its other half inside the new namespaces say to each other: one JSON text per message, over a
// sequenced-packet socket pair. The inside speaks first.

import type { Ipv4Configuration } from '../os/network-interface.ts'

/** First argument of the program when it is started as the other half; not a command for people. */
export const NAMESPACE_ENTRY = '@namespace'

/** Descriptors that the other half is started with, beside stdin and stdout. */
export const CONTROL_FD = 3
/** The user's stderr; descriptor 2 is a pipe to the outer half until the command takes over. */
export const STDERR_FD = 4

/** The only interface of the namespace, beside loopback. */
export const TAP_NAME = 'tap0'

/**
 * From inside. First: the TAP device is open, and comes with this message together with a packet socket on it; or why not.
 * Then, with the file that is resolv.conf inside (where there is one): the command takes over. A last one says that it could not.
 */
export type FromInside =
  | { readonly macAddress: number /** `net:[4026532281]` */; readonly netns: string }
  | { readonly ready: true }
  | { readonly error: string }

/** To the inside: configure, and become the command. */
export interface ToInside {
  readonly configuration: Ipv4Configuration
  readonly resolvConf: string
}
