// `securenat completion SHELL`: a script made of the same tables as the help.

import type { CommandSpec, Language } from '../command.ts'
import { UsageError } from '../command.ts'
import { COMMANDS, COMMON_OPTIONS, withOptions } from '../commands.ts'
import { PROGRAMS, TOOLS } from '../programs.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

/** @throws UsageError for a shell that is not known */
export function completionFor(shell: string, language: Language): string {
  const specs: readonly CommandSpec[] = [
    ...PROGRAMS,
    ...TOOLS,
    ...COMMANDS.map((command) => withOptions(command, COMMON_OPTIONS)),
  ]
  switch (shell.toLowerCase()) {
    case 'bash':
      return bashCompletion(specs, COMMON_OPTIONS)
    case 'zsh':
      return zshCompletion(specs, language)
    case 'fish':
      return fishCompletion(specs, language)
    default:
      throw new UsageError(`completion: the shell must be bash, zsh or fish, is "${shell}"`)
  }
}
