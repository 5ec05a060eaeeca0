import { expect, test } from 'vitest'
import { backOff, INITIAL_RTO, MAX_RTO, MIN_RTO, measureRtt, newRtt, resetRto } from './rtt.ts'

test('before the first measurement RTO is one second (2.1)', () => {
  expect(newRtt()).toEqual({ srtt: -1, rttvar: 0, rto: INITIAL_RTO, minRtt: Number.POSITIVE_INFINITY })
})

test('the first measurement (2.2), and those after it (2.3)', () => {
  const rtt = newRtt()
  measureRtt(rtt, 400)
  expect(rtt).toEqual({ srtt: 400, rttvar: 200, rto: 1200, minRtt: 400 })
  measureRtt(rtt, 200)
  expect(rtt).toEqual({ srtt: 375, rttvar: 200, rto: 1175, minRtt: 200 })
  measureRtt(rtt, 375)
  expect(rtt).toEqual({ srtt: 375, rttvar: 150, rto: 975, minRtt: 200 })
})

test('bounds (2.4, 2.5): a steady path of any length leaves time for a delayed acknowledgment', () => {
  const short = newRtt()
  for (let times = 0; times < 50; times++) measureRtt(short, 0.1)
  expect(short.rto).toBeCloseTo(0.1 + MIN_RTO)
  const long = newRtt()
  measureRtt(long, 50_000)
  expect(long.rto).toBe(MAX_RTO)
  const steady = newRtt()
  for (let times = 0; times < 200; times++) measureRtt(steady, 300)
  expect(steady.rto).toBeCloseTo(300 + MIN_RTO)
})

test('back-off doubles up to the maximum; a measurement, or resetRto, ends it', () => {
  const rtt = newRtt()
  measureRtt(rtt, 100)
  const { rto } = rtt
  backOff(rtt)
  expect(rtt.rto).toBe(2 * rto)
  for (let times = 0; times < 20; times++) backOff(rtt)
  expect(rtt.rto).toBe(MAX_RTO)
  resetRto(rtt)
  expect(rtt.rto).toBe(rto)
  const unmeasured = newRtt()
  backOff(unmeasured)
  resetRto(unmeasured)
  expect(unmeasured.rto).toBe(INITIAL_RTO)
})

test('a negative measurement is none', () => {
  const rtt = newRtt()
  measureRtt(rtt, -1)
  expect(rtt).toEqual(newRtt())
})
