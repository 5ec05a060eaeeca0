// What the product is to reach, as rows: a figure of ours, a bound made of the peers' figures in the same run, and whether
// it holds. Only ratios count, since machines differ; absolute bounds are those that no machine should miss.

import { GUEST_COUNTS, guestsKey, LARGE_MTU } from './plan.ts'
import { alignedTable, type Figures, formatFigure, formatNumber } from './report.ts'

interface Bound {
  readonly value: number
  /** `2 × pasta 3,229` */
  readonly text: string
}

interface Goal {
  readonly title: string
  /** Column, sample, metric of our figure. */
  readonly own: readonly [key: string, sample: string, metric: string]
  readonly better: 'more' | 'less'
  readonly digits: number
  /** undefined: what it is made of was not measured */
  bound(figures: Figures): Bound | undefined
}

const PRODUCT = 'securenat'

/** `factor` times the best of these columns, at the same measure. */
function peerGoal(
  title: string,
  own: Goal['own'],
  better: Goal['better'],
  digits: number,
  factor: number,
  peers: readonly string[],
): Goal {
  const [, sample, metric] = own
  return {
    ...{ title, own, better, digits },
    bound(figures) {
      const best = figures.best(peers, { sample, metric, better })
      if (best === undefined) return undefined
      const median = best.figure.median
      return { value: factor * median, text: `${factor} × ${best.key} ${formatNumber(median, digits)}` }
    },
  }
}

function fixedGoal(title: string, own: Goal['own'], better: Goal['better'], digits: number, value: number): Goal {
  return { title, own, better, digits, bound: () => ({ value, text: formatNumber(value, digits) }) }
}

/** Another of our own figures is the measure. */
function ownGoal(title: string, own: Goal['own'], digits: number, factor: number, reference: string): Goal {
  const [key, , metric] = own
  return {
    ...{ title, own, better: 'more', digits },
    bound(figures) {
      const figure = figures.get(key, reference, metric)
      return figure && { value: factor * figure.median, text: `${factor} × our ${formatNumber(figure.median, digits)}` }
    },
  }
}

