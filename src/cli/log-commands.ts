// The commands Log….

import { writeFileSync } from 'node:fs'
import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { OperandSpec, Text } from './command.ts'
import { UsageError } from './command.ts'
import { command, DISABLE, ENABLE, given, operand, option, required } from './declare.ts'
import { fileSize, plainDate } from './format.ts'
import type { Row } from './table.ts'

const KIND: readonly OperandSpec[] = [operand('security|packet', 'which log', 'ログの種類')]
const SWITCH_WORDS: readonly string[] = ['none', 'sec', 'min', 'hour', 'day', 'month']
const SWITCHES: readonly Text[] = [
  text('No Switching', '切り替えを行わない'),
  text('Switch in Every Second', '1 秒単位で切り替える'),
  text('Switch in Every Minute', '1 分単位で切り替える'),
  text('Switch in Every Hour', '1 時間単位で切り替える'),
  text('Switch in Every Day', '1 日単位で切り替える'),
  text('Switch in Every Month', '1 ヶ月単位で切り替える'),
]
const CYCLE = text('Log File Switch Cycle', 'ログファイルの切り替え周期')

export const LOG_COMMANDS: readonly AdminCommand[] = [
  command(
    'LogGet',
    text('show the log settings of a hub', '仮想 HUB のログ保存設定を表示する'),
    {},
    async (context) => {
      const log = await context.call('GetHubLog', { HubName_str: context.hub })
      const rows: Row[] = [
        [text('Save Security Log', 'セキュリティログの保存'), log.SaveSecurityLog_bool ? ENABLE : DISABLE],
        [CYCLE, SWITCHES[log.SecurityLogSwitchType_u32] ?? ''],
        [text('Save Packet Log', 'パケットログの保存'), log.SavePacketLog_bool ? ENABLE : DISABLE],
      ]
      return { json: log, records: [rows] }
    },
  ),
  command('LogEnable', text('keep a log', 'ログの保存を有効にする'), { operands: KIND }, (context) =>
    setKept('LogEnable', context, true),
  ),
  command('LogDisable', text('keep a log no longer', 'ログの保存を無効にする'), { operands: KIND }, (context) =>
    setKept('LogDisable', context, false),
  ),
  command(
    'LogSwitchSet',
    text('say when another log file is begun', 'ログファイルの切り替え周期を設定する'),
    {
      operands: KIND,
      options: [option('switch', 'sec|min|hour|day|month|none', 'how often', '切り替え周期')],
    },
    async (context) => {
      requireSecurity('LogSwitchSet', context)
      const word = required('LogSwitchSet', context, 'switch').toLowerCase()
      const type = SWITCH_WORDS.indexOf(word)
      if (type < 0)
        throw new UsageError(`LogSwitchSet: --switch must be sec, min, hour, day, month or none, is "${word}"`)
      return {
        json: await context.call('SetHubLog', { HubName_str: context.hub, SecurityLogSwitchType_u32: type }),
      }
    },
  ),
  command('LogFileList', text('list the log files', 'ログファイルの一覧を表示する'), {}, async ({ call }) => {
    const list = await call('EnumLogFile', {})
    const records = list.LogFiles.map((file): Row[] => [
      [text('Log File Name', 'ログファイル名'), file.FilePath_str],
      [text('File Size', 'ファイルサイズ'), fileSize(file.FileSize_u32)],
      [text('Updated on', '更新日時'), plainDate(file.UpdatedTime_dt)],
      [text('Location', '場所'), file.ServerName_str],
    ])
    return { json: list, records }
  }),
  command(
    'LogFileGet',
    text('read a log file', 'ログファイルを読む'),
    {
      operands: [operand('FILE', 'its name in LogFileList', 'LogFileList に表示される名前')],
      options: [option('savepath', 'FILE', 'where to save it (default: it is printed)', '保存先 (省略時は画面に表示)')],
      fields: { FilePath_str: 'FILE' },
    },
    async (context) => {
      const chunks = await readWhole(context, context.arguments.operands[0]!)
      const path = given(context, 'savepath')
      const json = { FilePath_str: context.arguments.operands[0]!, Buffer_bin: chunks.toString('base64') }
      if (path === undefined) return { json, plain: chunks.toString('utf8').replace(/\r?\n$/, '') }
      writeFileSync(path, chunks)
      return { json }
    },
  ),
]

/** Of the two logs of the original this server keeps one. */
function requireSecurity(spec: string, { arguments: { operands } }: CommandContext): void {
  const kind = operands[0]!.toLowerCase()
  if (kind !== 'security')
    throw new UsageError(`${spec}: must be security (this version keeps no packet log), is "${kind}"`)
}

async function setKept(spec: string, context: CommandContext, SaveSecurityLog_bool: boolean): Promise<Outcome> {
  requireSecurity(spec, context)
  return { json: await context.call('SetHubLog', { HubName_str: context.hub, SaveSecurityLog_bool }) }
}

async function readWhole({ call }: CommandContext, FilePath_str: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let Offset_u32 = 0
  for (;;) {
    const chunk = Buffer.from((await call('ReadLogFile', { FilePath_str, Offset_u32 })).Buffer_bin, 'base64')
    if (chunk.length === 0) return Buffer.concat(chunks)
    chunks.push(chunk)
    Offset_u32 += chunk.length
  }
}
