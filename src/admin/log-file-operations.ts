// Operations on log files: which there are, and reading one by ranges.

import * as z from 'zod/mini'
import { binText, number, str, timeText, u64 } from './fields.ts'
import { visibleHubs } from './hub-operations.ts'
import type { LogFileRow } from './management/server.ts'
import type { CallContext } from './operation.ts'
import { operation, text } from './operation.ts'
import { pageParams, pageResult, partOf } from './paging.ts'
import { objectNotFound } from './rpc-error.ts'

/** Bytes answered at a time, as in the original. */
export const LOG_CHUNK_MAX = 655_360

export const logFileOperations = {
  EnumLogFile: operation({
    summary: text(
      'Lists the log files; the administrator of a hub sees those of that hub',
      'ログファイルの一覧 (HUB の管理者には自分の HUB のみ)',
    ),
    permission: 'any',
    effect: 'reads',
    params: z.object(pageParams),
    result: z.object({
      ...pageResult,
      LogFiles: z.array(
        z.object({ ServerName_str: str, FilePath_str: str, FileSize_u32: number, UpdatedTime_dt: str }),
      ),
    }),
    handle: async (context, params) => {
      const { hostName } = context.management.facts()
      const files = await visibleFiles(context)
      return {
        NumItem_u32: files.length,
        LogFiles: partOf(files, params).map(({ path, size, updatedAt }) => ({
          ServerName_str: hostName,
          FilePath_str: path,
          FileSize_u32: Math.min(size, 0xffff_ffff),
          UpdatedTime_dt: timeText(Math.round(updatedAt)),
        })),
      }
    },
  }),

  ReadLogFile: operation({
    summary: text(
      'Reads a log file from Offset on, at most 655360 bytes at a time; no bytes mark its end',
      'ログファイルを Offset の位置から読む (一度に最大 655360 バイト。空の場合は終端)',
    ),
    permission: 'any',
    effect: 'reads',
    params: z.object({ FilePath_str: str, ServerName_str: z.optional(str), Offset_u32: z.optional(u64) }),
    result: z.object({ ServerName_str: str, FilePath_str: str, Offset_u32: number, Buffer_bin: str }),
    handle: async (context, { FilePath_str: path, Offset_u32: offset = 0 }) => {
      const files = await visibleFiles(context)
      // What is not listed cannot be read, so a path leads nowhere else.
      const isListed = files.some((file) => file.path === path)
      const bytes = isListed ? await context.management.readLogFile(path, offset, LOG_CHUNK_MAX) : undefined
      if (bytes === undefined) throw objectNotFound(`log file "${path}"`)
      return {
        ServerName_str: context.management.facts().hostName,
        FilePath_str: path,
        Offset_u32: 0,
        Buffer_bin: binText(bytes),
      }
    },
  }),
}

async function visibleFiles(context: CallContext): Promise<readonly LogFileRow[]> {
  const files = await context.management.logFiles()
  if (context.role.kind !== 'hub') return files
  const [own] = visibleHubs(context)
  if (own === undefined || (own.settings().adminOptions.no_read_log_file ?? 0) !== 0) return []
  return files.filter(({ hub }) => hub === own.name)
}
