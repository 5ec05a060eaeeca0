// THE table of management operations. Every door to the server (JSON-RPC, the command line, and those to come) is a face
// of it and adds nothing but presentation. Names and fields are SoftEther's, so that its own clients work.

import type * as z from 'zod/mini'
import { accessOperations } from './access-operations.ts'
import { authorityOperations } from './authority-operations.ts'
import { cascadeOperations } from './cascade-operations.ts'
import { connectionOperations } from './connection-operations.ts'
import { dhcpOperations } from './dhcp-operations.ts'
import { dnsOperations } from './dns-operations.ts'
import { doorOperations } from './door-operations.ts'
import { egressOperations } from './egress-operations.ts'
import { groupOperations } from './group-operations.ts'
import { hubOperations } from './hub-operations.ts'
import { hubOptionOperations } from './hub-option-operations.ts'
import { inboundOperations } from './inbound-operations.ts'
import { logFileOperations } from './log-file-operations.ts'
import { logOperations } from './log-operations.ts'
import { natLimitOperations } from './nat-limit-operations.ts'
import { secureNatOperations } from './securenat-operations.ts'
import { secureNatTableOperations } from './securenat-table-operations.ts'
import { serverOperations } from './server-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { sourceListOperations } from './source-list-operations.ts'
import { tableOperations } from './table-operations.ts'
import { userOperations } from './user-operations.ts'

export const operations = {
  ...serverOperations,
  ...doorOperations,
  ...connectionOperations,
  ...logFileOperations,
  ...logOperations,
  ...hubOperations,
  ...hubOptionOperations,
  ...userOperations,
  ...groupOperations,
  ...accessOperations,
  ...authorityOperations,
  ...sourceListOperations,
  ...sessionOperations,
  ...tableOperations,
  ...cascadeOperations,
  ...secureNatOperations,
  ...secureNatTableOperations,
  ...egressOperations,
  ...inboundOperations,
  ...natLimitOperations,
  ...dhcpOperations,
  ...dnsOperations,
}

export type OperationName = keyof typeof operations
/** What a caller sends, and gets. */
export type ParamsOf<Name extends OperationName> = z.input<(typeof operations)[Name]['params']>
export type ResultOf<Name extends OperationName> = z.output<(typeof operations)[Name]['result']>
