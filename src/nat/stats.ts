// What a NAT counts of flows that did not become sessions, and of sessions that gave way.

export interface NatStats {
  tcpForbidden: number
  udpForbidden: number
  icmpForbidden: number
  tcpIgnored: number
  udpIgnored: number
  icmpIgnored: number
  /** Datagrams to groups and broadcast addresses: discovery stays on the virtual LAN (D23). */
  udpMulticastDropped: number
  /** Those that went out, with `discovery: relay`. */
  discoveryRelayed: number
  /** New flows while the NAT was switched off. */
  refusedDisabled: number
  /** Sessions that gave way to a newer one of the same guest. */
  tcpEvicted: number
  udpEvicted: number
  icmpEvicted: number
  udpPortUnreachable: number
  /** Datagrams from addresses that an endpoint has not sent to, with address-dependent filtering. */
  udpFiltered: number
  /** Echo requests to other hosts that were not answered, by the ICMP mode or because there are no echo sockets. */
  echoNotAnswered: number
  /** Sessions ended because the egress rules changed. */
  endedByEgress: number
  /** Flows of this process's NATs that came back into a hub (R27). */
  loopsRefused: number
}

export function newNatStats(): NatStats {
  return {
    tcpForbidden: 0,
    udpForbidden: 0,
    icmpForbidden: 0,
    tcpIgnored: 0,
    udpIgnored: 0,
    icmpIgnored: 0,
    udpMulticastDropped: 0,
    discoveryRelayed: 0,
    refusedDisabled: 0,
    tcpEvicted: 0,
    udpEvicted: 0,
    icmpEvicted: 0,
    udpPortUnreachable: 0,
    udpFiltered: 0,
    echoNotAnswered: 0,
    endedByEgress: 0,
    loopsRefused: 0,
  }
}
