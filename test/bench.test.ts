// What the benchmark says of its samples: medians, ratios, verdicts, and the command line. No load and no namespaces.

import { describe, expect, test } from 'vitest'
import { goalTable } from '../bench/goals.ts'
import { answerDns, isGoodAnswer, putQuery, QUERY_LEN } from '../bench/load/dns-message.ts'
import { parseOptions, UsageError } from '../bench/options.ts'
import { packetCostPlot } from '../bench/packet-cost.ts'
import { makePlan } from '../bench/plan.ts'
import { Figures, formatFigure, mainTable } from '../bench/report.ts'
import type { Sample } from '../bench/runner.ts'
import { figureOf } from '../bench/statistics.ts'
import { ipv4 } from '../src/wire/ipv4-address.ts'

const clean = (value: number) => ({ value, isDisturbed: false })
const disturbed = (value: number) => ({ value, isDisturbed: true })

function sample(key: string, name: string, metrics: Record<string, number>, isDisturbed = false): Sample {
  return { key, repetition: 0, name, metrics, isDisturbed }
}

describe('figures', () => {
  test('are the median of the repetitions, with their spread', () => {
    expect(figureOf([clean(5), clean(1), clean(2)])).toMatchObject({ median: 2, min: 1, max: 5, count: 3 })
    expect(figureOf([clean(4), clean(1)])).toMatchObject({ median: 2.5 })
    expect(figureOf([clean(Number.NaN)])).toBeUndefined()
  })

  test('leave disturbed samples out, unless there is no other', () => {
    expect(figureOf([clean(5), disturbed(900)])).toMatchObject({ median: 5, count: 1, isDisturbed: false })
    const figure = figureOf([disturbed(7)])
    expect(figure).toMatchObject({ median: 7, isDisturbed: true })
    expect(formatFigure(figure, 0)).toBe('7 ~')
  })

  test('are printed with thousands apart, and a dash where there is none', () => {
    expect(formatFigure(figureOf([clean(1_234_567), clean(1_234_569)]), 0)).toBe('1,234,568 [1,234,567–1,234,569]')
    expect(formatFigure(undefined, 0)).toBe('–')
  })
})

describe('tables', () => {
  const options = parseOptions(['--only', 'tcp,rr'])!
  const plan = makePlan(options)
  const figures = new Figures([
    sample('securenat', 'tcp_up_1', { mbps: 8000 }),
    sample('pasta', 'tcp_up_1', { mbps: 3000 }),
    sample('slirp4netns', 'tcp_up_1', { mbps: 2000 }),
    sample('securenat', 'rr', { p50Us: 30 }),
    sample('pasta', 'rr', { p50Us: 25 }),
    sample('slirp4netns', 'rr', { p50Us: 20 }),
  ])

  test('the ratio is to the peer that is best at that measure', () => {
    const lines = mainTable(plan, figures, [])
    expect(lines.find((line) => line.includes('TCP up, 1 flow'))).toMatch(/8,000 \|.* 2\.67 × pasta/)
    expect(lines.find((line) => line.includes('request/response p50, µs'))).toMatch(/1\.50 × slirp4netns/)
  })

  test('what a packet costs is drawn in proportion, and not at all where it was not measured', () => {
    const found = new Figures([
      sample('securenat', 'flows_up_8', { natCpuPerGb: 0.5 }),
      sample('securenat 100 guests', 'guests_down', { natCpuPerGb: 1 }),
    ])
    const [, flows = '', guests = ''] = packetCostPlot(found)
    expect(flows).toMatch(/^ {2}up, 8 flows +█{20} +730$/)
    expect(guests).toMatch(/^ {2}down, 100 guests +█{40} +1,460$/)
    expect(packetCostPlot(figures)).toEqual([])
  })

  test('a goal is reached, missed, or unsure when repetitions lie on both sides of it', () => {
    const rows = (own: readonly number[]): string =>
      goalTable(
        ['pasta'],
        new Figures([
          ...own.map((mbps) => sample('securenat', 'tcp_up_1', { mbps })),
          sample('pasta', 'tcp_up_1', { mbps: 3000 }),
        ]),
      ).find((line) => line.includes('TCP up, 1 flow'))!
    expect(rows([6500, 7000])).toMatch(/≥ 2 × pasta 3,000 \|.* yes \|$/)
    expect(rows([4000, 5000])).toMatch(/ NO \|$/)
    expect(rows([5900, 6300])).toMatch(/ yes \(unsure\) \|$/)
  })
})

describe('options', () => {
  test('what cannot be is refused with what can', () => {
    expect(() => parseOptions(['--only', 'nothing'])).toThrow(UsageError)
    expect(() => parseOptions(['--only', 'nothing'])).toThrow(/there are start, tcp/)
    expect(() => parseOptions(['--secs', '0'])).toThrow('--secs 0: must be a number from 1 to 60')
    expect(() => parseOptions(['--unknown'])).toThrow(UsageError)
    expect(parseOptions(['--help'])).toBeUndefined()
  })

  test('a delay or a loss asks for long paths, product and control on each', () => {
    const keys = makePlan(parseOptions(['--delay', '20', '--loss', '0,1'])!).map(({ key }) => key)
    expect(keys).toEqual(['kernel 20 ms 0 %', 'securenat 20 ms 0 %', 'kernel 20 ms 1 %', 'securenat 20 ms 1 %'])
  })
})

test('a DNS query is answered, an answer is not', () => {
  const bytes = new Uint8Array(128).fill(0xa5)
  putQuery(bytes, 3, 0x1234, 0xdeadbeef)
  const length = answerDns(bytes, 3, QUERY_LEN, ipv4('198.18.0.1'))
  expect(isGoodAnswer(bytes, 3, length)).toBe(true)
  expect([...bytes.subarray(3 + length - 4, 3 + length)]).toEqual([198, 18, 0, 1])
  expect(answerDns(bytes, 3, length, ipv4('198.18.0.1'))).toBe(0)
})
