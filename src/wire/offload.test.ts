import { expect, test } from 'vitest'
import {
  COMPLETE,
  gsoSize,
  isChecksumUnfinished,
  isChecksumWaived,
  superFrame,
  TRUSTED,
  UNFINISHED,
} from './offload.ts'

test.each([
  ['COMPLETE', COMPLETE, 0, false, false],
  ['TRUSTED', TRUSTED, 0, false, true],
  ['UNFINISHED', UNFINISHED, 0, true, true],
  ['a super-frame of 1', superFrame(1), 1, true, true],
  ['a super-frame of 65535', superFrame(65_535), 65_535, true, true],
])('%s', (_name, offload, size, isUnfinished, isWaived) => {
  expect(gsoSize(offload)).toBe(size)
  expect(isChecksumUnfinished(offload)).toBe(isUnfinished)
  expect(isChecksumWaived(offload)).toBe(isWaived)
})
