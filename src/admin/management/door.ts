// The doors of the server: its TLS listeners, what they show, and who may come in as an administrator.

import type { HubPassword } from '../../accounts/password-hash.ts'
import type { SettingFault } from './setting-fault.ts'

export interface ListenerState {
  /** An address, a name, or `*` for every address. */
  readonly host: string
  readonly port: number
  readonly isEnabled: boolean
  /** It should listen and cannot, or not yet. */
  readonly hasFailed: boolean
}

/** DER. */
export interface CertificateAndKey {
  readonly certificate: Uint8Array
  readonly key: Uint8Array
}

export interface DoorControl {
  listeners(): Promise<readonly ListenerState[]>
  /** @param host `undefined`: every address */
  createListener(
    host: string | undefined,
    port: number,
    enabled: boolean,
  ): Promise<'created' | 'exists' | 'tooMany' | SettingFault>
  /** @param host `undefined`: every listener on the port. @returns whether there was one */
  deleteListener(host: string | undefined, port: number): Promise<boolean>
  enableListener(host: string | undefined, port: number, enabled: boolean): Promise<boolean>
  /** `undefined`: this server shows none, having no listeners. */
  certificate(): Promise<CertificateAndKey | undefined>
  /** @returns what is wrong with them, for people */
  setCertificate(certificate: Uint8Array, key: Uint8Array): Promise<string | undefined>
  /** @param commonName empty: this computer's name */
  regenerateCertificate(commonName: string): Promise<void>
  /** `softEther` is SHA0(password), all a tool of SoftEther's sends. */
  setAdministratorPassword(password: { readonly plain: string } | { readonly softEther: Uint8Array }): Promise<void>
  /** All that is kept of the password of a hub's administrator. */
  hubPassword(plain: string): Promise<HubPassword>
  viewers(): readonly string[]
  createViewer(name: string, password: string): Promise<'created' | 'exists' | 'tooMany' | SettingFault>
  deleteViewer(name: string): Promise<boolean>
}
