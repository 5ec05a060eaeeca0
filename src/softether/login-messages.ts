// The PACKs between signature and tunnel, of both sides: Hello, login, Welcome, additional connection, errors
// (protocol reference 5, 7, 8, 9.1). What a peer leaves out has the value that the original takes for it.

import type { Credential } from '../accounts/authenticate.ts'
import type { Policy } from '../hub/policy.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { Pack, swapBytes } from './pack.ts'
import { addPolicy, readPolicy } from './policy-block.ts'

export const RANDOM_LEN = 20
export const SESSION_KEY_LEN = 20
const CERTIFICATE_LEN_LIMIT = 100_000
const SIGNATURE_LEN_LIMIT = 512
const UNIQUE_ID_LEN = 16
/** Letters of what the other side calls itself. */
export const PRODUCT_NAME_LENGTH_MAX = 128
/** TCP connections of one session. */
export const SESSION_CONNECTIONS_MAX = 32
/** What the protocol's version is called, as the original's tools show it. */
export const PROTOCOL_VERSION = 501
export const PROTOCOL_BUILD = 9674

/** Error codes of protocol reference 15 that occur here. */
export const ERROR = {
  connectFailed: 1,
  notVpnServer: 2,
  disconnected: 3,
  protocol: 4,
  hubNotFound: 8,
  authenticationNotSupported: 7,
  authenticationFailed: 9,
  hubOffline: 10,
  sessionRemoved: 11,
  accessDenied: 12,
  sessionTimeout: 13,
  invalidProtocol: 14,
  tooManyConnections: 15,
  hubBusy: 16,
  proxyConnectFailed: 17,
  proxyError: 18,
  proxyAuthenticationFailed: 19,
  tooManyUserSessions: 20,
  licence: 21,
  internal: 23,
  notSupported: 33,
  emptyPasswordRemote: 51,
  notEnoughRights: 52,
  notPasswordUser: 68,
  oldPasswordWrong: 69,
  certificateNotTrusted: 85,
  versionInvalid: 87,
  monitorRefused: 107,
  bridgeRefused: 108,
  sourceRefused: 109,
  clientIdRequired: 127,
} as const

export interface Hello {
  readonly productName: string
  readonly version: number
  readonly build: number
  /** RANDOM_LEN bytes, fresh for every connection. */
  readonly random: Uint8Array
}

export function helloPack(hello: Hello): Pack {
  return new Pack()
    .addInt('build', hello.build)
    .addText('hello', hello.productName)
    .addData('random', hello.random)
    .addInt('version', hello.version)
}

/** `undefined`: the other side is no VPN server. Its error comes first (`errorOf`). */
export function readHello(pack: Pack): Hello | undefined {
  const random = pack.data('random')
  const productName = shown(pack.text('hello'))
  if (productName === '' || random?.length !== RANDOM_LEN) return undefined
  return { productName, version: pack.int('version'), build: pack.int('build'), random }
}

/** How the client wants its session. */
export interface SessionWishes {
  readonly maxConnection: number
  readonly useCompress: boolean
  readonly halfConnection: boolean
  readonly bridge: boolean
  readonly monitor: boolean
}

export interface LoginRequest extends SessionWishes {
  readonly hubName: string
  readonly userName: string
  readonly credential: Credential
  readonly product: ClientProduct
  readonly node: NodeInfo
  /** The original's number of a client's edition; 0 unless it has one. */
  readonly clientId?: number
}

export interface ClientProduct {
  readonly name: string
  readonly version: number
  readonly build: number
}

/** What a client tells of itself (protocol reference 7.3); only shown. */
export interface NodeInfo {
  readonly hostName: string
  readonly osName: string
  readonly osVersion: string
  /** 16 bytes: a client process. */
  readonly uniqueId: Uint8Array
  readonly clientAddress: Ipv4Address
  readonly clientPort: number
  readonly serverHostName: string
}

