// Certificates and keys in files: PEM or DER is read, PEM is written.

export function derOf(file: Buffer): Uint8Array {
  const match = /-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END/.exec(file.toString('latin1'))
  return match === null ? file : Buffer.from(match[1]!, 'base64')
}

export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
