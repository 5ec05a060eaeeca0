// What a client shows at its login, made of what it has and the server's random bytes (protocol reference 6, 7.5).

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { Credential } from '../accounts/authenticate.ts'
import type { ClientAuthentication } from '../accounts/client-authentication.ts'
import { securePassword, userHash } from '../accounts/password-hash.ts'

/** `undefined`: the private key cannot be used. */
export function credentialOf(authentication: ClientAuthentication, random: Uint8Array): Credential | undefined {
  switch (authentication.kind) {
    case 'anonymous':
      return { kind: 'anonymous' }
    case 'password':
      return { kind: 'password', securePassword: securePassword(authentication.hashedPassword, random) }
    case 'plainPassword':
      return { kind: 'plainPassword', password: authentication.password }
    case 'certificate': {
      const key = privateKey(authentication.key)
      if (key?.asymmetricKeyType !== 'rsa') return undefined
      return { kind: 'certificate', certificate: authentication.certificate, signature: sign('sha1', random, key) }
    }
  }
}

/** SoftEther's own tools give PKCS#1, others PKCS#8. */
function privateKey(der: Uint8Array): KeyObject | undefined {
  for (const type of ['pkcs1', 'pkcs8'] as const) {
    try {
      return createPrivateKey({ key: Buffer.from(der), format: 'der', type })
    } catch {
      // The other form is tried; OpenSSL says so only by an exception.
    }
  }
  return undefined
}

/** With a password, which is not sent itself. */
export function passwordAuthentication(userName: string, password: string): ClientAuthentication {
  return { kind: 'password', userName, hashedPassword: userHash(userName, password) }
}
