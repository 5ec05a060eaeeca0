// What a packet costs while flows or guests grow in number, as a plot of characters: flat bars are the goal.

import { GUEST_COUNTS, guestsKey } from './plan.ts'
import { type Figures, formatNumber } from './report.ts'

/** The payload of a full segment at a guest's usual MTU of 1,500. */
const SEGMENT_BYTES = 1_460
const BAR_CHARACTERS = 40
const FLOW_COUNTS = [8, 100, 1000]

interface Bar {
  readonly title: string
  readonly nanoseconds: number
}

/** Processor time of the NAT for each full segment's worth of payload, whatever the frames were in which it travelled. */
const nanosecondsPerPacket = (secondsPerGb: number): number => secondsPerGb * SEGMENT_BYTES

function bars(figures: Figures, direction: string): Bar[] {
  const bar = (title: string, key: string, sample: string): Bar[] => {
    const figure = figures.get(key, sample, 'natCpuPerGb')
    return figure === undefined ? [] : [{ title, nanoseconds: nanosecondsPerPacket(figure.median) }]
  }
  return [
    ...FLOW_COUNTS.flatMap((count) => bar(`${direction}, ${count} flows`, 'securenat', `flows_${direction}_${count}`)),
    ...GUEST_COUNTS.flatMap((count) => bar(`${direction}, ${count} guests`, guestsKey(count), `guests_${direction}`)),
  ]
}

/** @returns the lines of the plot; none when neither many flows nor many guests were measured */
export function packetCostPlot(figures: Figures): string[] {
  const all = ['up', 'down'].flatMap((direction) => bars(figures, direction))
  if (all.length === 0) return []
  const largest = Math.max(...all.map(({ nanoseconds }) => nanoseconds))
  const width = Math.max(...all.map(({ title }) => title.length))
  return [
    `NAT CPU for ${formatNumber(SEGMENT_BYTES, 0)} bytes of payload, ns`,
    ...all.map(({ title, nanoseconds }) => {
      const length = Math.max(1, Math.round((nanoseconds / largest) * BAR_CHARACTERS))
      return `  ${title.padEnd(width)}  ${'█'.repeat(length).padEnd(BAR_CHARACTERS)}  ${formatNumber(nanoseconds, 0)}`
    }),
  ]
}
