// All commands that administer a server, and the options they share.

import { ACCESS_COMMANDS } from './access-commands.ts'
import type { AdminCommand } from './admin-command.ts'
import { CASCADE_COMMANDS } from './cascade-commands.ts'
import { CASCADE_SETTING_COMMANDS } from './cascade-setting-commands.ts'
import type { OptionSpec } from './command.ts'
import { DHCP_COMMANDS } from './dhcp-commands.ts'
import { DNS_COMMANDS } from './dns-commands.ts'
import { DOOR_COMMANDS } from './door-commands.ts'
import { EGRESS_COMMANDS } from './egress-commands.ts'
import { GROUP_COMMANDS } from './group-commands.ts'
import { HUB_COMMANDS } from './hub-commands.ts'
import { INBOUND_COMMANDS } from './inbound-commands.ts'
import { LOG_COMMANDS } from './log-commands.ts'
import { OPTION_COMMANDS } from './option-commands.ts'
import {
  HELP_OPTION,
  HUB_OPTION,
  JSON_OPTION,
  LANGUAGE_OPTION,
  PIN_OPTION,
  SERVER_OPTION,
  STATE_OPTION,
  USER_OPTION,
} from './programs.ts'
import { SECURENAT_COMMANDS } from './securenat-commands.ts'
import { SERVER_COMMANDS } from './server-commands.ts'
import { SESSION_COMMANDS } from './session-commands.ts'
import { TRUST_COMMANDS } from './trust-commands.ts'
import { USER_COMMANDS } from './user-commands.ts'

/** Of every command that is started by itself. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  HUB_OPTION,
  STATE_OPTION,
  SERVER_OPTION,
  USER_OPTION,
  PIN_OPTION,
  JSON_OPTION,
  LANGUAGE_OPTION,
  HELP_OPTION,
]
export const COMMANDS: readonly AdminCommand[] = [
  ...SECURENAT_COMMANDS,
  ...EGRESS_COMMANDS,
  ...INBOUND_COMMANDS,
  ...DHCP_COMMANDS,
  ...DNS_COMMANDS,
  ...HUB_COMMANDS,
  ...USER_COMMANDS,
  ...GROUP_COMMANDS,
  ...SESSION_COMMANDS,
  ...ACCESS_COMMANDS,
  ...TRUST_COMMANDS,
  ...CASCADE_COMMANDS,
  ...CASCADE_SETTING_COMMANDS,
  ...OPTION_COMMANDS,
  ...LOG_COMMANDS,
  ...SERVER_COMMANDS,
  ...DOOR_COMMANDS,
]

/** @returns `undefined` when no command has this name, in whatever case */
export function commandNamed(name: string): AdminCommand | undefined {
  const wanted = name.toLowerCase()
  return COMMANDS.find((candidate) => candidate.name.toLowerCase() === wanted)
}

export function withOptions(command: AdminCommand, options: readonly OptionSpec[]): AdminCommand {
  return { ...command, options: [...command.options, ...options] }
}

const ABOUT_SERVER: ReadonlySet<string> = new Set([
  ...[...SERVER_COMMANDS, ...DOOR_COMMANDS].map(({ name }) => name),
  ...['HubList', 'HubCreate', 'HubDelete', 'PolicyList'],
])

/** Whether it makes no difference to a command which hub is selected. */
export function isAboutServer(name: string): boolean {
  return ABOUT_SERVER.has(name)
}
