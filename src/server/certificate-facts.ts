// What administrators are shown of a certificate.

import { X509Certificate } from 'node:crypto'
import type { CertificateFacts } from '../admin/management/server.ts'

/** The parts of a name that the original shows, in its order. */
const NAME_PARTS = ['CN', 'O', 'OU', 'ST', 'L', 'C']

/** @returns `undefined` for bytes that are no certificate */
export function certificateFacts(der: Uint8Array): CertificateFacts | undefined {
  try {
    const { subject, issuer, validTo } = new X509Certificate(der)
    return { subject: nameOf(subject), issuer: nameOf(issuer), expiresAt: Date.parse(validTo) }
  } catch {
    return undefined
  }
}

/** Of lines such as `O=Example`. */
function nameOf(lines: string | undefined): string {
  const parts = new Map((lines ?? '').split('\n').map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]))
  return NAME_PARTS.flatMap((part) => parts.get(part) ?? []).join(', ')
}
