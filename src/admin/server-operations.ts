// Operations on the server as a whole.

import * as z from 'zod/mini'
import { str, timeText, u32 } from './fields.ts'
import { operation, text } from './operation.ts'

/** The protocol version and build that SoftEther's tools expect to see; they guess features from them. */
const PROTOCOL_VERSION = 501
const PROTOCOL_BUILD = 9674

export const serverOperations = {
  Test: operation({
    summary: text('Answers what was sent, to try a connection', '送られた値をそのまま返す (接続の確認用)'),
    permission: 'any',
    effect: 'reads',
    params: z.object({ IntValue_u32: z.optional(u32) }),
    result: z.object({ IntValue_u32: z.number(), Int64Value_u64: z.number(), StrValue_str: str, UniStrValue_utf: str }),
    handle: (_context, { IntValue_u32 = 0 }) => ({
      IntValue_u32,
      Int64Value_u64: 0,
      StrValue_str: String(IntValue_u32),
      UniStrValue_utf: '',
    }),
  }),

  GetServerInfo: operation({
    summary: text('What program this is, and where it runs', 'サーバープログラムと動作環境の情報'),
    permission: 'any',
    effect: 'reads',
    params: z.object({}),
    result: z.object({
      ServerProductName_str: str,
      ServerVersionString_str: str,
      ServerBuildInfoString_str: str,
      ServerVerInt_u32: z.number(),
      ServerBuildInt_u32: z.number(),
      ServerHostName_str: str,
      ServerType_u32: z.number(),
      ServerFamilyName_str: str,
      ServerStartTime_dt: str,
    }),
    handle: ({ management }) => {
      const { productName, version, hostName, startedAt } = management.facts()
      return {
        ServerProductName_str: productName,
        ServerVersionString_str: `Version ${version}`,
        ServerBuildInfoString_str: `securenat ${version}`,
        ServerVerInt_u32: PROTOCOL_VERSION,
        ServerBuildInt_u32: PROTOCOL_BUILD,
        ServerHostName_str: hostName,
        ServerType_u32: 0,
        ServerFamilyName_str: 'securenat',
        ServerStartTime_dt: timeText(startedAt),
      }
    },
  }),
}
