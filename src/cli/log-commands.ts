// The commands Log….

import { writeFileSync } from 'node:fs'
import type { ResultOf } from '../admin/operations.ts'
import type { AdminCommand, CommandContext, Outcome, SettingOption } from './admin-command.ts'
import { fieldNames, settings, text, yesOrNo } from './admin-command.ts'
import type { OperandSpec, Text } from './command.ts'
import { UsageError } from './command.ts'
import { command, DISABLE, ENABLE, given, operand, option, required, requiredOption } from './declare.ts'
import { fileSize, plainDate, thousands, yesNo } from './format.ts'
import { PAGED, pageOf } from './paging.ts'
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

/** Option → parameter; its value is a word or number, or yes or no. */
const SETTINGS: readonly SettingOption[] = (
  [
    ['json', 'Json_bool', 'yes|no', text('events as JSON lines', 'イベントを JSON 行で保存する')],
    ['level', 'Level_str', 'info|warn|error', text('least important JSON lines kept', '保存する JSON 行の最低レベル')],
    [
      'reverselookup',
      'ReverseLookup_bool',
      'yes|no',
      text('ask for names of destinations', '接続先のホスト名を逆引きする'),
    ],
    [
      'hublines',
      'HubLinesInServerLog_bool',
      'yes|no',
      text("hubs' lines in the server log too", '仮想 HUB のログをサーバーログにも書く'),
    ],
    [
      'switch',
      'SwitchCycle_str',
      'none|second|minute|hour|day|month',
      text('when another file is begun', 'ファイルの切り替え周期'),
    ],
    ['filebytes', 'FileBytes_u64', 'N', text('longest file', 'ファイルの最大サイズ (バイト)')],
    ['retentiondays', 'RetentionDays_u32', 'N', text('days files are kept; 0: for ever', '保存日数 (0: 無期限)')],
    [
      'retentionbytes',
      'RetentionBytes_u64',
      'N',
      text('largest log directory; 0: no limit', 'ログディレクトリの最大サイズ (0: 無制限)'),
    ],
  ] as const
).map(([name, field, value, help]) => ({
  name,
  field,
  value,
  help,
  convert: value === 'yes|no' ? yesOrNo : (word: string) => word.toLowerCase(),
}))

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
      options: [requiredOption('switch', 'sec|min|hour|day|month|none', 'how often', '切り替え周期')],
    },
    async (context) => {
      requireSecurity('LogSwitchSet', context)
      const word = required(context, 'switch').toLowerCase()
      const type = SWITCH_WORDS.indexOf(word)
      if (type < 0)
        throw new UsageError(`LogSwitchSet: --switch must be sec, min, hour, day, month or none, is "${word}"`)
      return {
        json: await context.call('SetHubLog', { HubName_str: context.hub, SecurityLogSwitchType_u32: type }),
      }
    },
  ),
  command(
    'LogSettingsGet',
    text('show the settings of all logs', 'すべてのログの設定を表示する'),
    {},
    async ({ call }) => {
      const settings = await call('GetLogSettings', {})
      return { json: settings, records: [settingsRows(settings)] }
    },
  ),
  {
    name: 'LogSettingsSet',
    summary: text('change settings of all logs', 'すべてのログの設定を変更する'),
    options: SETTINGS,
    oneOf: SETTINGS,
    fields: fieldNames(SETTINGS),
    async run({ call, arguments: parsed }) {
      return { json: await call('SetLogSettings', settings(SETTINGS, parsed)) }
    },
  },
  command('LogFileList', text('list the log files', 'ログファイルの一覧を表示する'), PAGED, async (context) => {
    const list = await context.call('EnumLogFile', pageOf(context.arguments))
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
      operands: [operand('FILE', 'its name in LogFileList', 'LogFileList に表示される名前', 'log')],
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

function settingsRows(of: ResultOf<'GetLogSettings'>): Row[] {
  return [
    [text('Events as JSON Lines', 'イベントの JSON 行'), yesNo(of.Json_bool)],
    [text('Level of JSON Lines', 'JSON 行のレベル'), of.Level_str],
    [text('Reverse Lookup of Destinations', '接続先の逆引き'), yesNo(of.ReverseLookup_bool)],
    [text('Lines of Hubs in Server Log', 'サーバーログへの仮想 HUB ログの記録'), yesNo(of.HubLinesInServerLog_bool)],
    [CYCLE, of.SwitchCycle_str],
    [text('Maximum File Size', 'ファイルの最大サイズ'), `${thousands(of.FileBytes_u64)} bytes`],
    [text('Retention (Days)', '保存日数'), String(of.RetentionDays_u32)],
    [text('Maximum Directory Size', 'ログディレクトリの最大サイズ'), `${thousands(of.RetentionBytes_u64)} bytes`],
  ]
}
