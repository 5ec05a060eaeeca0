// docs/api/ says what the table of operations says. `npm run api` writes it anew.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import jsonSchema from '@json-schema-tools/meta-schema'
import metaSchema from '@open-rpc/meta-schema'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { apiReference } from '../src/admin/api-reference.ts'
import { clientTypes } from '../src/admin/client-types.ts'
import { describeOperation } from '../src/admin/describe-operation.ts'
import { openRpcDocument } from '../src/admin/open-rpc.ts'
import type { Operation } from '../src/admin/operation.ts'
import { operations } from '../src/admin/operations.ts'

const rows = Object.entries(operations as unknown as Readonly<Record<string, Operation>>).map(([name, row]) =>
  describeOperation(name, row),
)
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
  version: string
}
const document = openRpcDocument(rows, version)

function withoutDialect(schema: object): object {
  const { $schema: _, $id, ...rest } = schema as { $schema?: string; $id?: string }
  return { ...rest, ...($id === undefined ? {} : { $id: $id.replace(/\/$/, '') }) }
}

describe('the OpenRPC document', () => {
  test('is the one in docs/api', async () => {
    await expect(`${JSON.stringify(document, undefined, 1)}\n`).toMatchFileSnapshot('../docs/api/openrpc.json')
  })

  test("obeys OpenRPC's own schema", () => {
    const ajv = new Ajv({ strict: false, validateFormats: false })
    // Ajv keeps no slash at the end of a name, and knows JSON Schema itself.
    const tools = '$id' in jsonSchema ? jsonSchema : (jsonSchema as { default: object }).default
    ajv.addSchema(withoutDialect(tools), 'https://meta.json-schema.tools')
    // Nor can it follow a pointer to a property that is called $ref; that one is a text.
    const pointer = /\{"\$ref":"[^"]*properties\/\$ref"\}/g
    const whole = JSON.parse(JSON.stringify(metaSchema).replaceAll(pointer, '{"type":"string"}')) as object
    const validate = ajv.compile(withoutDialect(whole))
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
  })

  test('its schemas are JSON Schema', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const { methods } = document as { methods: { params: { schema: object }[]; result: { schema: object } }[] }
    for (const { params, result } of methods) {
      for (const { schema } of [...params, result]) expect(() => ajv.compile(schema)).not.toThrow()
    }
  })
})

test('the declarations of the client are those in docs/api', async () => {
  await expect(clientTypes(rows)).toMatchFileSnapshot('../docs/api/client.d.ts')
})

test('the pages are those in docs/api', async () => {
  await expect(apiReference(rows)).toMatchFileSnapshot('../docs/api/README.md')
})
