// The commands CA… and Ac…: whose certificates users of a hub may show, and from where they may come.

import { readFileSync, writeFileSync } from 'node:fs'
import type { ParamsOf, ResultOf } from '../admin/operations.ts'
import { formatIpv4, type Ipv4Address, maskOf, parseIpv4, prefixLength } from '../wire/ipv4-address.ts'
import type { AdminCommand, CommandContext } from './admin-command.ts'
import { text } from './admin-command.ts'
import { derOf, pemOf } from './certificate-file.ts'
import { UsageError } from './command.ts'
import { calls, command, operand, operandAs, required, requiredOption } from './declare.ts'
import { dayOnly } from './format.ts'
import type { Row } from './table.ts'

type SourceRule = ParamsOf<'SetAcList'>['ACList'][number]

const CA_ID = [operand('ID', 'its ID in CAList', 'CAList に表示される ID')]
const RULE_ID = [operand('ID', 'number of the rule in AcList', 'AcList に表示されるルールの ID')]
const ACTION = [operand('allow|deny', 'whether sources that match may come in', '一致した接続元の動作')]
const RULE_OPTIONS = [
  requiredOption('priority', 'NUMBER', 'smaller ones are looked at first, from 1', '優先順位、1 以上 (小さいほど優先)'),
  requiredOption('ip', 'IP[/MASK]', 'the sources: 192.168.0.0/16', '接続元 IP アドレス、例: 192.168.0.0/16'),
]
const ONE_ADDRESS_PREFIX = 32

export const TRUST_COMMANDS: readonly AdminCommand[] = [
  command(
    'CAList',
    text('list the certificates of authorities that a hub trusts', '信頼する証明機関の証明書一覧を表示する'),
    {},
    async ({ call, hub }) => {
      const list = await call('EnumCa', { HubName_str: hub })
      const records = list.CAList.map((row): Row[] => [
        [text('ID', 'ID'), String(row.Key_u32)],
        [text('Issued to', '発行先'), row.SubjectName_utf],
        [text('Issuer', '発行者'), row.IssuerName_utf],
        [text('Expiration', '有効期限'), dayOnly(row.Expires_dt)],
      ])
      return { json: list, records }
    },
  ),
  command(
    'CAAdd',
    text('trust an authority', '信頼する証明機関の証明書を追加する'),
    {
      operands: [operand('FILE', 'its certificate, PEM or DER', '証明書ファイル (PEM または DER)')],
      fields: { Cert_bin: 'FILE' },
    },
    async ({ call, hub, arguments: { operands } }) => {
      const Cert_bin = Buffer.from(derOf(readFileSync(operands[0]!))).toString('base64')
      return { json: await call('AddCa', { HubName_str: hub, Cert_bin }) }
    },
  ),
  command(
    'CADelete',
    text('trust an authority no more', '信頼する証明機関の証明書を削除する'),
    { operands: CA_ID, fields: { Key_u32: 'ID' } },
    calls('DeleteCa', operandAs('Key_u32')),
  ),
  command(
    'CAGet',
    text('save the certificate of an authority', '信頼する証明機関の証明書を保存する'),
    {
      operands: CA_ID,
      options: [requiredOption('savecert', 'FILE', 'where to save it, as PEM', '保存先 (PEM 形式)')],
      fields: { Key_u32: 'ID' },
    },
    async (context) => {
      const file = required(context, 'savecert')
      const json = await context.call('GetCa', { HubName_str: context.hub, Key_u32: context.arguments.operands[0]! })
      writeFileSync(file, pemOf(Buffer.from(json.Cert_bin, 'base64')))
      return { json }
    },
  ),
  command(
    'AcList',
    text('show from where users may log in to a hub', '接続元 IP 制限リストを表示する'),
    {},
    async ({ call, hub }) => {
      const list = await call('GetAcList', { HubName_str: hub })
      return {
        json: list,
        grids: [
          {
            headings: [
              text('ID', 'ID'),
              text('Priority', '優先順位'),
              text('Action', '動作'),
              text('Contents', '内容'),
            ],
            rows: list.ACList.map((rule) => [
              String(rule.Id_u32),
              String(rule.Priority_u32),
              rule.Deny_bool ? text('Deny', '拒否') : text('Pass', '許可'),
              rule.Masked_bool ? `${rule.IpAddress_ip}/${maskText(rule.SubnetMask_ip)}` : rule.IpAddress_ip,
            ]),
          },
        ],
      }
    },
  ),
  command(
    'AcAdd',
    text('add a rule about where users come from', '接続元 IP 制限リストにルールを追加する'),
    { operands: ACTION, options: RULE_OPTIONS },
    (context) => changeList(context, (rules) => [...rules, newRule(context)]),
  ),
  command(
    'AcAdd6',
    text('refused: the rules are about IPv4 addresses', '未対応: ルールは IPv4 アドレスのみ'),
    { operands: ACTION, options: RULE_OPTIONS },
    async () => {
      throw new UsageError('AcAdd6: the source IP address limit list has rules about IPv4 addresses alone; see: AcAdd')
    },
  ),
  command(
    'AcDel',
    text('delete a rule about where users come from', '接続元 IP 制限リストのルールを削除する'),
    { operands: RULE_ID },
    (context) =>
      changeList(context, (rules) => {
        const id = context.arguments.operands[0]!
        const left = rules.filter((rule) => String(rule.Id_u32) !== id)
        if (left.length === rules.length) throw new UsageError(`AcDel ${id}: there is no such rule; see: AcList`)
        return left
      }),
  ),
]

async function changeList(
  { call, hub }: CommandContext,
  change: (rules: ResultOf<'GetAcList'>['ACList']) => readonly SourceRule[],
) {
  const { ACList } = await call('GetAcList', { HubName_str: hub })
  return { json: await call('SetAcList', { HubName_str: hub, ACList: [...change(ACList)] }) }
}

function newRule(context: CommandContext): SourceRule {
  const action = context.arguments.operands[0]!.toLowerCase()
  if (action !== 'allow' && action !== 'deny') {
    throw new UsageError(`AcAdd ${action}: must be allow or deny`)
  }
  const priority = required(context, 'priority')
  if (!/^[1-9]\d{0,9}$/.test(priority)) throw new UsageError(`AcAdd: --priority ${priority}: must be a number from 1`)
  const { address, mask } = sourcesOf(required(context, 'ip'))
  return {
    Deny_bool: action === 'deny',
    IpAddress_ip: formatIpv4(address),
    Masked_bool: prefixLength(mask) !== ONE_ADDRESS_PREFIX,
    SubnetMask_ip: formatIpv4(mask),
    Priority_u32: priority,
  }
}

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0` */
function sourcesOf(given: string): { readonly address: Ipv4Address; readonly mask: Ipv4Address } {
  const [network = '', end = String(ONE_ADDRESS_PREFIX), ...rest] = given.split('/')
  const address = parseIpv4(network)
  const isPrefix = /^\d{1,2}$/.test(end) && Number(end) <= ONE_ADDRESS_PREFIX
  const mask = isPrefix ? maskOf(Number(end)) : parseIpv4(end)
  if (address !== undefined && mask !== undefined && rest.length === 0) return { address, mask }
  throw new UsageError(`AcAdd: --ip ${given}: must be an IPv4 address, or a network such as 10.0.0.0/8`)
}

/** A number of bits, where the mask is one. */
function maskText(mask: string): string {
  const bits = prefixLength(parseIpv4(mask)!)
  return bits === undefined ? mask : String(bits)
}
