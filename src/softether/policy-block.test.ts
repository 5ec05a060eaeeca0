import { expect, test } from 'vitest'
import { packVectors } from '../../test/support/pack-vectors.ts'
import { DEFAULT_POLICY, type Policy } from '../hub/policy.ts'
import { Pack } from './pack.ts'
import { addPolicy, readPolicy } from './policy-block.ts'

const WELCOME = packVectors('handshake').find(({ title }) => title.includes('real_server_welcome'))!.pack

test('the default policy is what a real server sends for it', () => {
  expect(readPolicy(WELCOME)).toEqual(DEFAULT_POLICY)
  const ours = addPolicy(new Pack(), DEFAULT_POLICY)
  const theirs = [...WELCOME.elements()].filter(({ name }) => name.startsWith('policy:'))
  const sorted = (elements: Iterable<{ name: string }>) => [...elements].sort((a, b) => (a.name < b.name ? -1 : 1))
  expect(sorted(ours.elements())).toEqual(sorted(theirs))
})

test('every entry is written and read again', () => {
  for (const key of Object.keys(DEFAULT_POLICY) as (keyof Policy)[]) {
    const value = DEFAULT_POLICY[key]
    const other = { ...DEFAULT_POLICY, [key]: typeof value === 'boolean' ? !value : value + 7 }
    expect(readPolicy(addPolicy(new Pack(), other)), key).toEqual(other)
  }
})

test('without the block there is none', () => {
  expect(readPolicy(new Pack())).toBeUndefined()
})
