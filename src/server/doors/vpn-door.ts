// SoftEther VPN over TLS: what the listener has accepted becomes a VPN session on a hub.

import { createHash, randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import type { TLSSocket } from 'node:tls'
import { LoginGuard } from '../../accounts/login-guard.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import type { Administration } from '../../softether/administration.ts'
import { SIGNATURE_TARGET } from '../../softether/http-preamble.ts'
import { readEach } from '../../softether/tls-reader.ts'
import { wireOf } from '../../softether/tls-wire.ts'
import { VpnServer } from '../../softether/vpn-server.ts'
import type { VpnSession } from '../../softether/vpn-session.ts'
import { ANY_IPV4, parseIpv4 } from '../../wire/ipv4-address.ts'
import { randomSource } from '../random.ts'
import type { Server } from '../server.ts'
import { setTimer } from '../timer.ts'
import { VpnDirectory } from '../vpn-directory.ts'
import { sourceOf } from './sources.ts'
import type { TlsProtocol } from './tls-connection.ts'

/** The first word of every connection of this protocol; targets are compared without case. */
const PREFIX = `post ${SIGNATURE_TARGET.slice(0, SIGNATURE_TARGET.lastIndexOf('/') + 1)}`

/** Lines of the log about logins that were refused; `refusedLogins` counts all. */
export const REFUSED_LOGINS_PER_SECOND = 10
/** The same about faults of the program in VPN connections; `faults` counts all. */
export const FAULT_LINES_PER_SECOND = 10
/** What a stranger calls himself is shown so far. */
const SHOWN_LEN = 64

export class VpnDoor implements TlsProtocol {
  readonly vpn: VpnServer
  /** Keeps the certificate that a source's sessions were made with (protocol reference 2.2). */
  holdCertificate: (address: string) => () => void = () => () => {}
  readonly #releases = new Map<VpnSession, () => void>()

  readonly #server: Server

  constructor(server: Server, administration: Administration) {
    this.#server = server
    const { log } = server
    const environment = {
      now: () => performance.now(),
      wallClock: Date.now,
      random: randomSource(),
      secret: (length: number) => randomBytes(length),
      sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'),
      setTimer,
      nextTurn: (callback: () => void) => void setImmediate(callback),
      guard: new LoginGuard({
        now: () => performance.now(),
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        // Told by `refused` below.
        failed: () => {},
      }),
    }
    const refusals = new TokenBucket(REFUSED_LOGINS_PER_SECOND, REFUSED_LOGINS_PER_SECOND)
    // Whoever has found a fault may cause it as often as he likes.
    const faults = new TokenBucket(FAULT_LINES_PER_SECOND, FAULT_LINES_PER_SECOND)
    this.vpn = new VpnServer(
      server.productName,
      new VpnDirectory(server),
      environment,
      {
        loggedIn: (session, hub, { address }) => {
          this.#releases.set(session, this.holdCertificate(address))
          log.info('a VPN client logged in', { hub, session: session.sessionName, address })
        },
        refused: ({ hubName, userName }, error, { address }) => {
          if (!refusals.take(1, environment.now())) return
          log.info('a VPN client was refused', { hub: shown(hubName), user: shown(userName), address, error })
        },
        passwordChanged: (hub, user, { address }) =>
          log.info('a VPN user changed his password', { hub: shown(hub), user: shown(user), address }),
        ended: (session, hub, reason) => {
          this.#releases.get(session)?.()
          this.#releases.delete(session)
          log.info('a VPN session ended', { hub, session: session.sessionName, reason })
        },
        faulted: (error, { address, connectionName }) => {
          if (!faults.take(1, environment.now())) return
          server.faults.fault('a VPN connection ends by an internal fault', error, {
            connection: connectionName,
            address,
          })
        },
      },
      administration,
    )
  }

  match(first: Uint8Array): 'yes' | 'no' | 'more' {
    const length = Math.min(first.length, PREFIX.length)
    const text = Buffer.from(first.buffer, first.byteOffset, length).toString('latin1').toLowerCase()
    if (!PREFIX.startsWith(text)) return 'no'
    return length === PREFIX.length ? 'yes' : 'more'
  }

  accept(socket: TLSSocket, first: Uint8Array): void {
    socket.setNoDelay(true)
    const wire = wireOf(socket, (error) => connection.fault(error))
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '')
    const port = socket.remotePort ?? 0
    const row = this.#server.connections.add({
      kind: 'initializing',
      address: parseIpv4(address) ?? ANY_IPV4,
      port,
      hostName: address,
      close: () => wire.end(),
    })
    const connection = this.vpn.accept(wire, {
      address,
      source: sourceOf(socket.remoteAddress),
      port,
      serverPort: socket.localPort ?? 0,
      cipherName: socket.getCipher()?.standardName ?? '',
      isLocal: isOwnAddress(address),
      connectionName: row.name,
      known: (kind, { name, version, build }) =>
        row.update({ kind, clientProduct: name, clientVersion: version, clientBuild: build }),
    })
    const closed = (): void => {
      row.remove()
      connection.closed()
    }
    socket.once('end', closed)
    socket.once('close', closed)
    connection.push(first)
    readEach(socket, (chunk) => connection.push(chunk))
  }

  close(): void {
    this.vpn.stop()
  }
}

function shown(name: string): string {
  return name.slice(0, SHOWN_LEN).replace(/\p{C}/gu, '\ufffd')
}

function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((rows) => rows?.some((row) => row.address === address))
}
