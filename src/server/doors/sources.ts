// Counts per source of connections. A source is an IPv4 address, or the /64 an IPv6 host can choose its addresses from.

export function sourceOf(address: string | undefined): string {
  if (address === undefined) return ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1]!
  if (!address.includes(':')) return address
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

export class SourceCounts {
  readonly #counts = new Map<string, number>()
  total = 0

  of(source: string): number {
    return this.#counts.get(source) ?? 0
  }

  add(source: string): void {
    this.#counts.set(source, this.of(source) + 1)
    this.total += 1
  }

  remove(source: string): void {
    const left = this.of(source) - 1
    if (left > 0) this.#counts.set(source, left)
    else this.#counts.delete(source)
    this.total -= 1
  }
}
