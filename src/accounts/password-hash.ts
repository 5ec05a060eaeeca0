// What is kept of passwords so that SoftEther's challenge–response works (protocol reference 6). Who has such a hash can log in with it:
// they are kept like passwords. For doors through which the password itself comes there is a real hash beside them.

import { md4 } from './md4.ts'
import type { ScryptHash } from './scrypt.ts'
import { sha0 } from './sha0.ts'

export const PASSWORD_HASH_LEN = 20

/** Of a hub's administrator. */
export interface HubPassword {
  /** SHA0(password) */
  readonly hashedPassword: Uint8Array
  /** SHA0(password ‖ "ADMINISTRATOR"): with it the user `Administrator` may log in to the hub. */
  readonly securePassword: Uint8Array
  /** For doors that carry the password itself; a password that SoftEther's tools set has none, they send only hashes. */
  readonly scrypt?: ScryptHash
}

const utf8 = new TextEncoder()

/** SHA0(password): of a server's or a hub's administrator. */
export function administratorHash(password: string): Uint8Array {
  return sha0(utf8.encode(password))
}

/** SHA0(password ‖ UPPER(name)) */
export function userHash(name: string, password: string): Uint8Array {
  return sha0(utf8.encode(password + upperAscii(name)))
}

/** MD4 of the password in UTF-16LE: sent and expected back by SoftEther's tools. */
export function ntHash(password: string): Uint8Array {
  const bytes = new Uint8Array(password.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < password.length; i += 1) view.setUint16(i * 2, password.charCodeAt(i), true)
  return md4(bytes)
}

export function hubPassword(password: string): HubPassword {
  return { hashedPassword: administratorHash(password), securePassword: userHash('ADMINISTRATOR', password) }
}

/** What answers a server's challenge: SHA0(hash ‖ random). */
export function securePassword(hash: Uint8Array, random: Uint8Array): Uint8Array {
  const message = new Uint8Array(hash.length + random.length)
  message.set(hash)
  message.set(random, hash.length)
  return sha0(message)
}

/** Only a to z, as the original. */
function upperAscii(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase())
}
