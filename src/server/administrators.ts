// Who may administer, and how he is recognised: the administrator of the server, the administrator of a hub (own hub only, R4), and viewers,
// who see everything and change nothing. Two kinds of doors: those that the password itself comes through, and SoftEther's
// challenge and response.
//
// What cannot be told apart from outside: a name that does not exist and a wrong password; both cost the same work and end the same way.

import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { LoginGuard } from '../accounts/login-guard.ts'
import type { HubPassword } from '../accounts/password-hash.ts'
import { administratorHash, PASSWORD_HASH_LEN, securePassword } from '../accounts/password-hash.ts'
import type { ScryptHash } from '../accounts/scrypt.ts'
import { hashPassword, verifyPassword } from '../accounts/scrypt.ts'
import type { Role } from '../admin/operation.ts'
import type { AdministratorConfig, StoredPassword } from './config/administrator.ts'
import { sourceOf } from './doors/sources.ts'
import type { Log } from './log.ts'

/** Lines about failed logins; a flood of them is no news. */
export const LOGIN_LINES_PER_SECOND = 10
/** Passwords that were right lately, so that not every call of a polling administrator costs an scrypt. */
export const RECENT_PASSWORDS_MAX = 256
/** Viewers log in as `@NAME`: no hub is called so. */
const VIEWER_MARK = '@'
/** The name of the server's administrator, which may also be left out. */
const SERVER_ADMINISTRATOR = 'administrator'

export interface AdministratorAccounts {
  administrator(): AdministratorConfig
  /** `hub` is compared without case; `name` is its own spelling. */
  hub(name: string): { readonly name: string; readonly password: HubPassword | undefined } | undefined
  readonly log: Log
}

export async function storedPassword(password: string): Promise<StoredPassword> {
  return { scrypt: await hashPassword(password), softEther: administratorHash(password) }
}

/** Somebody who has shown a password, for as long as it is the one. */
export interface Recognised {
  readonly role: Role
  /** False once another password holds, or the account is no more: what he began with the old one ends. */
  isValid(): boolean
  /** He has set this password himself. @param hash SHA0(password) */
  hasSet(hash: Uint8Array): void
}

/** What an attempt is judged by: the role it is for, and the hashes; without a role it fails after the same work. */
interface Claim {
  readonly role: Role | undefined
  readonly scrypt: ScryptHash | undefined
  readonly softEther: Uint8Array | undefined
}

export class Administrators {
  readonly guard: LoginGuard
  readonly stats = { recognised: 0, recognisedAgain: 0, notLogged: 0 }
  readonly #accounts: AdministratorAccounts
  /** Of this process; recent passwords are not kept, but what they make with it. */
  readonly #key = randomBytes(32).toString('base64')
  readonly #recent = new Set<string>()
  /** Stands in for those who do not exist. */
  readonly #nobody = randomBytes(PASSWORD_HASH_LEN)
  #nobodyScrypt: Promise<ScryptHash> | undefined
  #second = 0
  #linesInSecond = 0

  constructor(accounts: AdministratorAccounts) {
    this.#accounts = accounts
    this.guard = new LoginGuard({
      now: () => performance.now(),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      failed: (source, failures) => this.#tell(source, failures),
    })
  }

