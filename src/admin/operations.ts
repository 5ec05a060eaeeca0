// THE table of management operations. Every door to the server (JSON-RPC, the command line, and those to come) is a face
// of it and adds nothing but presentation. Names and fields are SoftEther's, so that its own clients work.

import type * as z from 'zod/mini'
import { dhcpOperations } from './dhcp-operations.ts'
import { doorOperations } from './door-operations.ts'
import { egressOperations } from './egress-operations.ts'
import { hubOperations } from './hub-operations.ts'
import { natLimitOperations } from './nat-limit-operations.ts'
import { secureNatOperations } from './securenat-operations.ts'
import { serverOperations } from './server-operations.ts'

export const operations = {
  ...serverOperations,
  ...doorOperations,
  ...hubOperations,
  ...secureNatOperations,
  ...egressOperations,
  ...natLimitOperations,
  ...dhcpOperations,
}

export type OperationName = keyof typeof operations
/** What a caller sends, and gets. */
export type ParamsOf<Name extends OperationName> = z.input<(typeof operations)[Name]['params']>
export type ResultOf<Name extends OperationName> = z.output<(typeof operations)[Name]['result']>
