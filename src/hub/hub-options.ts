// The settings of a hub as a whole, beside its extended options and access list.

export interface HubOptions {
  /** Sessions at a time, SecureNAT's and cascades' left out; 0: as many as the hub can hold. */
  readonly maxSessions: number
  /** Whoever is not logged in does not see this hub in the list of hubs. */
  readonly noEnumeration: boolean
}

export const DEFAULT_HUB_OPTIONS: HubOptions = { maxSessions: 0, noEnumeration: false }
