// Operations on the groups of a hub.

import * as z from 'zod/mini'
import type { Group } from '../accounts/user.ts'
import { isUserName, USER_NAME_ALLOWED } from '../accounts/user-name.ts'
import { addCounters, newSessionCounters } from '../hub/session.ts'
import { bool, boolean, number, str } from './fields.ts'
import type { HubSettings } from './hub-settings.ts'
import { GROUPS_MAX } from './hub-settings.ts'
import type { ManagedHub } from './management.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { describePolicy, policyParams, policyResult, readPolicy } from './policy-fields.ts'
import { ERROR_CODES, invalidParameters, objectNotFound, RpcError } from './rpc-error.ts'
import { describeTraffic, trafficFields } from './traffic-fields.ts'

const nameParams = z.object({ HubName_str: str, Name_str: str })
const nameResult = z.object({ HubName_str: str, Name_str: str })

/** The whole group: what is left out is empty. */
const groupParams = z.object({
  HubName_str: str,
  Name_str: str,
  Realname_utf: z.optional(str),
  Note_utf: z.optional(str),
  UsePolicy_bool: z.optional(bool),
  ...policyParams,
})

const groupResult = z.object({
  HubName_str: str,
  Name_str: str,
  Realname_utf: str,
  Note_utf: str,
  ...trafficFields,
  ...policyResult,
})

const groupRow = z.object({
  Name_str: str,
  Realname_utf: str,
  Note_utf: str,
  NumUsers_u32: number,
  DenyAccess_bool: boolean,
})

export const groupOperations = {
  CreateGroup: operation({
    summary: text('Makes a group of users', 'グループを作成する'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_groups',
    params: groupParams,
    tells: ({ Name_str }) => ['groupCreated', Name_str],
    result: groupResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      const { Name_str: name } = params
      if (!isUserName(name)) {
        throw invalidParameters([{ field: 'Name_str', allowed: USER_NAME_ALLOWED, actual: JSON.stringify(name) }])
      }
      await hub.changeSettings((settings) => {
        if (findGroup(settings, name) !== undefined) {
          throw new RpcError(ERROR_CODES.groupExists, `There is a group "${name}" already.`)
        }
        const max = Math.min(GROUPS_MAX, settings.adminOptions.max_groups || GROUPS_MAX)
        if (settings.groups.length >= max) {
          throw new RpcError(ERROR_CODES.tooManyGroups, `There are ${max} groups, as many as this hub may have.`)
        }
        return { groups: [...settings.groups, groupOf(params, name)] }
      })
      return describeGroup(hub, requireGroup(hub, name))
    },
  }),

  SetGroup: operation({
    summary: text('Replaces a group: what is left out is empty', 'グループを置き換える (省略した項目は空になる)'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_groups',
    params: groupParams,
    tells: ({ Name_str }) => ['groupSet', Name_str],
    result: groupResult,
    handle: async (context, params) => {
      const hub = requireHub(context, params.HubName_str)
      await hub.changeSettings((settings) => {
        const previous = findGroup(settings, params.Name_str)
        if (previous === undefined) throw groupNotFound(params.Name_str)
        const next = groupOf(params, previous.name)
        return { groups: settings.groups.map((group) => (group === previous ? next : group)) }
      })
      return describeGroup(hub, requireGroup(hub, params.Name_str))
    },
  }),

  GetGroup: operation({
    summary: text('One group of a hub', 'グループの情報の取得'),
    ...READS_HUB,
    params: nameParams,
    result: groupResult,
    handle: (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      return describeGroup(hub, requireGroup(hub, Name_str))
    },
  }),

  DeleteGroup: operation({
    summary: text('Deletes a group; its users are of no group then', 'グループを削除する (ユーザーは無所属になる)'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_change_groups',
    params: nameParams,
    tells: ({ Name_str }) => ['groupDeleted', Name_str],
    result: nameResult,
    handle: async (context, { HubName_str, Name_str }) => {
      const hub = requireHub(context, HubName_str)
      await hub.changeSettings((settings) => {
        const group = findGroup(settings, Name_str)
        if (group === undefined) throw groupNotFound(Name_str)
        return {
          groups: settings.groups.filter((other) => other !== group),
          users: settings.users.map((user) => (isMember(user.group, group) ? { ...user, group: '' } : user)),
        }
      })
      return { HubName_str: hub.name, Name_str }
    },
  }),

  EnumGroup: operation({
    summary: text('Lists the groups of a hub', 'HUB のグループ一覧'),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, GroupList: z.array(groupRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const { groups, users } = hub.settings()
      return {
        HubName_str: hub.name,
        GroupList: groups.map((group) => ({
          Name_str: group.name,
          Realname_utf: group.realName,
          Note_utf: group.note,
          NumUsers_u32: users.filter((user) => isMember(user.group, group)).length,
          DenyAccess_bool: group.policy?.access === false,
        })),
      }
    },
  }),
}

function isMember(groupName: string, { name }: Group): boolean {
  return groupName.toLowerCase() === name.toLowerCase()
}

function findGroup({ groups }: HubSettings, name: string): Group | undefined {
  return groups.find((group) => isMember(name, group))
}

function requireGroup(hub: ManagedHub, name: string): Group {
  const group = findGroup(hub.settings(), name)
  if (group === undefined) throw groupNotFound(name)
  return group
}

function groupNotFound(name: string): RpcError {
  return objectNotFound(`group "${name}" on this hub`)
}

function groupOf(params: z.output<typeof groupParams>, name: string): Group {
  return {
    name,
    realName: params.Realname_utf ?? '',
    note: params.Note_utf ?? '',
    policy: params.UsePolicy_bool === true ? readPolicy(params) : undefined,
  }
}

/** A group's traffic is that of its users. */
function describeGroup(hub: ManagedHub, group: Group): z.input<typeof groupResult> {
  const traffic = newSessionCounters()
  for (const user of hub.settings().users) {
    if (isMember(user.group, group)) addCounters(traffic, hub.userActivity(user.name).traffic)
  }
  return {
    HubName_str: hub.name,
    Name_str: group.name,
    Realname_utf: group.realName,
    Note_utf: group.note,
    ...describeTraffic(traffic),
    ...(group.policy === undefined ? {} : { UsePolicy_bool: true, ...describePolicy(group.policy) }),
  }
}
