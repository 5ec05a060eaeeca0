// The table of operations as an OpenRPC document (open-rpc.org, version 1.2.6): what other people's tools make clients,
// forms and mocks of. Made of the table's own description, so it cannot say anything else.

import type { FieldDescription, OperationDescription } from './describe-operation.ts'
import { ERROR_CODES } from './rpc-error.ts'

type Json = Readonly<Record<string, unknown>>

const WHO: Readonly<Record<OperationDescription['permission'], string>> = {
  any: 'Every administrator; the administrator of a hub sees what is of that hub.',
  hub: 'The administrator of the server, and the administrator of that hub.',
  server: 'The administrator of the server.',
}

export function openRpcDocument(rows: readonly OperationDescription[], version: string): Json {
  return {
    openrpc: '1.2.6',
    info: {
      title: 'securenat administration',
      version,
      license: { name: 'Apache-2.0' },
      description:
        "Management of a securenat server. Names and fields are those of SoftEther VPN's JSON-RPC; a field's suffix is its type. Parameters are given by name.",
    },
    servers: [
      { name: 'this computer', url: 'http://127.0.0.1:5580/api/' },
      { name: 'TLS listener', url: 'https://127.0.0.1:5555/api/' },
    ],
    methods: rows.map(methodOf),
    components: { errors: errorsOf() },
  }
}

function methodOf(row: OperationDescription): Json {
  const viewers = row.effect === 'reads' ? ' Viewers may call it.' : ''
  return {
    name: row.name,
    summary: row.summary.en,
    description: `${WHO[row.permission]}${viewers}`,
    tags: [{ name: row.effect }],
    paramStructure: 'by-name',
    params: row.params.map((field) => ({
      name: field.name,
      required: !field.isOptional,
      schema: schemaOf(field),
    })),
    result: { name: `${row.name}Result`, schema: objectOf(row.result) },
  }
}

function errorsOf(): Json {
  const entries = Object.entries(ERROR_CODES)
  return Object.fromEntries(entries.map(([name, code]) => [name, { code, message: words(name) }]))
}

/** `hubNotFound`: "Hub not found". */
function words(name: string): string {
  const spaced = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return spaced[0]!.toUpperCase() + spaced.slice(1)
}

export function objectOf(fields: readonly FieldDescription[]): Json {
  const required = fields.filter(({ isOptional }) => !isOptional).map(({ name }) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOf(field)])),
    ...(required.length === 0 ? {} : { required }),
  }
}

function schemaOf(field: FieldDescription): Json {
  const schema = field.type === 'table' ? objectOf(field.rows) : scalarSchema(field)
  return field.isList ? { type: 'array', items: schema } : schema
}

function scalarSchema({ type, facts }: FieldDescription): Json {
  const { min, max, words: allowed } = facts ?? {}
  switch (type) {
    case 'bool':
      return { type: 'boolean' }
    case 'u32':
    case 'u64':
      return { type: 'integer', minimum: min ?? 0, ...(max === undefined ? {} : { maximum: max }) }
    case 'dt':
      return { type: 'string', format: 'date-time', description: '1970-01-01T09:00:00.000Z means never' }
    case 'ip':
      return { type: 'string', description: 'an IPv4 address' }
    case 'bin':
      return { type: 'string', contentEncoding: 'base64' }
    default:
      return {
        type: 'string',
        ...(allowed === undefined ? {} : { enum: allowed }),
        ...(max === undefined ? {} : { maxLength: max }),
      }
  }
}
