// What the DHCP server counts: messages each way, and every reason for not answering one.

export interface DhcpStats {
  rxDiscover: number
  rxRequest: number
  rxDecline: number
  rxRelease: number
  rxInform: number
  txOffer: number
  txAck: number
  txNak: number
  /** A message while the server is switched off. */
  ignoredDisabled: number
  /** A REQUEST, DECLINE or RELEASE that names another server. */
  ignoredOtherServer: number
  /** A REQUEST by a client we know nothing of and have no say over. */
  ignoredUnknownClient: number
  /** A DECLINE or RELEASE of an address that its sender does not have from us. */
  ignoredNotHolder: number
  droppedNotRequest: number
  droppedBootp: number
  droppedUnknownType: number
  droppedBadHardwareAddress: number
  droppedBadClientId: number
  droppedNoAddress: number
  /** The relay's network is not ours: we have no addresses for it. */
  droppedForeignRelay: number
  poolExhausted: number
  /** An address was passed over because somebody uses it without a lease. */
  addressInUse: number
  /** A DISCOVER waited until silence had lasted long enough. */
  postponedOffers: number
  /** Replies of other servers. */
  rxOtherServer: number
  /** Routes that did not fit into what the client can take. */
  omittedOptions: number
}

export function newDhcpStats(): DhcpStats {
  return {
    rxDiscover: 0,
    rxRequest: 0,
    rxDecline: 0,
    rxRelease: 0,
    rxInform: 0,
    txOffer: 0,
    txAck: 0,
    txNak: 0,
    ignoredDisabled: 0,
    ignoredOtherServer: 0,
    ignoredUnknownClient: 0,
    ignoredNotHolder: 0,
    droppedNotRequest: 0,
    droppedBootp: 0,
    droppedUnknownType: 0,
    droppedBadHardwareAddress: 0,
    droppedBadClientId: 0,
    droppedNoAddress: 0,
    droppedForeignRelay: 0,
    poolExhausted: 0,
    addressInUse: 0,
    postponedOffers: 0,
    rxOtherServer: 0,
    omittedOptions: 0,
  }
}
