// Operations on the settings of all logs: how long files are kept, JSON lines, names of destinations. What belongs to one hub's log is
// GetHubLog's.

import * as z from 'zod/mini'
import { bool, boolean, number, oneOf, str, u32In } from './fields.ts'
import type { LogOptions } from './log-settings.ts'
import {
  FILE_BYTES_RANGE,
  LOG_LEVELS,
  RETENTION_BYTES_RANGE,
  RETENTION_DAYS_RANGE,
  SWITCH_CYCLES,
} from './log-settings.ts'
import type { Management } from './management.ts'
import { operation, text } from './operation.ts'

const settingsResult = z.object({
  Json_bool: boolean,
  Level_str: str,
  ReverseLookup_bool: boolean,
  HubLinesInServerLog_bool: boolean,
  SwitchCycle_str: str,
  FileBytes_u64: number,
  RetentionDays_u32: number,
  RetentionBytes_u64: number,
})

export const logOperations = {
  GetLogSettings: operation({
    summary: text('The settings of all logs', 'すべてのログの設定'),
    permission: 'server',
    effect: 'reads',
    params: z.object({}),
    result: settingsResult,
    handle: ({ management }) => describeSettings(management),
  }),

  SetLogSettings: operation({
    summary: text(
      'Changes settings of all logs, at once and in the configuration; those left out stay as they are',
      'すべてのログの設定を変更する (直ちに適用され設定にも保存される。省略したものは変わらない)',
    ),
    permission: 'server',
    effect: 'changes',
    params: z.object({
      Json_bool: z.optional(bool),
      Level_str: z.optional(oneOf(LOG_LEVELS)),
      ReverseLookup_bool: z.optional(bool),
      HubLinesInServerLog_bool: z.optional(bool),
      SwitchCycle_str: z.optional(oneOf(SWITCH_CYCLES)),
      FileBytes_u64: z.optional(u32In(FILE_BYTES_RANGE)),
      RetentionDays_u32: z.optional(u32In(RETENTION_DAYS_RANGE)),
      RetentionBytes_u64: z.optional(u32In(RETENTION_BYTES_RANGE)),
    }),
    result: settingsResult,
    handle: async ({ management }, params) => {
      const given: { readonly [Name in keyof LogOptions]: LogOptions[Name] | undefined } = {
        json: params.Json_bool,
        level: params.Level_str,
        reverseLookup: params.ReverseLookup_bool,
        hubLinesInServerLog: params.HubLinesInServerLog_bool,
        switchCycle: params.SwitchCycle_str,
        fileBytes: params.FileBytes_u64,
        retentionDays: params.RetentionDays_u32,
        retentionBytes: params.RetentionBytes_u64,
      }
      await management.changeLogSettings(
        Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      )
      return describeSettings(management)
    },
  }),
}

function describeSettings(management: Management): z.input<typeof settingsResult> {
  const settings = management.logSettings()
  return {
    Json_bool: settings.json,
    Level_str: settings.level,
    ReverseLookup_bool: settings.reverseLookup,
    HubLinesInServerLog_bool: settings.hubLinesInServerLog,
    SwitchCycle_str: settings.switchCycle,
    FileBytes_u64: settings.fileBytes,
    RetentionDays_u32: settings.retentionDays,
    RetentionBytes_u64: settings.retentionBytes,
  }
}
