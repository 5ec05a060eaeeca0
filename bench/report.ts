// Samples become figures, and figures a table: one row a measure, one column a system.

import { FOREIGN_CORES_MAX, STEAL_SHARE_MAX } from './machine.ts'
import type { Entry } from './plan.ts'
import type { Sample } from './runner.ts'
import { type Figure, figureOf } from './statistics.ts'

export interface Measure {
  readonly sample: string
  readonly metric: string
  readonly title: string
  readonly digits: number
  readonly better: 'more' | 'less'
  /** The figure is divided by it for people. */
  readonly unit?: number
}

const row = (sample: string, metric: string, title: string, digits: number, better: 'more' | 'less', unit = 1) =>
  ({ sample, metric, title, digits, better, unit }) satisfies Measure

/** Every measure, in the order of the table. @param sessions how many idle ones were held */
export const measuresOf = (sessions: readonly number[]): Measure[] => [
  row('tcp_up_1', 'mbps', 'TCP up, 1 flow, Mbit/s', 0, 'more'),
  row('tcp_up_8', 'mbps', 'TCP up, 8 flows, Mbit/s', 0, 'more'),
  row('tcp_down_1', 'mbps', 'TCP down, 1 flow, Mbit/s', 0, 'more'),
  row('tcp_down_8', 'mbps', 'TCP down, 8 flows, Mbit/s', 0, 'more'),
  row('tcp_up_1', 'natCpuPerGb', 'NAT CPU s/GB, up 1', 2, 'less'),
  row('tcp_down_1', 'natCpuPerGb', 'NAT CPU s/GB, down 1', 2, 'less'),
  row('tcp_up_8', 'natCpuPerGb', 'NAT CPU s/GB, up 8', 2, 'less'),
  row('tcp_down_8', 'natCpuPerGb', 'NAT CPU s/GB, down 8', 2, 'less'),
  row('tcp_up_1', 'linkCpuPerGb', 'link helper CPU s/GB, up 1', 2, 'less'),
  row('tcp_down_1', 'linkCpuPerGb', 'link helper CPU s/GB, down 1', 2, 'less'),
  row('tcp_up_1', 'machineCpuPerGb', 'whole machine CPU s/GB, up 1', 2, 'less'),
  row('tcp_down_1', 'machineCpuPerGb', 'whole machine CPU s/GB, down 1', 2, 'less'),
  row('rr', 'p50Us', 'request/response p50, µs', 0, 'less'),
  row('rr', 'p99Us', 'request/response p99, µs', 0, 'less'),
  row('rr_pinned', 'p50Us', 'request/response p50, one CPU, µs', 1, 'less'),
  row('rr_pinned', 'p99Us', 'request/response p99, one CPU, µs', 0, 'less'),
  row('http_seq', 'perSecond', 'connect + 1 KiB, one by one, /s', 0, 'more'),
  row('http_seq', 'connectP50Us', 'connect p50, µs', 0, 'less'),
  row('http_seq_pinned', 'perSecond', 'connect + 1 KiB, one by one, one CPU, /s', 0, 'more'),
  row('http_64', 'perSecond', 'connect + 1 KiB, 64 at once, /s', 0, 'more'),
  row('http_64', 'p99Us', 'connect + 1 KiB, 64 at once, p99, ms', 1, 'less', 1000),
  row('http_64', 'errors', 'connect + 1 KiB, 64 at once, errors', 0, 'less'),
  row('http_64', 'rssAfterMb', 'NAT RSS just after, MB', 1, 'less'),
  row('http_64', 'rssLaterMb', 'NAT RSS 2 s later, MB', 1, 'less'),
  row('udp_rr', 'p50Us', 'UDP echo p50, µs', 0, 'less'),
  row('udp_echo64', 'perSecond', 'UDP echo 64 B, 64 in flight, /s', 0, 'more'),
  row('udp_echo1400', 'perSecond', 'UDP echo 1,400 B, 64 in flight, /s', 0, 'more'),
  row('udpmax_up_64', 'perSecond', 'UDP lossless up 64 B, /s', 0, 'more'),
  row('udpmax_up_1400', 'mbps', 'UDP lossless up 1,400 B, Mbit/s', 0, 'more'),
  row('udpmax_down_64', 'perSecond', 'UDP lossless down 64 B, /s', 0, 'more'),
  row('udpmax_down_1400', 'mbps', 'UDP lossless down 1,400 B, Mbit/s', 0, 'more'),
  row('dns_1', 'perSecond', 'DNS, 1 in flight, /s', 0, 'more'),
  row('dns_32', 'perSecond', 'DNS, 32 in flight, /s', 0, 'more'),
  ...sessions.flatMap((count) => [
    row(`idle_${count}`, 'alive', `${count} idle sessions: alive`, 0, 'more'),
    row(`idle_${count}`, 'openedPerSecond', `${count} idle sessions: opened, /s`, 0, 'more'),
    row(`idle_${count}`, 'bytesPerSession', `${count} idle sessions: RSS each, bytes`, 0, 'less'),
    row(`idle_${count}`, 'idleCores', `${count} idle sessions: NAT CPU, cores`, 4, 'less'),
  ]),
  row('start', 'rssMb', 'NAT RSS just started, MB', 1, 'less'),
  row('start', 'idleCores', 'NAT CPU doing nothing, cores', 4, 'less'),
  row('lease', 'leaseMs', 'start to first lease, ms', 0, 'less'),
  ...['up', 'down'].flatMap((direction) =>
    [8, 100, 1000].flatMap((count) => [
      row(`flows_${direction}_${count}`, 'mbps', `TCP ${direction}, ${count} flows, own generator, Mbit/s`, 0, 'more'),
      row(`flows_${direction}_${count}`, 'natCpuPerGb', `NAT CPU s/GB, ${direction} ${count}`, 2, 'less'),
    ]),
  ),
  ...['up', 'down'].flatMap((direction) => [
    row(`guests_${direction}`, 'mbps', `several guests, TCP ${direction}, Mbit/s`, 0, 'more'),
    row(`guests_${direction}`, 'natCpuPerGb', `several guests, NAT CPU s/GB, ${direction}`, 2, 'less'),
  ]),
  row('path_up', 'mbps', 'long path, TCP up, 1 flow, Mbit/s', 0, 'more'),
  row('path_down', 'mbps', 'long path, TCP down, 1 flow, Mbit/s', 0, 'more'),
]

