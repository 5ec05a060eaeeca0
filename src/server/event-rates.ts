// So many events of each kind and hub a second: a flood of one kind leaves the others their place. What is left out is counted, and
// told with the next one of its kind.

import type { HubEvent, ServerEvent } from './event-bus.ts'

interface Rate {
  second: number
  count: number
  suppressed: number
}

export class EventRates {
  suppressed = 0
  readonly #perSecond: number
  readonly #rates = new Map<string, Rate>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** @returns how many of its kind were left out before it; `undefined`: it is left out itself. @param now milliseconds of any clock */
  pass(type: (HubEvent | ServerEvent)['type'], hub: string | undefined, now: number): number | undefined {
    const rate = this.#rate(type, hub)
    const second = Math.floor(now / 1000)
    if (rate.second !== second) {
      rate.second = second
      rate.count = 0
    }
    if (++rate.count > this.#perSecond) {
      rate.suppressed += 1
      this.suppressed += 1
      return undefined
    }
    const { suppressed } = rate
    rate.suppressed = 0
    return suppressed
  }

  /** Of a hub that is gone. */
  forget(hub: string): void {
    for (const key of this.#rates.keys()) if (key.endsWith(` ${hub}`)) this.#rates.delete(key)
  }

  #rate(type: string, hub = ''): Rate {
    const key = `${type} ${hub}`
    let rate = this.#rates.get(key)
    if (rate === undefined) {
      rate = { second: 0, count: 0, suppressed: 0 }
      this.#rates.set(key, rate)
    }
    return rate
  }
}
