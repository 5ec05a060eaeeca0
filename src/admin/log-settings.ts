// The settings of the logs: when a file is finished and another begun, how long files are kept, and what is written at all.

/** When a new file is begun; the original's log switch types, in the order of its numbers. */
export const SWITCH_CYCLES = ['none', 'second', 'minute', 'hour', 'day', 'month'] as const
export type SwitchCycle = (typeof SWITCH_CYCLES)[number]

export const LOG_LEVELS = ['info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What counts for one directory of log files. */
export interface LogFileOptions {
  switchCycle: SwitchCycle
  /** A file longer than this is followed by another. */
  fileBytes: number
  /** Files that were last written longer ago are deleted; 0: never. */
  retentionDays: number
  /** The oldest files are deleted until the directory is no larger; 0: no limit. */
  retentionBytes: number
}

export interface LogOptions extends LogFileOptions {
  /** JSON lines beside the texts: logs/HUB/events and logs/server. */
  json: boolean
  /** Of the JSON lines: less important ones are left out. */
  level: LogLevel
  /** Asks for the host name of a destination, for the line about the connection (R51). */
  reverseLookup: boolean
  /** Repeats the lines of the hubs in the server's log. */
  hubLinesInServerLog: boolean
}

export const DEFAULT_LOG_OPTIONS: LogOptions = {
  json: true,
  level: 'info',
  reverseLookup: true,
  hubLinesInServerLog: true,
  switchCycle: 'day',
  fileBytes: 2 ** 30 - 1,
  retentionDays: 180,
  retentionBytes: 4 * 2 ** 30,
}

export const FILE_BYTES_RANGE = { min: 65_536, max: 2 ** 40 }
export const RETENTION_DAYS_RANGE = { min: 0, max: 36_500 }
export const RETENTION_BYTES_RANGE = { min: 0, max: 2 ** 50 }