/** Finds the figure of a measure for one column. */
export class Figures {
  readonly #values = new Map<string, { value: number; isDisturbed: boolean }[]>()

  constructor(samples: readonly Sample[]) {
    for (const { key, name, metrics, isDisturbed, error } of samples) {
      if (error !== undefined) continue
      for (const [metric, value] of Object.entries(metrics)) {
        const id = `${key}/${name}/${metric}`
        const values = this.#values.get(id) ?? []
        values.push({ value, isDisturbed })
        this.#values.set(id, values)
      }
    }
  }

  get(key: string, sample: string, metric: string): Figure | undefined {
    return figureOf(this.#values.get(`${key}/${sample}/${metric}`) ?? [])
  }

  /** The best median among some columns. */
  best(keys: readonly string[], { sample, metric, better }: Pick<Measure, 'sample' | 'metric' | 'better'>) {
    const found = keys.flatMap((key) => {
      const figure = this.get(key, sample, metric)
      return figure === undefined ? [] : [{ key, figure }]
    })
    const sign = better === 'more' ? -1 : 1
    return found.sort((a, b) => sign * (a.figure.median - b.figure.median))[0]
  }
}

export function formatNumber(value: number, digits: number): string {
  const [whole = '', fraction] = value.toFixed(digits).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

export function formatFigure(figure: Figure | undefined, digits: number, unit = 1): string {
  if (figure === undefined) return '–'
  const text = (value: number): string => formatNumber(value / unit, digits)
  const spread = figure.count > 1 ? ` [${text(figure.min)}–${text(figure.max)}]` : ''
  return `${text(figure.median)}${spread}${figure.isDisturbed ? ' ~' : ''}`
}

const PRODUCT = 'securenat'

/** The main table: the product first, then the peers, the ratio to the best of them, and the ceiling. */
export function mainTable(plan: readonly Entry[], figures: Figures, sessions: readonly number[]): string[] {
  const columns = plan.filter(({ key, system }) => key === system.name)
  const keysOf = (kind: string): string[] => columns.filter(({ system }) => system.kind === kind).map(({ key }) => key)
  const [products, peers, ceilings] = [keysOf('product'), keysOf('peer'), keysOf('ceiling')]
  const heads = [...products, ...peers, ...(peers.length > 0 ? ['ratio to the best peer'] : []), ...ceilings]
  const rows: string[][] = []
  for (const measure of measuresOf(sessions)) {
    const { sample, metric, title, digits, unit } = measure
    const cell = (key: string): string => formatFigure(figures.get(key, sample, metric), digits, unit)
    if ([...products, ...peers].every((key) => cell(key) === '–')) continue
    const ratio = peers.length > 0 ? [ratioTo(figures, peers, measure)] : []
    rows.push([title, ...products.map(cell), ...peers.map(cell), ...ratio, ...ceilings.map(cell)])
  }
  return rows.length === 0 ? [] : alignedTable(['', ...heads], rows)
}

function ratioTo(figures: Figures, peers: readonly string[], measure: Measure): string {
  const own = figures.get(PRODUCT, measure.sample, measure.metric)
  const best = figures.best(peers, measure)
  if (own === undefined || best === undefined || best.figure.median === 0) return '–'
  return `${(own.median / best.figure.median).toFixed(2)} × ${best.key}`
}

/** The product over a long path beside the kernel's own TCP on the same path. */
export function pathTable(plan: readonly Entry[], figures: Figures): string[] {
  const ways = plan.filter(({ path, system }) => path !== undefined && system.kind === 'product')
  if (ways.length === 0) return []
  const rows = ways.flatMap(({ key, path }) =>
    ['up', 'down'].map((direction) => {
      const own = figures.get(key, `path_${direction}`, 'mbps')
      const control = figures.get(key.replace(PRODUCT, 'kernel'), `path_${direction}`, 'mbps')
      const ratio = own === undefined || control === undefined ? '–' : (own.median / control.median).toFixed(2)
      const way = `${path!.rttMs} ms, ${path!.lossPercent} % each way, ${direction}`
      return [way, formatFigure(own, 0), formatFigure(control, 0), ratio]
    }),
  )
  return alignedTable(['long path, TCP, 1 flow, Mbit/s', PRODUCT, 'kernel routing', 'ratio'], rows)
}

/** One hub with more and more guests on it. */
export function guestsTable(plan: readonly Entry[], figures: Figures): string[] {
  const rows = plan
    .filter(({ guests }) => guests !== undefined)
    .map(({ key, guests }) => [
      String(guests),
      ...['up', 'down'].flatMap((direction) => [
        formatFigure(figures.get(key, `guests_${direction}`, 'mbps'), 0),
        formatFigure(figures.get(key, `guests_${direction}`, 'natCpuPerGb'), 2),
      ]),
    ])
  if (rows.length === 0) return []
  return alignedTable(['guests on the hub', 'up, Mbit/s', 'CPU s/GB', 'down, Mbit/s', 'CPU s/GB'], rows)
}

/** Markdown that can also be read as it is. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((text, column) =>
    Math.max(text.length, ...rows.map((cells) => cells[column]?.length ?? 0), 3),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)]
}

/** How far the figures are to be trusted. */
export function remarks(samples: readonly Sample[]): string[] {
  const disturbed = samples.filter(({ isDisturbed }) => isDisturbed).length
  const failures = new Map<string, number>()
  for (const { key, name, error } of samples) {
    if (error === undefined) continue
    const text = `${key}, ${name}: ${error.split('\n')[0]}`
    failures.set(text, (failures.get(text) ?? 0) + 1)
  }
  const thresholds = `${FOREIGN_CORES_MAX} processors used by others or ${STEAL_SHARE_MAX * 100} % stolen by the host`
  return [
    `Cells: median [smallest–largest]. ${disturbed} of ${samples.length} samples were disturbed (more than ${thresholds});`,
    'they count only where there is no other, and such a cell ends in "~".',
    ...[...failures].map(([text, count]) => `failed: ${text}${count > 1 ? ` (${count} times)` : ''}`),
  ]
}
