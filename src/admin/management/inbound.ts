// The inbound rules of a hub.

import type { InboundStatus } from '../../nat/inbound.ts'
import type { InboundRule } from '../../nat/inbound-rule.ts'
import type { SettingFault } from './setting-fault.ts'

export interface InboundControl {
  /** The rules in force, whether SecureNAT runs or not. */
  inboundRules(): readonly InboundRule[]
  /** How they are doing; empty while SecureNAT is off. */
  inboundStatus(): readonly InboundStatus[]
  /**
   * Edits the present rules, saves them, and applies them at once. Nothing happens when `edit` answers `undefined`, or when a
   * fault is answered; its path begins with the rule's place in the list.
   */
  changeInboundRules(
    edit: (rules: readonly InboundRule[]) => readonly InboundRule[] | undefined,
  ): Promise<readonly SettingFault[]>
}
