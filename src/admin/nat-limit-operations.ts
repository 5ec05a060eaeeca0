// Operations on the limits of a hub's NAT (nat/limits.ts).

import * as z from 'zod/mini'
import type { NatLimits } from '../nat/limits.ts'
import { NAT_LIMIT_RANGE } from '../securenat/options.ts'
import { number, str, u32In } from './fields.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'

const limit = u32In(NAT_LIMIT_RANGE)

const limitsResult = z.object({
  HubName_str: str,
  Sessions_u32: number,
  SessionsPerGuest_u32: number,
  TcpSessionsPerGuest_u32: number,
  HalfOpen_u32: number,
  HalfOpenPerGuest_u32: number,
  UdpSessionsPerGuest_u32: number,
  IcmpSessionsPerGuest_u32: number,
})

export const natLimitOperations = {
  GetNatLimit: operation({
    summary: text('The limits of the Virtual NAT', '仮想 NAT の制限値'),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: limitsResult,
    handle: (context, { HubName_str }) => describeLimits(requireHub(context, HubName_str)),
  }),

  SetNatLimit: operation({
    summary: text(
      'Changes limits of the Virtual NAT, at once and in the configuration; those left out stay as they are',
      '仮想 NAT の制限値を変更する (直ちに適用され設定にも保存される。省略したものは変わらない)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({
      HubName_str: str,
      Sessions_u32: z.optional(limit),
      SessionsPerGuest_u32: z.optional(limit),
      TcpSessionsPerGuest_u32: z.optional(limit),
      HalfOpen_u32: z.optional(limit),
      HalfOpenPerGuest_u32: z.optional(limit),
      UdpSessionsPerGuest_u32: z.optional(limit),
      IcmpSessionsPerGuest_u32: z.optional(limit),
    }),
    result: limitsResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const given: { [Name in keyof NatLimits]: number | undefined } = {
        sessions: params.Sessions_u32,
        sessionsPerGuest: params.SessionsPerGuest_u32,
        tcpSessionsPerGuest: params.TcpSessionsPerGuest_u32,
        halfOpen: params.HalfOpen_u32,
        halfOpenPerGuest: params.HalfOpenPerGuest_u32,
        udpSessionsPerGuest: params.UdpSessionsPerGuest_u32,
        icmpSessionsPerGuest: params.IcmpSessionsPerGuest_u32,
      }
      const limits = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      await hub.changeSecureNat({ natLimits: limits })
      hub.logAdministration('optionSet', context.connection)
      return describeLimits(hub)
    },
  }),
}

function describeLimits(hub: ManagedHub): z.input<typeof limitsResult> {
  const { limits } = hub.secureNatOptions().nat
  return {
    HubName_str: hub.name,
    Sessions_u32: limits.sessions,
    SessionsPerGuest_u32: limits.sessionsPerGuest,
    TcpSessionsPerGuest_u32: limits.tcpSessionsPerGuest,
    HalfOpen_u32: limits.halfOpen,
    HalfOpenPerGuest_u32: limits.halfOpenPerGuest,
    UdpSessionsPerGuest_u32: limits.udpSessionsPerGuest,
    IcmpSessionsPerGuest_u32: limits.icmpSessionsPerGuest,
  }
}
