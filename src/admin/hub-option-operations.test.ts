// Operations on the options, the log settings and the message of a hub.

import { describe, expect, test } from 'vitest'
import { ALICE, HUB, HUB_ADMINISTRATOR, madeUpOperations } from '../../test/support/made-up-operations.ts'
import { dhcpOperations } from './dhcp-operations.ts'
import { dnsOperations } from './dns-operations.ts'
import { egressOperations } from './egress-operations.ts'
import { inboundOperations } from './inbound-operations.ts'
import { natLimitOperations } from './nat-limit-operations.ts'
import type { Operation } from './operation.ts'
import { secureNatOperations } from './securenat-operations.ts'
import { secureNatTableOperations } from './securenat-table-operations.ts'

describe('options, logs and message of a hub', () => {
  test('extended options have their defaults until they are set', async () => {
    const { hub, call, refusal } = madeUpOperations()
    const set = (Name_str: string, Value_u32: number) =>
      call('SetHubExtOptions', { ...HUB, AdminOptionList: [{ Name_str, Value_u32 }] })
    await set('securenat_maxtcpsessionsperip', 30)
    await set('NoMacAddressLog', 1)
    expect(hub.settings().extendedOptions).toEqual({ SecureNAT_MaxTcpSessionsPerIp: 30 })
    const { AdminOptionList } = (await call('GetHubExtOptions', HUB)) as { AdminOptionList: object[] }
    expect(AdminOptionList).toContainEqual({
      Name_str: 'SecureNAT_MaxTcpSessionsPerIp',
      Value_u32: 30,
      Descrption_utf: '',
    })
    expect(AdminOptionList).toContainEqual({ Name_str: 'VlanTypeId', Value_u32: 33024, Descrption_utf: '' })
    expect(await refusal('SetHubExtOptions', { ...HUB, AdminOptionList: [{ Name_str: 'NoSuch', Value_u32: 1 }] })).toBe(
      '38 AdminOptionList.0.Name_str must be the name of one of the options listed, is "NoSuch"',
    )
  })

  test('log settings; there is no packet log', async () => {
    const { call, refusal } = madeUpOperations()
    expect(await call('SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 3, SavePacketLog_bool: false })).toEqual({
      HubName_str: 'LAB',
      SaveSecurityLog_bool: true,
      SecurityLogSwitchType_u32: 3,
      SavePacketLog_bool: false,
      PacketLogSwitchType_u32: 4,
      PacketLogConfig_u32: new Array(16).fill(0),
    })
    expect(await refusal('SetHubLog', { ...HUB, SavePacketLog_bool: true })).toMatch(/^33 SavePacketLog_bool /)
    expect(await refusal('SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 6 })).toMatch(/^38 .* from 0 to 5, is 6$/)
  })

  test('the message is UTF-8', async () => {
    const { call, refusal } = madeUpOperations()
    await call('SetHubMsg', { ...HUB, Msg_bin: Buffer.from('こんにちは').toString('base64') })
    const { Msg_bin } = (await call('GetHubMsg', HUB)) as { Msg_bin: string }
    expect(Buffer.from(Msg_bin, 'base64').toString()).toBe('こんにちは')
    expect(await refusal('SetHubMsg', { ...HUB, Msg_bin: '/w==' })).toMatch(/^38 Msg_bin must be UTF-8 text/)
  })
})

describe("what the server's administrator keeps from the hub's", () => {
  test.each([
    ['no_securenat', 'EnableSecureNAT', HUB],
    ['no_securenat', 'SetSecureNATOption', { RpcHubName_str: 'LAB', Mtu_u32: 1400 }],
    ['no_securenat', 'DeleteNAT', { ...HUB, Id_u32: 1 }],
    ['no_securenat', 'SetEgressRules', { ...HUB, RuleList: [] }],
    ['no_securenat', 'SetNatLimit', { ...HUB, Sessions_u32: 10 }],
    ['no_securenat_enablenat', 'SetSecureNATOption', { RpcHubName_str: 'LAB', UseNat_bool: false }],
    ['no_securenat_enabledhcp', 'SetSecureNATOption', { RpcHubName_str: 'LAB', UseDhcp_bool: false }],
    ['no_change_users', 'CreateUser', ALICE],
    ['no_change_groups', 'CreateGroup', ALICE],
    ['no_change_access_list', 'SetAccessList', { ...HUB, AccessList: [] }],
    ['no_cascade', 'SetLinkOnline', { ...HUB, AccountName_utf: 'x' }],
    ['no_enum_session', 'EnumSession', HUB],
    ['no_query_session', 'GetSessionStatus', { ...HUB, Name_str: 'SID-TAP-2' }],
    ['no_disconnect_session', 'DeleteSession', { ...HUB, Name_str: 'SID-TAP-2' }],
    ['no_delete_mactable', 'DeleteMacTable', { ...HUB, Key_u32: 5 }],
    ['no_delete_iptable', 'DeleteIpTable', { ...HUB, Key_u32: 6 }],
    ['no_change_log_config', 'SetHubLog', HUB],
    ['no_change_log_switch_type', 'SetHubLog', { ...HUB, SecurityLogSwitchType_u32: 1 }],
    ['no_change_msg', 'SetHubMsg', { ...HUB, Msg_bin: '' }],
    ['no_change_admin_password', 'SetHub', { ...HUB, AdminPasswordPlainText_str: 'p' }],
    ['no_offline', 'SetHubOnline', { ...HUB, Online_bool: false }],
    ['no_offline', 'SetHub', { ...HUB, Online_bool: false }],
    ['no_online', 'SetHubOnline', { ...HUB, Online_bool: true }],
    ['deny_hub_admin_change_ext_option', 'SetHubExtOptions', { ...HUB, AdminOptionList: [] }],
  ])('%s: %s', async (option, method, params) => {
    const settings = { adminOptions: { [option]: 1 } }
    expect(await madeUpOperations(HUB_ADMINISTRATOR, settings).refusal(method, params)).toBe(
      `52 Not enough privileges: the administration option ${option} of this hub is set.`,
    )
    expect(await madeUpOperations(undefined, settings).refusal(method, params)).not.toMatch(/^52/)
    expect(await madeUpOperations(HUB_ADMINISTRATOR).refusal(method, params)).not.toMatch(/^52/)
  })

  test('nothing of SecureNAT is left out', () => {
    const areas = [secureNatOperations, secureNatTableOperations, egressOperations, inboundOperations]
    const more = [natLimitOperations, dhcpOperations, dnsOperations]
    const changes = [...areas, ...more].flatMap((area) => Object.entries<Operation>(area as never))
    const open = changes.filter(([, { effect, forbiddenBy }]) => effect === 'changes' && forbiddenBy !== 'no_securenat')
    expect(changes.length).toBeGreaterThan(20)
    expect(open.map(([name]) => name)).toEqual([])
  })

  test('its own options only when that is allowed', async () => {
    const params = { ...HUB, AdminOptionList: [{ Name_str: 'no_securenat', Value_u32: 1 }] }
    expect(await madeUpOperations(HUB_ADMINISTRATOR).refusal('SetHubAdminOptions', params)).toMatch(
      /^52 .*allow_hub_admin/,
    )
    const { hub, call } = madeUpOperations(HUB_ADMINISTRATOR, { adminOptions: { allow_hub_admin_change_option: 1 } })
    await call('SetHubAdminOptions', params)
    expect(hub.settings().adminOptions).toEqual({ allow_hub_admin_change_option: 1, no_securenat: 1 })
  })
})
