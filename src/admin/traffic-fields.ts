// SoftEther's eight traffic counters (protocol reference 16.4): Recv is what came from the port into the hub, Send what went to it.

import type { SessionCounters } from '../hub/session.ts'
import { number } from './fields.ts'

export const trafficFields = {
  'Recv.BroadcastBytes_u64': number,
  'Recv.BroadcastCount_u64': number,
  'Recv.UnicastBytes_u64': number,
  'Recv.UnicastCount_u64': number,
  'Send.BroadcastBytes_u64': number,
  'Send.BroadcastCount_u64': number,
  'Send.UnicastBytes_u64': number,
  'Send.UnicastCount_u64': number,
}

/** The same in tables. */
export const exTrafficFields = {
  'Ex.Recv.BroadcastBytes_u64': number,
  'Ex.Recv.BroadcastCount_u64': number,
  'Ex.Recv.UnicastBytes_u64': number,
  'Ex.Recv.UnicastCount_u64': number,
  'Ex.Send.BroadcastBytes_u64': number,
  'Ex.Send.BroadcastCount_u64': number,
  'Ex.Send.UnicastBytes_u64': number,
  'Ex.Send.UnicastCount_u64': number,
}

export function describeTraffic(traffic: Readonly<SessionCounters>) {
  return {
    'Recv.BroadcastBytes_u64': traffic.rxBroadcastBytes,
    'Recv.BroadcastCount_u64': traffic.rxBroadcastFrames,
    'Recv.UnicastBytes_u64': traffic.rxBytes - traffic.rxBroadcastBytes,
    'Recv.UnicastCount_u64': traffic.rxFrames - traffic.rxBroadcastFrames,
    'Send.BroadcastBytes_u64': traffic.txBroadcastBytes,
    'Send.BroadcastCount_u64': traffic.txBroadcastFrames,
    'Send.UnicastBytes_u64': traffic.txBytes - traffic.txBroadcastBytes,
    'Send.UnicastCount_u64': traffic.txFrames - traffic.txBroadcastFrames,
  }
}

export function describeExTraffic(traffic: Readonly<SessionCounters>) {
  return Object.fromEntries(
    Object.entries(describeTraffic(traffic)).map(([name, value]) => [`Ex.${name}`, value]),
  ) as Record<keyof typeof exTrafficFields, number>
}
