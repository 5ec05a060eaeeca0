// Asks a person for a password, without showing it.

import { UsageError } from './command.ts'

export async function promptPassword(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    throw new UsageError('a password is needed, and there is no terminal to ask on: set SECURENAT_PASSWORD')
  }
  stderr.write(question)
  stdin.setRawMode(true)
  try {
    return await readLine(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

function readLine(stdin: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    const done = (then: () => void): void => {
      stdin.off('data', onData)
      then()
    }
    const onData = (chunk: Buffer): void => {
      for (const letter of chunk.toString('utf8')) {
        if (letter === '\r' || letter === '\n') {
          done(() => resolve(line))
          return
        }
        // Ctrl-C and Ctrl-D: in raw mode nobody else acts on them.
        if (letter === '\u0003' || letter === '\u0004') {
          done(() => reject(new UsageError('no password was given')))
          return
        }
        line = letter === '\u007f' || letter === '\b' ? Array.from(line).slice(0, -1).join('') : line + letter
      }
    }
    stdin.on('data', onData)
  })
}
