// Operations on the cascades of a hub: connections to hubs of other servers.

import * as z from 'zod/mini'
import { cascadeOf, describeLink, linkParams, linkResult } from './cascade-link.ts'
import type { CascadeSettings } from './cascade-settings.ts'
import { CASCADE_NAME_MAX } from './cascade-settings.ts'
import { describeRow, describeStatus, linkRow, linkStatus } from './cascade-status.ts'
import { str } from './fields.ts'
import type { HubSettings } from './hub-settings.ts'
import { CASCADES_MAX } from './hub-settings.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, objectNotFound, RpcError } from './rpc-error.ts'

const nameParams = z.object({ HubName_str: str, AccountName_utf: str })
const nameResult = z.object({ HubName_str: str, AccountName_utf: str })

export const cascadeOperations = {
  EnumLink: operation({
    summary: text('Lists the cascades of a hub', 'カスケード接続の一覧'),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, LinkList: z.array(linkRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      return {
        HubName_str: hub.name,
        LinkList: hub.settings().cascades.map((cascade) => describeRow(cascade, hub.cascadeStatus(cascade.name))),
      }
    },
  }),

  CreateLink: operation({
    summary: text('Makes a cascade, off line', 'カスケード接続を作成する (オフライン)'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_Ex_str',
    forbiddenBy: 'no_cascade',
    params: linkParams,
    tells: ({ AccountName_utf }) => ['cascadeCreated', AccountName_utf],
    result: linkResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_Ex_str)
      checkName('AccountName_utf', params.AccountName_utf)
      await hub.changeSettings((settings) => {
        requireFree(settings, params.AccountName_utf)
        if (settings.cascades.length >= CASCADES_MAX) {
          throw new RpcError(ERROR_CODES.tooManyItems, `There are ${CASCADES_MAX} cascades, as many as a hub may have.`)
        }
        return { cascades: [...settings.cascades, cascadeOf(params, undefined)] }
      })
      return describeLink(hub.name, requireCascade(hub.settings(), params.AccountName_utf))
    },
  }),

  SetLink: operation({
    summary: text('Replaces the settings of a cascade', 'カスケード接続の設定を置き換える'),
    permission: 'hub',
    effect: 'changes',
    hubField: 'HubName_Ex_str',
    forbiddenBy: 'no_cascade',
    params: linkParams,
    tells: ({ AccountName_utf }) => ['cascadeSet', AccountName_utf],
    result: linkResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_Ex_str)
      await editCascade(hub, params.AccountName_utf, (previous) => cascadeOf(params, previous))
      return describeLink(hub.name, requireCascade(hub.settings(), params.AccountName_utf))
    },
  }),

  GetLink: operation({
    summary: text('The settings of a cascade', 'カスケード接続の設定の取得'),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_Ex_str',
    params: z.object({ HubName_Ex_str: str, AccountName_utf: str }),
    result: linkResult,
    handle: (context, { HubName_Ex_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_Ex_str)
      return describeLink(hub.name, requireCascade(hub.settings(), AccountName_utf))
    },
  }),

  SetLinkOnline: operation({
    summary: text('Starts a cascade', 'カスケード接続をオンラインにする'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_cascade',
    params: nameParams,
    tells: ({ AccountName_utf }) => ['cascadeOnline', AccountName_utf],
    result: nameResult,
    handle: async (context, { HubName_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      await editCascade(hub, AccountName_utf, (cascade) => ({ ...cascade, online: true }))
      return { HubName_str: hub.name, AccountName_utf }
    },
  }),

  SetLinkOffline: operation({
    summary: text('Ends a cascade', 'カスケード接続をオフラインにする'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_cascade',
    params: nameParams,
    tells: ({ AccountName_utf }) => ['cascadeOffline', AccountName_utf],
    result: nameResult,
    handle: async (context, { HubName_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      await editCascade(hub, AccountName_utf, (cascade) => ({ ...cascade, online: false }))
      return { HubName_str: hub.name, AccountName_utf }
    },
  }),

  RenameLink: operation({
    summary: text('Renames a cascade', 'カスケード接続の名前を変更する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_cascade',
    params: z.object({ HubName_str: str, OldAccountName_utf: str, NewAccountName_utf: str }),
    tells: ({ OldAccountName_utf, NewAccountName_utf }) => ['cascadeRenamed', OldAccountName_utf, NewAccountName_utf],
    result: z.object({ HubName_str: str, OldAccountName_utf: str, NewAccountName_utf: str }),
    handle: async (context, { HubName_str, OldAccountName_utf, NewAccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      checkName('NewAccountName_utf', NewAccountName_utf)
      await hub.changeSettings((settings) => {
        const cascade = requireCascade(settings, OldAccountName_utf)
        if (!isNamed(cascade, NewAccountName_utf)) requireFree(settings, NewAccountName_utf)
        return { cascades: replaced(settings, cascade, { ...cascade, name: NewAccountName_utf }) }
      })
      return { HubName_str: hub.name, OldAccountName_utf, NewAccountName_utf }
    },
  }),

  DeleteLink: operation({
    summary: text('Deletes a cascade', 'カスケード接続を削除する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_cascade',
    params: nameParams,
    tells: ({ AccountName_utf }) => ['cascadeDeleted', AccountName_utf],
    result: nameResult,
    handle: async (context, { HubName_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_str)
      await hub.changeSettings((settings) => {
        const cascade = requireCascade(settings, AccountName_utf)
        return { cascades: settings.cascades.filter((other) => other !== cascade) }
      })
      return { HubName_str: hub.name, AccountName_utf }
    },
  }),

  GetLinkStatus: operation({
    summary: text(
      'How a cascade is doing; refused while it is off line',
      'カスケード接続の状態 (オフラインの場合はエラー)',
    ),
    permission: 'hub',
    effect: 'reads',
    hubField: 'HubName_Ex_str',
    params: z.object({ HubName_Ex_str: str, AccountName_utf: str }),
    result: linkStatus,
    handle: (context, { HubName_Ex_str, AccountName_utf }) => {
      const hub = requireHub(context, HubName_Ex_str)
      const cascade = requireCascade(hub.settings(), AccountName_utf)
      const status = hub.cascadeStatus(cascade.name)
      if (!cascade.online || status === undefined) {
        throw new RpcError(ERROR_CODES.cascadeOffline, 'The specified Cascade Connection is offline.')
      }
      return describeStatus(hub.name, cascade, status)
    },
  }),
}

function isNamed(cascade: CascadeSettings, name: string): boolean {
  return cascade.name.toLowerCase() === name.toLowerCase()
}

function requireCascade({ cascades }: HubSettings, name: string): CascadeSettings {
  const cascade = cascades.find((candidate) => isNamed(candidate, name))
  if (cascade === undefined) throw objectNotFound(`cascade "${name}" on this hub`)
  return cascade
}

function requireFree({ cascades }: HubSettings, name: string): void {
  if (cascades.some((cascade) => isNamed(cascade, name))) {
    throw new RpcError(ERROR_CODES.cascadeExists, `There is a cascade "${name}" already.`)
  }
}

function checkName(field: string, name: string): void {
  if (name !== '' && name.length <= CASCADE_NAME_MAX) return
  throw invalidParameters([{ field, allowed: `1 to ${CASCADE_NAME_MAX} letters`, actual: JSON.stringify(name) }])
}

function editCascade(
  hub: ManagedHub,
  name: string,
  edit: (cascade: CascadeSettings) => CascadeSettings,
): Promise<void> {
  return hub.changeSettings((settings) => {
    const cascade = requireCascade(settings, name)
    return { cascades: replaced(settings, cascade, edit(cascade)) }
  })
}

function replaced({ cascades }: HubSettings, previous: CascadeSettings, next: CascadeSettings): CascadeSettings[] {
  return cascades.map((cascade) => (cascade === previous ? next : cascade))
}
