// The key `logs`: what is written to log files, when another file is begun, and how long files are kept.

import * as z from 'zod/mini'
import type { LogOptions } from '../../admin/log-settings.ts'
import {
  DEFAULT_LOG_OPTIONS,
  FILE_BYTES_RANGE,
  LOG_LEVELS,
  RETENTION_BYTES_RANGE,
  RETENTION_DAYS_RANGE,
  SWITCH_CYCLES,
} from '../../admin/log-settings.ts'
import type { Section } from './section.ts'
import { plainSection } from './section.ts'
import { bool, integerIn, oneOf } from './values.ts'

export const logsSection: Section<LogOptions> = plainSection(
  z.strictObject(
    {
      json: z.optional(bool),
      level: z.optional(oneOf(LOG_LEVELS)),
      reverseLookup: z.optional(bool),
      hubLinesInServerLog: z.optional(bool),
      switchCycle: z.optional(oneOf(SWITCH_CYCLES)),
      fileBytes: z.optional(integerIn(FILE_BYTES_RANGE)),
      retentionDays: z.optional(integerIn(RETENTION_DAYS_RANGE)),
      retentionBytes: z.optional(integerIn(RETENTION_BYTES_RANGE)),
    },
    'an object',
  ),
  DEFAULT_LOG_OPTIONS,
)
