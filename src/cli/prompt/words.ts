// A line at the prompt as words, by vpncmd's rules: a word with spaces stands in double quotes, wholly or from where they begin
// (`/NOTE:"a b"`), and two quotes inside are one. Nothing else is special, so paths of every system can be typed.

export interface Word {
  readonly text: string
  /** Where it is in the line, with its quotes. */
  readonly start: number
  readonly end: number
}

export interface Line {
  readonly words: readonly Word[]
  /** A quotation is not closed. */
  readonly isOpen: boolean
}

export function splitWords(line: string): Line {
  const words: Word[] = []
  let text = ''
  let start = -1
  let isQuoted = false
  const end = (at: number): void => {
    if (start >= 0) words.push({ text, start, end: at })
    text = ''
    start = -1
  }
  for (let i = 0; i < line.length; i += 1) {
    const letter = line[i]!
    if (!isQuoted && /\s/.test(letter)) {
      end(i)
      continue
    }
    if (start < 0) start = i
    if (letter !== '"') text += letter
    else if (isQuoted && line[i + 1] === '"') {
      text += letter
      i += 1
    } else isQuoted = !isQuoted
  }
  end(line.length)
  return { words, isOpen: isQuoted }
}

/** The same text again, as a word can be typed. */
export function quoted(text: string): string {
  return text === '' || /[\s"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
