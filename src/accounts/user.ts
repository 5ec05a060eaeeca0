// Who may log in to a hub: users and groups, as SoftEther knows them (protocol reference 17.5). Types only; hashes are made in
// password-hash.ts, logins are judged in authenticate.ts.

import type { Policy } from '../hub/policy.ts'

export interface PasswordAuthentication {
  readonly kind: 'password'
  /** SHA0(password ‖ UPPER(name)), 20 bytes: password-equivalent, needed by the challenge–response. */
  readonly hashedKey: Uint8Array
  /** MD4(UTF-16LE(password)), 16 bytes, or empty: SoftEther's tools send and expect it back. */
  readonly ntLmSecureHash: Uint8Array
}

export type UserAuthentication =
  | { readonly kind: 'anonymous' }
  | PasswordAuthentication
  /** The user's own certificate, DER. */
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array }
  /** Any certificate of an authority the hub trusts; empty conditions are none. */
  | { readonly kind: 'signedCertificate'; readonly commonName: string; readonly serial: Uint8Array }

export interface User {
  /** Compared without case. */
  readonly name: string
  readonly realName: string
  readonly note: string
  /** Empty: of no group. */
  readonly group: string
  /** Milliseconds of the Unix epoch; so for the next two. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly expiresAt: number | undefined
  readonly authentication: UserAuthentication
  /** The user's own wins over the group's; neither: the defaults. */
  readonly policy: Policy | undefined
}

export interface Group {
  readonly name: string
  readonly realName: string
  readonly note: string
  readonly policy: Policy | undefined
}