  /**
   * @param name empty or `administrator`: the server's; a hub's name; `@NAME`: a viewer
   * @returns `undefined`: refused; `busy`: this source makes too many attempts at once
   */
  async withPassword(name: string, password: string, address: string): Promise<Recognised | 'busy' | undefined> {
    const source = sourceOf(address)
    // Before anything else, or a quick answer would tell who guesses that he was right.
    if (this.guard.isBusy(source)) return 'busy'
    const claim = this.#claim(name)
    const fingerprint = this.#fingerprint(claim, name, password)
    const { role } = claim
    if (role !== undefined && this.#recent.has(fingerprint)) {
      this.stats.recognisedAgain += 1
      return this.#recognised(name, role, claim)
    }
    let isJudged = false
    const proven = await this.guard.attempt(source, async () => {
      isJudged = true
      return (await this.#isRight(claim, password)) ? role : undefined
    })
    if (proven === undefined) return isJudged ? undefined : 'busy'
    this.stats.recognised += 1
    this.#remember(fingerprint)
    return this.#recognised(name, proven, claim)
  }

  /**
   * SoftEther's `method=admin`: SHA0(SHA0(password) ‖ random).
   * @param hub empty: the server's administrator
   */
  withResponse(
    hub: string,
    random: Uint8Array,
    response: Uint8Array,
    address: string,
  ): Promise<Recognised | 'busy' | undefined> {
    let isJudged = false
    const judged = this.guard.attempt(sourceOf(address), () => {
      isJudged = true
      const claim = this.#claim(hub)
      const { role, softEther } = claim
      const expected = securePassword(softEther ?? this.#nobody, random)
      const isRight = response.length === expected.length && timingSafeEqual(response, expected)
      if (!isRight || softEther === undefined || role === undefined) return undefined
      this.stats.recognised += 1
      return this.#recognised(hub, role, claim)
    })
    return judged.then((recognised) => (isJudged ? recognised : 'busy'))
  }

  /** The claim is the one that was judged: what changes meanwhile counts already. */
  #recognised(name: string, role: Role, judged: Claim): Recognised {
    let proof = proofOf(judged)
    return {
      role,
      isValid: () => proofOf(this.#claim(name)) === proof,
      hasSet: (hash) => {
        const present = this.#claim(name)
        if (present.softEther !== undefined && Buffer.compare(present.softEther, hash) === 0) proof = proofOf(present)
      },
    }
  }

  #claim(name: string): Claim {
    const { password, viewers } = this.#accounts.administrator()
    if (name === '' || name.toLowerCase() === SERVER_ADMINISTRATOR) {
      return { role: { kind: 'server' }, scrypt: password?.scrypt, softEther: password?.softEther }
    }
    if (name.startsWith(VIEWER_MARK)) {
      const viewer = viewers.find((candidate) => candidate.name === name.slice(VIEWER_MARK.length))
      const role = viewer && ({ kind: 'viewer', name: viewer.name } as const)
      return { role, scrypt: viewer?.password, softEther: undefined }
    }
    const hub = this.#accounts.hub(name)
    const hash = hub?.password?.hashedPassword
    const role = hub && hash && !isEmptyPassword(hash) ? ({ kind: 'hub', hub: hub.name } as const) : undefined
    return { role, scrypt: hub?.password?.scrypt, softEther: hash ?? this.#nobody }
  }

  /** By the modern hash where there is one; a password set by SoftEther's tools has only theirs. */
  async #isRight({ role, scrypt, softEther }: Claim, password: string): Promise<boolean> {
    if (scrypt === undefined && softEther !== undefined) {
      // As long as with a modern hash, or the time would tell which hubs there are.
      if (role?.kind !== 'server') await verifyPassword(password, await this.#scryptOfNobody())
      return timingSafeEqual(administratorHash(password), softEther) && role !== undefined
    }
    const isRight = await verifyPassword(password, scrypt ?? (await this.#scryptOfNobody()))
    return isRight && scrypt !== undefined && role !== undefined
  }

  #scryptOfNobody(): Promise<ScryptHash> {
    this.#nobodyScrypt ??= hashPassword(this.#nobody.toString('base64'))
    return this.#nobodyScrypt
  }

  /** Different when the stored password is: a changed one is not known any more. */
  #fingerprint(claim: Claim, name: string, password: string): string {
    return hash('sha256', JSON.stringify([this.#key, name, password, proofOf(claim)]), 'base64')
  }

  #remember(fingerprint: string): void {
    for (const oldest of this.#recent) {
      if (this.#recent.size < RECENT_PASSWORDS_MAX) break
      this.#recent.delete(oldest)
    }
    this.#recent.add(fingerprint)
  }

  #tell(source: string, failures: number): void {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#linesInSecond = 0
    }
    this.#linesInSecond += 1
    if (this.#linesInSecond > LOGIN_LINES_PER_SECOND) this.stats.notLogged += 1
    else this.#accounts.log.warn('a login was refused', { source, failures })
  }
}

/** Different when another password is stored, or for another role. */
function proofOf({ role, scrypt, softEther }: Claim): string {
  return JSON.stringify([role, scrypt?.salt, scrypt?.hash, Buffer.from(softEther ?? []).toString('base64')])
}

/** A hub whose administrator has an empty password has none who may log in from outside. */
function isEmptyPassword(hash: Uint8Array): boolean {
  return timingSafeEqual(hash, administratorHash(''))
}