/** `undefined` without a hub's or user's name: error 4. */
export function readLogin(pack: Pack): LoginRequest | undefined {
  const hubName = pack.text('hubname')
  const userName = pack.text('username')
  if (hubName === '' || userName === '') return undefined
  const product = readProduct(pack)
  return {
    hubName,
    userName,
    credential: readCredential(pack),
    product,
    maxConnection: Math.min(Math.max(pack.int('max_connection'), 1), SESSION_CONNECTIONS_MAX),
    useCompress: pack.bool('use_compress'),
    halfConnection: pack.bool('half_connection'),
    // A product that calls itself server or bridge is one to the original, whatever it asks for.
    bridge: pack.bool('require_bridge_routing_mode') || /server|bridge/i.test(product.name),
    monitor: pack.bool('require_monitor_mode'),
    node: readNodeInfo(pack),
    clientId: pack.int('client_id'),
  }
}

/** What the other side calls itself is shown to people, on terminals too. */
function shown(name: string): string {
  return name.slice(0, PRODUCT_NAME_LENGTH_MAX).replace(/\p{C}/gu, '\ufffd')
}

/** Of every request. The name is shown to administrators, on terminals too, whoever sent it. */
export function readProduct(pack: Pack): ClientProduct {
  return { name: shown(pack.text('client_str')), version: pack.int('client_ver'), build: pack.int('client_build') }
}

function readCredential(pack: Pack): Credential {
  if (pack.count('authtype') === 0) return { kind: 'unsupported' }
  switch (pack.int('authtype')) {
    case 0:
      return { kind: 'anonymous' }
    case 1:
      return { kind: 'password', securePassword: pack.data('secure_password') ?? new Uint8Array(0) }
    case 2:
      return { kind: 'plainPassword', password: pack.text('plain_password') }
    case 3: {
      const certificate = pack.data('cert') ?? new Uint8Array(0)
      const signature = pack.data('sign') ?? new Uint8Array(0)
      const isPossible = certificate.length <= CERTIFICATE_LEN_LIMIT && signature.length <= SIGNATURE_LEN_LIMIT
      return isPossible ? { kind: 'certificate', certificate, signature } : { kind: 'unsupported' }
    }
    default:
      return { kind: 'unsupported' }
  }
}

function readNodeInfo(pack: Pack): NodeInfo {
  const uniqueId = pack.data('UniqueId')
  return {
    hostName: pack.text('ClientHostname'),
    osName: pack.text('ClientOsName'),
    osVersion: pack.text('ClientOsVer'),
    uniqueId: uniqueId?.length === UNIQUE_ID_LEN ? uniqueId : new Uint8Array(UNIQUE_ID_LEN),
    clientAddress: pack.ipv4('ClientIpAddress'),
    clientPort: swapBytes(pack.int('ClientPort')),
    serverHostName: pack.text('ServerHostname'),
  }
}

/** What a client sends. `HubName` of the node information is left out: the name is taken by `hubname`. */
export function loginPack(request: LoginRequest): Pack {
  const { product, node, credential } = request
  const pack = new Pack()
    .addText('method', 'login')
    .addText('hubname', request.hubName)
    .addText('username', request.userName)
    .addText('client_str', product.name)
    .addInt('client_ver', product.version)
    .addInt('client_build', product.build)
    .addInt('client_id', request.clientId ?? 0)
    .addText('hello', product.name)
    .addInt('protocol', 0)
    .addInt('max_connection', request.maxConnection)
    .addBool('use_encrypt', true)
    .addBool('use_compress', request.useCompress)
    .addBool('half_connection', request.halfConnection)
    .addBool('require_bridge_routing_mode', request.bridge)
    .addBool('require_monitor_mode', request.monitor)
    .addBool('qos', false)
    .addText('ClientProductName', product.name)
    .addInt('ClientProductVer', swapBytes(product.version))
    .addInt('ClientProductBuild', swapBytes(product.build))
    .addText('ClientHostname', node.hostName)
    .addText('ClientOsName', node.osName)
    .addText('ClientOsVer', node.osVersion)
    .addText('ServerHostname', node.serverHostName)
    .addIpv4('ClientIpAddress', node.clientAddress)
    .addInt('ClientPort', swapBytes(node.clientPort))
    .addData('UniqueId', node.uniqueId)
  switch (credential.kind) {
    case 'password':
      return pack.addInt('authtype', 1).addData('secure_password', credential.securePassword)
    case 'plainPassword':
      return pack.addInt('authtype', 2).addText('plain_password', credential.password)
    case 'certificate':
      return pack.addInt('authtype', 3).addData('cert', credential.certificate).addData('sign', credential.signature)
    default:
      return pack.addInt('authtype', 0)
  }
}

