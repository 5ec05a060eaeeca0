// The table of operations as pages for people: docs/api/.

import type { FieldDescription, OperationDescription } from './describe-operation.ts'

const TYPES: Readonly<Record<FieldDescription['type'], string>> = {
  str: 'text',
  utf: 'text',
  u32: 'number',
  u64: 'number',
  bool: 'true or false',
  ip: 'IPv4 address',
  dt: 'time',
  bin: 'base64',
  table: 'rows',
}

const HEAD = `# Operations

Every door to the server offers these: JSON-RPC at \`/api/\`, SoftEther's own tools, the command line. Names and fields are SoftEther's; a field's
suffix is its type (\`_str\`, \`_utf\` text, \`_u32\`, \`_u64\` number, \`_bool\`, \`_ip\` address, \`_dt\` time in ISO 8601, \`_bin\` base64). The same as data:
[openrpc.json](openrpc.json), an OpenRPC document. Programs for Node.js have \`securenat/client\` ([client.d.ts](client.d.ts), [examples](../../examples/README.md)):

    import { SecureNatClient } from 'securenat/client'
    const client = new SecureNatClient({ url: 'https://127.0.0.1:5555', password: '…' })
    const { HubList } = await client.call('EnumHub', {})
    for await (const event of client.events()) console.log(event.type, event.data)

And without it:

    curl -k https://127.0.0.1:5555/api/ -H 'X-VPNADMIN-PASSWORD: …' \\
      -d '{"jsonrpc":"2.0","id":"1","method":"EnumHub","params":{}}'

*Who*: **any** is every administrator, **hub** the server's and that hub's, **server** the server's alone. Viewers may call what only *reads*.
`

export function apiReference(rows: readonly OperationDescription[]): string {
  const sorted = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1))
  const list = sorted.map(
    ({ name, summary, permission, effect }) =>
      `| [\`${name}\`](#${name.toLowerCase()}) | ${cell(summary.en)} | ${permission} | ${effect} |`,
  )
  const overview = ['| operation | what it does | who | effect |', '| --- | --- | --- | --- |', ...list].join('\n')
  return `${HEAD}\n${overview}\n\n${sorted.map(section).join('\n')}`
}

function section({ name, summary, params, result }: OperationDescription): string {
  const parts = [`## ${name}\n`, `${summary.en}.\n`]
  parts.push(params.length === 0 ? 'No parameters.\n' : `| parameter | |\n| --- | --- |\n${lines(params, '')}`)
  parts.push(result.length === 0 ? 'The result is empty.\n' : `| result | |\n| --- | --- |\n${lines(result, '')}`)
  return parts.join('\n')
}

function lines(fields: readonly FieldDescription[], indent: string): string {
  return fields
    .map((field) => {
      const rows = field.rows.length === 0 ? '' : lines(field.rows, `${indent}${field.name}[].`)
      return `| \`${indent}${field.name}\` | ${cell(meaning(field))} |\n${rows}`
    })
    .join('')
}

function meaning({ type, isList, isOptional, facts }: FieldDescription): string {
  const allowed = facts?.allowed ?? TYPES[type]
  return `${isList && type !== 'table' ? `list of ${allowed}` : allowed}${isOptional ? '; may be left out' : ''}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