/** @param peers columns of the main table */
export function goals(peers: readonly string[]): Goal[] {
  const main = (sample: string, metric: string): Goal['own'] => [PRODUCT, sample, metric]
  const bulk = ['up', 'down'].flatMap((direction) =>
    [1, 8].map((flows) => ({
      name: `TCP ${direction}, ${flows} ${flows === 1 ? 'flow' : 'flows'}, Mbit/s`,
      sample: `tcp_${direction}_${flows}`,
    })),
  )
  const at = (suffix: string): string[] => peers.map((peer) => `${peer} ${suffix}`)
  return [
    ...bulk.map(({ name, sample }) => peerGoal(name, main(sample, 'mbps'), 'more', 0, 2, peers)),
    ...bulk
      .filter(({ sample }) => sample.includes('down'))
      .map(({ name, sample }) =>
        peerGoal(`${name}, of a Node proxy`, main(sample, 'mbps'), 'more', 0, 0.5, ['node-proxy']),
      ),
    ...bulk.map(({ name, sample }) => ({
      ...peerGoal(`--no-gso: ${name}`, ['securenat --no-gso', sample, 'mbps'], 'more', 0, 1.2, peers),
    })),
    ...bulk.map(({ name, sample }) =>
      peerGoal(`stream link: ${name}`, ['securenat stream', sample, 'mbps'], 'more', 0, 1, ['passt stream']),
    ),
    ...bulk.map(({ name, sample }) =>
      peerGoal(
        `MTU ${LARGE_MTU}: ${name}`,
        [`${PRODUCT} mtu ${LARGE_MTU}`, sample, 'mbps'],
        'more',
        0,
        1,
        at(`mtu ${LARGE_MTU}`),
      ),
    ),
    ...['tcp_up_1', 'tcp_down_1'].map((sample) =>
      peerGoal(
        `whole machine CPU s/GB, ${sample.slice(4, -2)} 1`,
        main(sample, 'machineCpuPerGb'),
        'less',
        2,
        0.7,
        peers,
      ),
    ),
    peerGoal('request/response p50, µs', main('rr', 'p50Us'), 'less', 0, 1.1, peers),
    peerGoal('request/response p99, µs', main('rr', 'p99Us'), 'less', 0, 1.1, peers),
    peerGoal('request/response p50, one CPU, µs', main('rr_pinned', 'p50Us'), 'less', 1, 1.1, peers),
    peerGoal('request/response p99, one CPU, µs', main('rr_pinned', 'p99Us'), 'less', 0, 1.1, peers),
    fixedGoal('connect p50, µs', main('http_seq', 'connectP50Us'), 'less', 0, 3_000),
    peerGoal('connect + 1 KiB, 64 at once, /s', main('http_64', 'perSecond'), 'more', 0, 1, peers),
    peerGoal('connect + 1 KiB, one by one, /s', main('http_seq', 'perSecond'), 'more', 0, 1, peers),
    fixedGoal('RSS after 64 at once, MB', main('http_64', 'rssAfterMb'), 'less', 0, 120),
    peerGoal('UDP echo 64 B, /s', main('udp_echo64', 'perSecond'), 'more', 0, 1, peers),
    peerGoal('UDP echo 1,400 B, /s', main('udp_echo1400', 'perSecond'), 'more', 0, 1, peers),
    ...['up_64', 'up_1400', 'down_64', 'down_1400'].map((way) =>
      peerGoal(`UDP lossless ${way.replace('_', ' ')} B, /s`, main(`udpmax_${way}`, 'perSecond'), 'more', 0, 1, peers),
    ),
    peerGoal('DNS, 1 in flight, /s', main('dns_1', 'perSecond'), 'more', 0, 1, peers),
    peerGoal('DNS, 32 in flight, /s', main('dns_32', 'perSecond'), 'more', 0, 1, peers),
    fixedGoal('10,000 idle sessions: alive', main('idle_10000', 'alive'), 'more', 0, 10_000),
    fixedGoal('10,000 idle sessions: RSS each, bytes', main('idle_10000', 'bytesPerSession'), 'less', 0, 4_096),
    peerGoal('10,000 idle sessions: opened, /s', main('idle_10000', 'openedPerSecond'), 'more', 0, 0.5, peers),
    fixedGoal('10,000 idle sessions: NAT CPU, cores', main('idle_10000', 'idleCores'), 'less', 4, 0.005),
    fixedGoal('1,000 idle sessions: RSS each, bytes', main('idle_1000', 'bytesPerSession'), 'less', 0, 12_288),
    fixedGoal('start to first lease, ms', main('lease', 'leaseMs'), 'less', 0, 150),
    ...['up', 'down'].flatMap((direction) =>
      [100, 1000].map((count) =>
        ownGoal(
          `TCP ${direction}, ${count} flows, of eight, Mbit/s`,
          main(`flows_${direction}_${count}`, 'mbps'),
          0,
          0.8,
          `flows_${direction}_8`,
        ),
      ),
    ),
    ...['up', 'down'].flatMap((direction) =>
      GUEST_COUNTS.slice(1).map((guests) =>
        peerGoal(
          `TCP ${direction}, ${guests} guests, of one guest's, Mbit/s`,
          [guestsKey(guests), `guests_${direction}`, 'mbps'],
          'more',
          0,
          0.8,
          [guestsKey(1)],
        ),
      ),
    ),
  ]
}

/** Rows whose figure was measured. */
export function goalTable(peers: readonly string[], figures: Figures): string[] {
  const rows = goals(peers).flatMap((goal) => {
    const [key, sample, metric] = goal.own
    const figure = figures.get(key, sample, metric)
    if (figure === undefined) return []
    const bound = goal.bound(figures)
    const sign = goal.better === 'more' ? '≥' : '≤'
    if (bound === undefined) return [[goal.title, formatFigure(figure, goal.digits), `${sign} ?`, '–', 'not compared']]
    const holds = (value: number): boolean => (goal.better === 'more' ? value >= bound.value : value <= bound.value)
    // Repetitions on both sides of the bound decide nothing.
    const isClear = holds(figure.min) === holds(figure.max) && !figure.isDisturbed
    const verdict = `${holds(figure.median) ? 'yes' : 'NO'}${isClear ? '' : ' (unsure)'}`
    const share = bound.value === 0 ? '–' : (figure.median / bound.value).toFixed(2)
    return [[goal.title, formatFigure(figure, goal.digits), `${sign} ${bound.text}`, share, verdict]]
  })
  return alignedTable(['measure', PRODUCT, 'goal', 'figure ÷ goal', 'reached'], rows)
}
