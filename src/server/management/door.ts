// The doors of the server: listeners, certificate, administrators.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { hubPassword } from '../../accounts/password-hash.ts'
import type { CertificateAndKey, DoorControl, ListenerState } from '../../admin/management/door.ts'
import type { AdministratorConfig } from '../config/administrator.ts'
import { isViewerName, VIEWER_NAME_ALLOWED, VIEWERS_MAX } from '../config/administrator.ts'
import type { Config } from '../config/config.ts'
import { LISTENERS_MAX } from '../config/config.ts'
import type { Endpoint } from '../config/values.ts'
import { formatEndpoint } from '../config/values.ts'
import type { NetworkDoors } from '../doors/network-doors.ts'
import type { Server } from '../server.ts'

type Listeners = Pick<Config, 'listen' | 'listenDisabled'>

export function doorControl(server: Server): DoorControl {
  return {
    listeners: async () => listenerStates(server.config, await server.network()),
    createListener: async (host = '*', port, enabled) => {
      if (host !== '*' && host !== 'localhost' && isIP(host) === 0) {
        return {
          path: 'listen',
          allowed: 'an address of this computer, or * for every address',
          actual: JSON.stringify(host),
        }
      }
      let outcome: 'created' | 'exists' | 'tooMany' = 'created'
      await changeListeners(server, (listeners) => {
        const all = [...listeners.listen, ...listeners.listenDisabled]
        const isTaken = all.some(
          (other) => other.port === port && (host === '*' || other.host === '*' || other.host === host),
        )
        if (isTaken) outcome = 'exists'
        else if (all.length >= LISTENERS_MAX) outcome = 'tooMany'
        else return moved(listeners, [{ host, port }], enabled)
        return undefined
      })
      return outcome
    },
    deleteListener: (host, port) =>
      changeMatching(server, host, port, (listeners, matching) => without(listeners, matching)),
    enableListener: (host, port, enabled) =>
      changeMatching(server, host, port, (listeners, matching) =>
        moved(without(listeners, matching), matching, enabled),
      ),
    certificate: async () => {
      const doors = await server.network()
      return doors && derOf(doors.certificate.current)
    },
    setCertificate: async (certificate, key) => {
      const doors = await server.network()
      if (doors === undefined) return 'This server has no listeners and no certificate.'
      return doors.installCertificate(certificate, key)
    },
    regenerateCertificate: async (commonName) => {
      await (await server.network())?.regenerateCertificate(commonName === '' ? hostname() : commonName)
    },
    setAdministratorPassword: async (given) => {
      const { storedPassword } = await import('../administrators.ts')
      const password =
        'plain' in given ? await storedPassword(given.plain) : { scrypt: undefined, softEther: given.softEther }
      await changeAdministrator(server, (administrator) => ({ ...administrator, password }))
      server.log.info("the administrator's password was changed")
    },
    hubPassword: async (plain) => {
      const { hashPassword } = await import('../../accounts/scrypt.ts')
      return { ...hubPassword(plain), scrypt: await hashPassword(plain) }
    },
    viewers: () => server.config.administrator.viewers.map(({ name }) => name),
    createViewer: async (name, plain) => {
      if (!isViewerName(name)) return { path: 'name', allowed: VIEWER_NAME_ALLOWED, actual: JSON.stringify(name) }
      const { hashPassword } = await import('../../accounts/scrypt.ts')
      const password = await hashPassword(plain)
      let outcome: 'created' | 'exists' | 'tooMany' = 'created'
      await changeAdministrator(server, (administrator) => {
        const { viewers } = administrator
        if (viewers.some((viewer) => viewer.name === name)) outcome = 'exists'
        else if (viewers.length >= VIEWERS_MAX) outcome = 'tooMany'
        else return { ...administrator, viewers: [...viewers, { name, password }] }
        return undefined
      })
      return outcome
    },
    deleteViewer: async (name) => {
      let found = false
      await changeAdministrator(server, (administrator) => {
        const viewers = administrator.viewers.filter((viewer) => viewer.name !== name)
        found = viewers.length < administrator.viewers.length
        return found ? { ...administrator, viewers } : undefined
      })
      return found
    },
  }
}

function listenerStates(config: Config, doors: NetworkDoors | undefined): readonly ListenerState[] {
  const open = new Map(doors?.tls.listeners().map((row) => [formatEndpoint(row), row]))
  const enabled = (doors?.listenOverride ?? config.listen).map((endpoint) => {
    const row = open.get(formatEndpoint(endpoint))
    const hasFailed = row === undefined || row.error !== undefined
    return { host: endpoint.host, port: row?.boundPort ?? endpoint.port, isEnabled: true, hasFailed }
  })
  const disabled = config.listenDisabled.map((endpoint) => ({ ...endpoint, isEnabled: false, hasFailed: false }))
  return [...enabled, ...disabled].sort((a, b) => a.port - b.port)
}

/** What an administrator changes is what is in force, also where `--listen` stands in for the file. */
async function changeListeners(server: Server, edit: (listeners: Listeners) => Listeners | undefined): Promise<void> {
  const doors = await server.network()
  await server.change((config) => {
    const next = edit({ listen: doors?.listenOverride ?? config.listen, listenDisabled: config.listenDisabled })
    if (next === undefined) return undefined
    doors?.dropListenOverride()
    return { ...config, listen: next.listen, listenDisabled: next.listenDisabled }
  })
}

async function changeMatching(
  server: Server,
  host: string | undefined,
  port: number,
  edit: (listeners: Listeners, matching: readonly Endpoint[]) => Listeners,
): Promise<boolean> {
  const bound = (await server.network())?.tls.listeners() ?? []
  const isMeant = (endpoint: Endpoint): boolean => {
    if (host !== undefined && endpoint.host !== host) return false
    const row = bound.find((other) => formatEndpoint(other) === formatEndpoint(endpoint))
    return endpoint.port === port || row?.boundPort === port
  }
  let found = false
  await changeListeners(server, (listeners) => {
    const matching = [...listeners.listen, ...listeners.listenDisabled].filter(isMeant)
    found = matching.length > 0
    return found ? edit(listeners, matching) : undefined
  })
  return found
}

function without({ listen, listenDisabled }: Listeners, endpoints: readonly Endpoint[]): Listeners {
  return {
    listen: listen.filter((endpoint) => !endpoints.includes(endpoint)),
    listenDisabled: listenDisabled.filter((endpoint) => !endpoints.includes(endpoint)),
  }
}

function moved({ listen, listenDisabled }: Listeners, endpoints: readonly Endpoint[], enabled: boolean): Listeners {
  return enabled
    ? { listen: [...listen, ...endpoints], listenDisabled }
    : { listen, listenDisabled: [...listenDisabled, ...endpoints] }
}

function changeAdministrator(
  server: Server,
  edit: (administrator: AdministratorConfig) => AdministratorConfig | undefined,
): Promise<void> {
  return server.change((config) => {
    const administrator = edit(config.administrator)
    return administrator && { ...config, administrator }
  })
}

/** The key in the form of its kind, as SoftEther's tools write it. */
function derOf({ certificate, key }: { readonly certificate: string; readonly key: string }): CertificateAndKey {
  const privateKey = createPrivateKey(key)
  const type = privateKey.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'pkcs8'
  return { certificate: new X509Certificate(certificate).raw, key: privateKey.export({ type, format: 'der' }) }
}
