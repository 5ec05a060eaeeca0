// What administrators do to a hub that its security log tells, as the original's does.

export type AdministrationChange =
  /** Of SecureNAT; so the next two. */
  | 'optionSet'
  | 'enabled'
  | 'disabled'
  | 'hubSet'
  | 'hubOnline'
  | 'hubOffline'
  | 'logSet'
  | 'userCreated'
  | 'userSet'
  | 'userDeleted'
  | 'groupCreated'
  | 'groupSet'
  | 'groupDeleted'
  | 'accessAdded'
  | 'accessDeleted'
  | 'accessListSet'
  | 'sourceListSet'
  | 'authorityAdded'
  | 'authorityDeleted'
  | 'cascadeCreated'
  | 'cascadeSet'
  | 'cascadeOnline'
  | 'cascadeOffline'
  | 'cascadeDeleted'
  | 'cascadeRenamed'
  | 'sessionDisconnected'

/** With what the line names: a user, a number of rules, the old and the new name. */
export type ToldChange = readonly [change: AdministrationChange, ...subjects: readonly (string | number)[]]
