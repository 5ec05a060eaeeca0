// A person at a terminal: keys go in, the screen comes out (tmux).

import { join } from 'node:path'
import { waitFor } from './shell.ts'
import type { World } from './world.ts'

export class TmuxTerminal {
  readonly #world: World
  readonly #tmux: readonly string[]

  private constructor(world: World, name: string) {
    this.#world = world
    this.#tmux = ['tmux', '-S', join(world.directory, `${name}.tmux`), '-f', '/dev/null']
  }

  /** Runs `command`, a line for the shell, in the server's namespace. The screen stays when it has ended. */
  static async start(world: World, name: string, command: string): Promise<TmuxTerminal> {
    const terminal = new TmuxTerminal(world, name)
    const size = ['-x', '120', '-y', '60']
    await world.server.must([...terminal.#tmux, 'new-session', '-d', ...size, `${command}; echo "ended: $?"; cat`], {
      env: { LANG: 'C.UTF-8', TERM: 'screen', SHELL: '/bin/sh' },
    })
    world.defer(async () => {
      await world.server.run([...terminal.#tmux, 'kill-server'])
    })
    return terminal
  }

  /** Names of keys (`Tab`, `C-c`, `Enter`), everything else letter by letter. */
  async keys(...keys: string[]): Promise<void> {
    await this.#world.server.must([...this.#tmux, 'send-keys', ...keys])
  }

  /** What is on the screen, lines without the spaces at their ends. */
  screen(): Promise<string> {
    return this.#world.server.must([...this.#tmux, 'capture-pane', '-p'])
  }

  /** Waits until the last line that is not empty is this one. */
  async shows(last: string | RegExp): Promise<string> {
    let screen = ''
    try {
      return await waitFor(`the terminal to end with ${last}`, 20_000, async () => {
        screen = (await this.screen()).trimEnd()
        const line = screen.split('\n').at(-1)!
        return (typeof last === 'string' ? line === last : last.test(line)) && screen
      })
    } catch (error) {
      throw new Error(`${(error as Error).message}; it shows:\n${screen}`)
    }
  }
}
