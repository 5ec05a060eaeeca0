// The commands Group….

import type { AdminCommand, CommandContext, Outcome } from './admin-command.ts'
import { text } from './admin-command.ts'
import {
  calls,
  change,
  command,
  emptied,
  given,
  operand,
  operandAs,
  option,
  orEmpty,
  required,
  requiredOption,
} from './declare.ts'
import { thousands } from './format.ts'
import { POLICY_OPTIONS, policyGrid, policySetting } from './policy-table.ts'
import type { Row } from './table.ts'

const NAME = [operand('NAME', 'name of the group', 'グループ名', 'group')]
const FIELDS = { Name_str: 'NAME' } as const
const OPTIONS = [
  option('realname', 'TEXT|none', 'full name', '本名'),
  option('note', 'TEXT|none', 'description', '説明'),
]
const USER = [{ ...requiredOption('username', 'USER', 'name of the user', 'ユーザー名'), names: 'user' as const }]

export const GROUP_COMMANDS: readonly AdminCommand[] = [
  command('GroupList', text('list the groups of a hub', 'グループの一覧を表示する'), {}, async ({ call, hub }) => {
    const list = await call('EnumGroup', { HubName_str: hub })
    const records = list.GroupList.map((group): Row[] => [
      [text('Group Name', 'グループ名'), group.Name_str],
      [text('Full Name', '本名'), group.Realname_utf],
      [text('Description', '説明'), group.Note_utf],
      [text('Num Users', 'ユーザー数'), thousands(group.NumUsers_u32)],
    ])
    return { json: list, records }
  }),
  command(
    'GroupCreate',
    text('make a group', 'グループを作成する'),
    { operands: NAME, options: OPTIONS, fields: FIELDS },
    calls('CreateGroup', (context) => ({
      HubName_str: context.hub,
      Name_str: context.arguments.operands[0]!,
      Realname_utf: orEmpty(given(context, 'realname')),
      Note_utf: orEmpty(given(context, 'note')),
    })),
  ),
  command(
    'GroupSet',
    text('change full name or description of a group', 'グループの情報を変更する'),
    { operands: NAME, options: OPTIONS, oneOf: OPTIONS, fields: FIELDS },
    (context) =>
      setGroup(context, {
        Realname_utf: emptied(given(context, 'realname')),
        Note_utf: emptied(given(context, 'note')),
      }),
  ),
  command(
    'GroupGet',
    text('show a group and its users', 'グループの情報と所属ユーザーを表示する'),
    { operands: NAME },
    async ({ call, hub, arguments: { operands } }) => {
      const group = await call('GetGroup', { HubName_str: hub, Name_str: operands[0]! })
      const { UserList } = await call('EnumUser', { HubName_str: hub })
      const members = UserList.filter((user) => isSame(user.GroupName_str, group.Name_str)).map((user) => user.Name_str)
      const rows: Row[] = [
        [text('Group Name', 'グループ名'), group.Name_str],
        [text('Full Name', '本名'), group.Realname_utf],
        [text('Description', '説明'), group.Note_utf],
      ]
      const policy = text(
        'This is the security policy that is set for this group.',
        'このグループに設定されているセキュリティポリシー',
      )
      return {
        json: { ...group, Members: members },
        records: [rows],
        grids: [
          ...(group.UsePolicy_bool === true ? [policyGrid(group, policy)] : []),
          {
            title: text(
              'This is a list of user names of users who are assigned to this group.',
              'このグループに所属しているユーザー名の一覧',
            ),
            headings: [],
            rows: members.map((member) => [` ${member}`]),
          },
        ],
      }
    },
  ),
  command(
    'GroupDelete',
    text('delete a group; its users are of no group then', 'グループを削除する'),
    { operands: NAME },
    calls('DeleteGroup', operandAs('Name_str')),
  ),
  command(
    'GroupJoin',
    text('put a user into a group', 'ユーザーをグループに追加する'),
    { operands: NAME, options: USER },
    (context) => moveUser(context, required(context, 'username'), context.arguments.operands[0]!),
  ),
  command(
    'GroupUnjoin',
    text('take a user out of its group', 'ユーザーをグループから削除する'),
    { operands: [operand('USER', 'name of the user', 'ユーザー名', 'user')] },
    (context) => moveUser(context, context.arguments.operands[0]!, ''),
  ),
  command(
    'GroupPolicySet',
    text("set one policy of a group's security policy", 'グループのセキュリティポリシーを設定する'),
    { operands: NAME, options: POLICY_OPTIONS },
    (context) => {
      const setting = policySetting('GroupPolicySet', context)
      return setGroup(context, { UsePolicy_bool: true, ...setting })
    },
  ),
  command(
    'GroupPolicyRemove',
    text("remove a group's security policy", 'グループのセキュリティポリシーを削除する'),
    { operands: NAME },
    (context) => setGroup(context, { UsePolicy_bool: false }),
  ),
]

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function setGroup(context: CommandContext, changes: object): Promise<Outcome> {
  return change(context, ['GetGroup', 'SetGroup'], operandAs('Name_str')(context), changes)
}

function moveUser(context: CommandContext, Name_str: string, GroupName_str: string): Promise<Outcome> {
  return change(context, ['GetUser', 'SetUser'], { HubName_str: context.hub, Name_str }, { GroupName_str })
}
