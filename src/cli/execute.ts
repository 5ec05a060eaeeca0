// One command against a server: what it prints, or an error that names what the person typed.

import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import type { Language, ParsedArguments } from './command.ts'
import { optionValue, requireOptions, UsageError } from './command.ts'
import type { RpcClient } from './rpc-client.ts'
import { CallError } from './rpc-client.ts'
import { formatGrid, formatTable } from './table.ts'

const DONE = { en: 'The command completed successfully.', ja: 'コマンドは正常に終了しました。' } as const

/** @param otherwise the language, when neither the arguments nor the server say one */
export async function execute(
  command: AdminCommand,
  context: Omit<CommandContext, 'call'>,
  client: RpcClient,
  otherwise: Language,
): Promise<string> {
  const { arguments: parsed } = context
  // A wrong language is a mistake before it is asked for.
  chosenLanguage(parsed, 'en')
  requireOptions(command, parsed)
  try {
    const outcome = await command.run({
      call: (method, params) => client.call(method, params),
      // Only a command that wants to know the hub finds out that there is none.
      get hub() {
        return context.hub
      },
      arguments: parsed,
    })
    if (parsed.options.has('json')) return JSON.stringify(outcome.json, undefined, 2)
    return formatOutcome(outcome, chosenLanguage(parsed, client.language ?? otherwise))
  } catch (error) {
    throw error instanceof CallError ? explained(command, error) : error
  }
}

function formatOutcome({ records, grids = [], plain }: Outcome, language: Language): string {
  if (plain !== undefined) return plain
  const tables = [
    ...(records === undefined ? [] : [formatTable(records, language)]),
    ...grids.map((grid) => formatGrid(grid, language)),
  ]
  return tables.length === 0 ? DONE[language] : tables.join('\n\n')
}

/** The server names parameters; who typed a command knows options. */
function explained(command: AdminCommand, error: CallError): Error {
  const sentences = error.faults.map(({ field, allowed, actual }) => {
    return `${command.fields?.[field] ?? field} must be ${allowed}, is ${actual}`
  })
  return new Error(`${command.name}: ${sentences.length > 0 ? sentences.join('; ') : error.message}`)
}

export function chosenLanguage(parsed: ParsedArguments, otherwise: Language): Language {
  const given = optionValue(parsed, 'language')?.toLowerCase()
  if (given === undefined) return otherwise
  if (given === 'en' || given === 'ja') return given
  throw new UsageError(`--language must be en or ja, is "${given}"`)
}
