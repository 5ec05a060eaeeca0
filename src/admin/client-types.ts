// The declarations of `securenat/client`: the table of operations as TypeScript, for users of the package.

import type { FieldDescription, OperationDescription } from './describe-operation.ts'

const HEAD = `// Declarations of securenat/client, made of the table of operations.

export interface ClientOptions {
  /** \`https://HOST:5555\`; \`http://127.0.0.1:5580\` on the computer itself. */
  readonly url?: string
  /** Instead of it: \`control.sock\` in the state directory of a server on this computer. Needs no password. */
  readonly socketPath?: string
  readonly password?: string
  /** The administrator of this hub; without it, the server's. */
  readonly hub?: string
  /** The viewer of this name. */
  readonly viewer?: string
  /** SHA-256 of the server's certificate, in hexadecimal with or without colons, where the computer does not trust it otherwise. */
  readonly pin?: string
  /** For one call. Default: 15 000. */
  readonly timeoutMs?: number
}

export interface Fault {
  readonly field: string
  /** Completes "must be …". */
  readonly allowed: string
  readonly actual: string
}

/** The server's refusal of one call. */
export declare class RpcError extends Error {
  readonly name: 'RpcError'
  /** SoftEther's: 8 hub not found, 38 invalid parameter, 52 not enough privilege, … */
  readonly code: number
  /** With code 38: every field that is wrong. */
  readonly faults: readonly Fault[]
}

/** The server's refusal of a whole request: 401 for a wrong password, 429 for too many attempts. */
export declare class HttpError extends Error {
  readonly name: 'HttpError'
  readonly status: number
}

export interface ServerEvent {
  /** Give it as \`lastEventId\` to go on behind this event. */
  readonly id: string
  /** \`dhcpEntryCreated\`, \`counters\`, \`gap\`, … */
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface EventOptions {
  /** Of this hub alone. */
  readonly hub?: string
  readonly types?: readonly string[]
  readonly lastEventId?: string
  readonly signal?: AbortSignal
}

export type Call = { [Name in keyof Operations]: readonly [Name, Operations[Name]['params']] }[keyof Operations]

export declare class SecureNatClient {
  /** @throws TypeError */
  constructor(options: ClientOptions)
  /** @throws RpcError @throws HttpError */
  call<Name extends keyof Operations>(method: Name, params: Operations[Name]['params']): Promise<Operations[Name]['result']>
  /** Up to 100 calls in one request, carried out in order. What was refused is an RpcError in its place. @throws HttpError */
  batch<const Calls extends readonly Call[]>(
    calls: Calls,
  ): Promise<{ -readonly [Index in keyof Calls]: Operations[Calls[Index][0]]['result'] | RpcError }>
  /** Until the loop around it is left or the signal says so; what breaks in between is resumed. @throws HttpError */
  events(options?: EventOptions): AsyncGenerator<ServerEvent>
  /** Ends the connections that are kept open for further calls. */
  close(): void
}
`

export function clientTypes(rows: readonly OperationDescription[]): string {
  const sorted = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1))
  return `${HEAD}\nexport interface Operations {\n${sorted.map(declaration).join('\n')}\n}\n`
}

function declaration({ name, summary, params, result }: OperationDescription): string {
  const taken = `    params: ${objectType(params, tolerantType, '    ')}`
  return `  /** ${summary.en}. */\n  ${name}: {\n${taken}\n    result: ${objectType(result, exactType, '    ')}\n  }`
}

type TypeOf = (field: FieldDescription) => string

function objectType(fields: readonly FieldDescription[], typeOf: TypeOf, indent: string): string {
  if (fields.length === 0) return 'Record<string, never>'
  const lines = fields.map((field) => {
    const { name, type, isList, isOptional, facts, rows } = field
    const element = type === 'table' ? objectType(rows, typeOf, `${indent}  `) : typeOf(field)
    const whole = isList ? `${/^[\w.]+$|^\{/.test(element) ? element : `(${element})`}[]` : element
    const note = facts?.max === undefined && facts?.min === undefined ? '' : `${indent}  /** ${facts.allowed} */\n`
    const key = /^\w+$/.test(name) ? name : `'${name}'`
    return `${note}${indent}  readonly ${key}${isOptional ? '?' : ''}: ${whole}${isOptional ? ' | undefined' : ''}`
  })
  return `{\n${lines.join('\n')}\n${indent}}`
}

/** What is sent is exact. */
function exactType({ type, facts }: FieldDescription): string {
  switch (type) {
    case 'u32':
    case 'u64':
      return 'number'
    case 'bool':
      return 'boolean'
    default:
      return facts?.words === undefined ? 'string' : facts.words.map((word) => `'${word}'`).join(' | ')
  }
}

/** Numbers are taken as text too, and times as numbers. */
function tolerantType(field: FieldDescription): string {
  const exact = exactType(field)
  return exact === 'number' || field.type === 'dt' ? 'number | string' : exact
}
