// docs/api/client.d.ts says of the client and of every operation what is so: a difference does not compile.

import { expect, test } from 'vitest'
import type * as declared from '../docs/api/client.d.ts'
import type { OperationName, ParamsOf, ResultOf } from '../src/admin/operations.ts'
import { operations } from '../src/admin/operations.ts'
import type * as client from '../src/client/client.ts'

type Declared = declared.Operations

/** The operations for which it is not so; `never` when there are none. */
type Undeclared = Exclude<OperationName, keyof Declared> | Exclude<keyof Declared, OperationName>
type WrongParams = {
  [Name in OperationName & keyof Declared]: Declared[Name]['params'] extends ParamsOf<Name> ? never : Name
}[OperationName & keyof Declared]
type WrongResults = {
  [Name in OperationName & keyof Declared]: ResultOf<Name> extends Declared[Name]['result'] ? never : Name
}[OperationName & keyof Declared]
type Missing = Exclude<keyof declared.SecureNatClient, keyof client.SecureNatClient>
type Options = client.ClientOptions extends declared.ClientOptions
  ? declared.ClientOptions extends client.ClientOptions
    ? never
    : 'taken'
  : 'declared'

test('the declarations are those of the source', () => {
  const differences: (Undeclared | WrongParams | WrongResults | Missing | Options)[] = []
  const none: never[] = differences
  expect(none).toEqual([])
  expect(Object.keys(operations).length).toBeGreaterThan(100)
})
