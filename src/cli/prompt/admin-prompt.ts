// `securenat admin`: the prompt for a person at a terminal, or a script from a file or standard input. A script goes on after a
// fault, as vpncmd's do, and its exit status says whether there was one.

import { appendFileSync, createReadStream, openSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Text } from '../command.ts'
import type { RpcClient } from '../rpc-client.ts'
import { complete } from './complete.ts'
import { HISTORY_LINES_MAX, History } from './history.ts'
import type { Screen, ShellOptions } from './shell.ts'
import { Interrupted, PROMPT_SPECS, promptSpec, Shell } from './shell.ts'
import { Terminal } from './terminal.ts'

export interface AdminPromptOptions extends ShellOptions {
  readonly scriptFile: string | undefined
  readonly recordFile: string | undefined
  /** Where the history is kept. */
  readonly stateDir: string
}

const GREETING: Text = {
  en: 'Connected to SERVER. Help lists the commands, Tab completes them, Exit ends.',
  ja: 'SERVER に接続しました。Help でコマンド一覧、Tab で補完、Exit で終了します。',
}

/** @returns the exit status */
export async function adminPrompt(given: AdminPromptOptions): Promise<number> {
  const { client, scriptFile, recordFile } = given
  // Before anything is read: who cannot be reached, or does not let us in, is a fault of the call.
  const server = await client.call('GetServerInfo', {})
  const options = { ...given, hub: given.hub === undefined ? undefined : await spellingOf(given.hub, client) }
  const record = recordTo(recordFile)
  if (scriptFile !== undefined || !process.stdin.isTTY || !process.stdout.isTTY) return script(options, record)
  const language = options.language ?? client.language ?? options.otherwise
  const history = new History(options.stateDir, promptSpec)
  const terminal = new Terminal({
    input: process.stdin,
    output: process.stdout,
    history: history.load(),
    historySize: HISTORY_LINES_MAX,
    complete: (line) => complete(line, { specs: PROMPT_SPECS, names: (kind) => shell.names(kind) }),
  })
  const shell = new Shell(options, recorded(terminal, record))
  const name = `${server.ServerHostName_str} (${server.ServerProductName_str})`
  terminal.print(GREETING[language].replace('SERVER', () => name))
  await converse(shell, terminal, history, record)
  terminal.close()
  return 0
}

/** As the server writes it. @throws CallError when there is no such hub */
async function spellingOf(hub: string, client: RpcClient): Promise<string> {
  return (await client.call('GetHubStatus', { HubName_str: hub })).HubName_str
}

async function converse(
  shell: Shell,
  terminal: Terminal,
  history: History,
  record: (text: string) => void,
): Promise<void> {
  for (;;) {
    try {
      const line = await terminal.line(shell.prompt)
      if (line === undefined) {
        terminal.print('')
        return
      }
      record(`${shell.prompt}${line}`)
      history.add(line)
      if ((await shell.enter(line)) === 'exit') return
      if (line.trim() !== '') terminal.print('')
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
    }
  }
}

async function script(options: AdminPromptOptions, record: (text: string) => void): Promise<number> {
  const { scriptFile, asJson } = options
  // Opened here, so that a file that is not there is told as a fault of the call.
  const input = scriptFile === undefined ? process.stdin : createReadStream('', { fd: openSync(scriptFile, 'r') })
  const lines = createInterface({ input, terminal: false })
  const screen: Screen = {
    print: (text) => process.stdout.write(`${text}\n`),
    fault: (text) => process.stderr.write(`securenat: ${text}\n`),
  }
  const shell = new Shell(options, recorded(screen, record))
  let status = 0
  for await (const line of lines) {
    const shown = `${shell.prompt}${line}`
    record(shown)
    if (!asJson) screen.print(shown)
    const result = await shell.enter(line)
    if (result === 'exit') break
    if (result === 'failed') status = 1
  }
  lines.close()
  return status
}

function recordTo(path: string | undefined): (text: string) => void {
  if (path === undefined) return () => {}
  writeFileSync(path, '', { mode: 0o600 })
  return (text) => appendFileSync(path, `${text}\n`)
}

/** The same screen, whose words are written down too; answers are not. */
function recorded(screen: Screen, record: (text: string) => void): Screen {
  const ask = screen.ask?.bind(screen)
  return {
    print: (text) => {
      record(text)
      screen.print(text)
    },
    fault: (text) => {
      record(text)
      screen.fault(text)
    },
    ...(ask === undefined ? {} : { ask }),
  }
}
