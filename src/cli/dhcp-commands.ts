// The commands DhcpReservation…, DhcpOption… and DhcpLeaseDelete: the operations of admin/dhcp-operations.ts.

import type { AdminCommand } from './admin-command.ts'
import { text } from './admin-command.ts'
import type { OperandSpec, OptionSpec } from './command.ts'
import { MissingOptions, optionValue, UsageError } from './command.ts'
import { calls, operandAs } from './declare.ts'
import { macFromBase64, macToBase64 } from './format.ts'
import type { Row } from './table.ts'

const ADDRESS: OperandSpec = { name: 'IP', required: true, help: text('IP address', 'IP アドレス') }
const CODE: OperandSpec = {
  name: 'CODE',
  required: true,
  help: text(
    'number of the option; 42 NTP servers, 66 TFTP server, 67 boot file, 119 domain search list',
    'オプション番号。42 NTP サーバー、66 TFTP サーバー、67 ブートファイル、119 ドメイン検索リスト',
  ),
}

const CLIENT_OPTIONS: readonly (OptionSpec & { readonly value: string })[] = [
  { name: 'mac', value: 'MAC', help: text('MAC address of the client', 'クライアントの MAC アドレス') },
  {
    name: 'clientid',
    value: 'HEX',
    help: text('client identifier (option 61), in hexadecimal', 'クライアント識別子 (オプション 61)、16 進数'),
  },
  {
    name: 'name',
    value: 'NAME',
    help: text(
      'host name: of the client, or for it when one of the others says who it is',
      'ホスト名。単独ではクライアントの名前、他と併用すると与える名前',
    ),
  },
]

export const DHCP_COMMANDS: readonly AdminCommand[] = [
  {
    name: 'DhcpReservationList',
    summary: text(
      'list the reserved addresses of the Virtual DHCP Server',
      '仮想 DHCP サーバーの予約アドレスの一覧を表示する',
    ),
    options: [],
    run: async ({ call, hub }) => {
      const list = await call('EnumDhcpReservation', { HubName_str: hub })
      const records = list.ReservationList.map((row): Row[] => [
        [text('Reserved IP', '予約 IP'), row.IpAddress_ip],
        [text('MAC Address', 'MAC アドレス'), row.MacAddress_bin === '' ? '' : macFromBase64(row.MacAddress_bin)],
        [text('Client Identifier', 'クライアント識別子'), row.ClientId_str],
        [text('Client Host Name', 'クライアントホスト名'), row.Hostname_str],
      ])
      return { json: list, records }
    },
  },
  {
    name: 'DhcpReservationSet',
    summary: text('reserve an address for one DHCP client', 'DHCP クライアントのためにアドレスを予約する'),
    description: text(
      'The address may lie inside or outside of the distribution range, and is given to nobody else. A reservation of the same address or client is replaced.',
      'アドレスは配布アドレス帯の内でも外でもよく、他のクライアントには割り当てられません。同じアドレスまたはクライアントの予約は置き換えられます。',
    ),
    operands: [ADDRESS],
    options: CLIENT_OPTIONS,
    fields: { IpAddress_ip: 'IP', MacAddress_bin: '--mac', ClientId_str: '--clientid', Hostname_str: '--name' },
    run: async ({ call, hub, arguments: given }) => {
      const mac = optionValue(given, 'mac')
      const clientId = optionValue(given, 'clientid')
      const name = optionValue(given, 'name')
      if (mac === undefined && clientId === undefined && name === undefined) {
        throw new MissingOptions(
          'DhcpReservationSet: for whom? give --mac MAC, --clientid HEX or --name NAME',
          CLIENT_OPTIONS.map((option) => option.name),
        )
      }
      const macBytes = mac === undefined ? undefined : macToBase64(mac)
      if (mac !== undefined && macBytes === undefined) {
        throw new UsageError(
          `DhcpReservationSet: --mac must be a MAC address such as 00-AC-01-23-45-67, is ${JSON.stringify(mac)}`,
        )
      }
      const json = await call('SetDhcpReservation', {
        HubName_str: hub,
        IpAddress_ip: given.operands[0]!,
        ...(macBytes === undefined ? {} : { MacAddress_bin: macBytes }),
        ...(clientId === undefined ? {} : { ClientId_str: clientId.replace(/[:-]/g, '') }),
        ...(name === undefined ? {} : { Hostname_str: name }),
      })
      return { json }
    },
  },
  {
    name: 'DhcpReservationDelete',
    summary: text('give up the reservation of an address', 'アドレスの予約を取り消す'),
    operands: [ADDRESS],
    options: [],
    fields: { IpAddress_ip: 'IP' },
    run: calls('DeleteDhcpReservation', operandAs('IpAddress_ip')),
  },
  {
    name: 'DhcpLeaseDelete',
    summary: text('end the lease of an address', 'アドレスのリースを終了する'),
    description: text(
      'The client is not told: it may ask for the address again when it renews its lease.',
      'クライアントには通知されません。クライアントはリースの更新時に同じアドレスを再び要求することがあります。',
    ),
    operands: [ADDRESS],
    options: [],
    fields: { IpAddress_ip: 'IP' },
    run: calls('DeleteDhcpLease', operandAs('IpAddress_ip')),
  },
  {
    name: 'DhcpOptionList',
    summary: text(
      'list the further options that DHCP clients are sent',
      'DHCP クライアントに送る追加オプションの一覧を表示する',
    ),
    options: [],
    run: async ({ call, hub }) => {
      const list = await call('EnumDhcpOption', { HubName_str: hub })
      const records = list.OptionList.map((row): Row[] => [
        [text('Option Number', 'オプション番号'), String(row.Code_u32)],
        [text('Value', '値'), row.Value_str],
      ])
      return { json: list, records }
    },
  },
  {
    name: 'DhcpOptionSet',
    summary: text('send DHCP clients an option by its number', '番号で指定したオプションを DHCP クライアントに送る'),
    description: text(
      'VALUE is a type and a value: ip:192.168.30.5,192.168.30.6  text:pxelinux.0  names:example.org,lan  hex:0104  u8:64  u16:1400  u32:3600',
      'VALUE は型と値です: ip:192.168.30.5,192.168.30.6  text:pxelinux.0  names:example.org,lan  hex:0104  u8:64  u16:1400  u32:3600',
    ),
    operands: [CODE, { name: 'VALUE', required: true, help: text('type and value', '型と値') }],
    options: [],
    fields: { Code_u32: 'CODE', Value_str: 'VALUE' },
    run: calls('SetDhcpOption', ({ hub, arguments: { operands } }) => ({
      HubName_str: hub,
      Code_u32: operands[0]!,
      Value_str: operands[1]!,
    })),
  },
  {
    name: 'DhcpOptionDelete',
    summary: text('send DHCP clients an option no longer', 'オプションを DHCP クライアントに送るのをやめる'),
    operands: [CODE],
    options: [],
    fields: { Code_u32: 'CODE' },
    run: calls('DeleteDhcpOption', operandAs('Code_u32')),
  },
]