export interface Welcome {
  readonly sessionName: string
  readonly connectionName: string
  /** SESSION_KEY_LEN bytes: the ticket of additional connections. */
  readonly sessionKey: Uint8Array
  readonly maxConnection: number
  readonly useCompress: boolean
  readonly halfConnection: boolean
  readonly timeoutMs: number
  readonly policy: Policy | undefined
  /** Of the day. */
  readonly message: string
}

/** Data stays inside TLS, QoS and UDP acceleration are declined (protocol reference 12). */
export function welcomePack(welcome: Welcome): Pack {
  const { sessionKey } = welcome
  const pack = new Pack()
    .addText('session_name', welcome.sessionName)
    .addText('connection_name', welcome.connectionName)
    .addData('session_key', sessionKey)
    .addInt('session_key_32', new DataView(sessionKey.buffer, sessionKey.byteOffset).getUint32(0))
    .addInt('max_connection', welcome.maxConnection)
    .addBool('use_encrypt', true)
    .addBool('use_compress', welcome.useCompress)
    .addBool('half_connection', welcome.halfConnection)
    .addInt('timeout', welcome.timeoutMs)
    .addBool('qos', false)
    .addBool('is_azure_session', false)
    .addInt('vlan_id', welcome.policy?.vlanId ?? 0)
    .addBool('enable_udp_recovery', false)
    .addBool('suppress_client_update_notification', true)
    .addData('Msg', new TextEncoder().encode(welcome.message))
  return welcome.policy === undefined ? pack : addPolicy(pack, welcome.policy)
}

/** `undefined`: no login that this side can use. Its error comes first (`errorOf`). */
export function readWelcome(pack: Pack): Welcome | undefined {
  const sessionName = shown(pack.text('session_name'))
  const connectionName = shown(pack.text('connection_name'))
  const sessionKey = pack.data('session_key')
  if (sessionName === '' || connectionName === '' || sessionKey?.length !== SESSION_KEY_LEN) return undefined
  const timeoutMs = pack.int('timeout')
  if (timeoutMs === 0 || !pack.bool('use_encrypt')) return undefined
  return {
    sessionName,
    connectionName,
    sessionKey,
    maxConnection: Math.min(Math.max(pack.int('max_connection'), 1), SESSION_CONNECTIONS_MAX),
    useCompress: pack.bool('use_compress'),
    halfConnection: pack.bool('half_connection'),
    timeoutMs,
    policy: readPolicy(pack),
    message: new TextDecoder().decode(pack.data('Msg')),
  }
}

export function additionalConnectPack(sessionKey: Uint8Array, product: ClientProduct): Pack {
  return new Pack()
    .addText('method', 'additional_connect')
    .addData('session_key', sessionKey)
    .addText('client_str', product.name)
    .addInt('client_ver', product.version)
    .addInt('client_build', product.build)
}

/** Which way frames go on one connection. */
export type Direction = 'both' | 'toClient' | 'toServer'
const DIRECTIONS: readonly Direction[] = ['both', 'toClient', 'toServer']

export function additionalAnswerPack(direction: Direction): Pack {
  return new Pack().addInt('direction', DIRECTIONS.indexOf(direction)).addInt('error', 0)
}

export function readDirection(pack: Pack): Direction | undefined {
  return DIRECTIONS[pack.int('direction')]
}

export function errorPack(code: number): Pack {
  return new Pack().addInt('error', code).addBool('no_save_password', false)
}

/** 0: none. */
export function errorOf(pack: Pack): number {
  return pack.int('error')
}

/** A message that only keeps the connection alive while somebody types a password. */
export function isNoop(pack: Pack): boolean {
  return pack.bool('noop')
}

export function noopPack(): Pack {
  return new Pack().addInt('error', 0).addInt('noop', 1)
}
