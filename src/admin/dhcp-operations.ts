// Operations on the DHCP server of a hub beyond the original's settings: reservations, options by number, single leases.

import * as z from 'zod/mini'
import {
  type DhcpExtraOption,
  EXTRA_CODE_ALLOWED,
  EXTRA_OPTION_ALLOWED,
  isExtraCode,
  parseExtraOption,
} from '../securenat/dhcp-extra-options.ts'
import type { DhcpOptions, DhcpReservation } from '../securenat/options.ts'
import type { Ipv4Address } from '../wire/ipv4-address.ts'
import { ip, ipText, mac, macText, number, spelled, str, u32In } from './fields.ts'
import type { ManagedHub } from './management.ts'
import type { CallContext } from './operation.ts'
import { CHANGES_HUB, operation, READS_HUB, requireHub, text } from './operation.ts'
import { ERROR_CODES, invalidParameters, RpcError } from './rpc-error.ts'

const CODE_RANGE = { min: 1, max: 254 }

const clientId = spelled({ allowed: 'two to 255 bytes in hexadecimal digits, or empty' }, (value) =>
  typeof value === 'string' && /^(([0-9a-f]{2}){2,255})?$/i.test(value) ? value.toLowerCase() : undefined,
)

const reservationRow = z.object({
  IpAddress_ip: str,
  /** Empty: not recognised by it. So for the next. */
  MacAddress_bin: str,
  ClientId_str: str,
  Hostname_str: str,
})

const optionRow = z.object({ Code_u32: number, Value_str: str })

/** Which parameter a fault of a reservation is about, by the last part of its path. */
const FIELD_OF_KEY: Readonly<Record<string, string>> = {
  ipAddress: 'IpAddress_ip',
  macAddress: 'MacAddress_bin',
  clientId: 'ClientId_str',
  hostName: 'Hostname_str',
  options: 'Code_u32',
}

export const dhcpOperations = {
  EnumDhcpReservation: operation({
    summary: text(
      'The addresses that are reserved for certain DHCP clients',
      '特定の DHCP クライアントのために予約されたアドレスの一覧',
    ),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, ReservationList: z.array(reservationRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      const { reservations } = hub.secureNatOptions().dhcp
      const sorted = [...reservations].sort((a, b) => a.ipAddress - b.ipAddress)
      return { HubName_str: hub.name, ReservationList: sorted.map(describeReservation) }
    },
  }),

  SetDhcpReservation: operation({
    summary: text(
      'Reserves an address for the client with a MAC address, client identifier or host name, at once; a reservation of the same address or client is replaced',
      'MAC アドレス、クライアント識別子またはホスト名で指定したクライアントのためにアドレスを予約する (同じアドレスまたは同じクライアントの予約は置き換えられる)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({
      HubName_str: str,
      IpAddress_ip: ip,
      MacAddress_bin: z.optional(mac),
      ClientId_str: z.optional(clientId),
      Hostname_str: z.optional(str),
    }),
    result: z.extend(reservationRow, { HubName_str: str }),
    handle: async (context, params) => {
      const reservation: DhcpReservation = {
        ipAddress: params.IpAddress_ip,
        ...(params.MacAddress_bin ? { macAddress: params.MacAddress_bin } : {}),
        ...(params.ClientId_str ? { clientId: params.ClientId_str } : {}),
        ...(params.Hostname_str ? { hostName: params.Hostname_str } : {}),
      }
      const hub = requireHub(context, params.HubName_str)
      await changeDhcp(context, hub, ({ reservations }) => ({
        reservations: [...reservations.filter((other) => !isReplaced(other, reservation)), reservation],
      }))
      return { HubName_str: hub.name, ...describeReservation(reservation) }
    },
  }),

  DeleteDhcpReservation: operation({
    summary: text(
      'Gives up the reservation of an address; a running lease goes on',
      'アドレスの予約を取り消す (有効なリースは継続する)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, IpAddress_ip: ip }),
    result: z.object({ HubName_str: str, IpAddress_ip: str }),
    handle: async (context, { HubName_str, IpAddress_ip }) => {
      const hub = requireHub(context, HubName_str)
      const isIt = ({ ipAddress }: DhcpReservation): boolean => ipAddress === IpAddress_ip
      if (!hub.secureNatOptions().dhcp.reservations.some(isIt)) throw notFound('reservation of', IpAddress_ip)
      await changeDhcp(context, hub, ({ reservations }) => ({
        reservations: reservations.filter((reservation) => !isIt(reservation)),
      }))
      return { HubName_str: hub.name, IpAddress_ip: ipText(IpAddress_ip) }
    },
  }),

  DeleteDhcpLease: operation({
    summary: text(
      'Ends the DHCP lease of an address; its client may ask for it again',
      'アドレスの DHCP リースを終了する (クライアントは再び要求できる)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, IpAddress_ip: ip }),
    result: z.object({ HubName_str: str, IpAddress_ip: str }),
    handle: (context, { HubName_str, IpAddress_ip }) => {
      const hub = requireHub(context, HubName_str)
      if (!hub.deleteLease(IpAddress_ip)) throw notFound('DHCP lease of', IpAddress_ip)
      return { HubName_str: hub.name, IpAddress_ip: ipText(IpAddress_ip) }
    },
  }),

  EnumDhcpOption: operation({
    summary: text(
      'The options that DHCP clients are sent beside those with a setting of their own',
      '個別の設定項目のない、DHCP クライアントに送るオプションの一覧',
    ),
    ...READS_HUB,
    params: z.object({ HubName_str: str }),
    result: z.object({ HubName_str: str, OptionList: z.array(optionRow) }),
    handle: (context, { HubName_str }) => {
      const hub = requireHub(context, HubName_str)
      return { HubName_str: hub.name, OptionList: hub.secureNatOptions().dhcp.extraOptions.map(describeOption) }
    },
  }),

  SetDhcpOption: operation({
    summary: text(
      'Sends DHCP clients an option by its number, from now on; 42, 66, 67 and 119 are NTP servers, TFTP server, boot file and domain search list',
      '番号で指定したオプションを DHCP クライアントに送る (42、66、67、119 は NTP サーバー、TFTP サーバー、ブートファイル、ドメイン検索リスト)',
    ),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, Code_u32: u32In(CODE_RANGE), Value_str: str }),
    result: z.extend(optionRow, { HubName_str: str }),
    handle: async (context, { HubName_str, Code_u32, Value_str }) => {
      const hub = requireHub(context, HubName_str)
      const option = requireOption(Code_u32, Value_str)
      await changeDhcp(context, hub, ({ extraOptions }) => ({
        extraOptions: [...extraOptions.filter(({ code }) => code !== Code_u32), option].sort((a, b) => a.code - b.code),
      }))
      return { HubName_str: hub.name, ...describeOption(option) }
    },
  }),

  DeleteDhcpOption: operation({
    summary: text('Sends DHCP clients an option no longer', 'オプションを DHCP クライアントに送るのをやめる'),
    ...CHANGES_HUB,
    forbiddenBy: 'no_securenat',
    params: z.object({ HubName_str: str, Code_u32: u32In(CODE_RANGE) }),
    result: z.object({ HubName_str: str, Code_u32: number }),
    handle: async (context, { HubName_str, Code_u32 }) => {
      const hub = requireHub(context, HubName_str)
      if (!hub.secureNatOptions().dhcp.extraOptions.some(({ code }) => code === Code_u32)) {
        throw new RpcError(ERROR_CODES.objectNotFound, `There is no DHCP option ${Code_u32}.`)
      }
      await changeDhcp(context, hub, ({ extraOptions }) => ({
        extraOptions: extraOptions.filter(({ code }) => code !== Code_u32),
      }))
      return { HubName_str: hub.name, Code_u32 }
    },
  }),
}

async function changeDhcp(
  context: CallContext,
  hub: ManagedHub,
  edit: (present: DhcpOptions) => Partial<DhcpOptions>,
): Promise<void> {
  const faults = await hub.changeSecureNat(({ dhcp }) => ({ dhcp: edit(dhcp) }))
  if (faults.length > 0) {
    const fieldOf = (path: string): string => FIELD_OF_KEY[path.split('.').at(-1)!] ?? 'IpAddress_ip'
    throw invalidParameters(faults.map((fault) => ({ ...fault, field: fieldOf(fault.path) })))
  }
  hub.logAdministration('optionSet', context.connection)
}

/** An address or a client can be in one reservation only: the new one counts. A name given along is not who the client is. */
function isReplaced(other: DhcpReservation, by: DhcpReservation): boolean {
  if (other.ipAddress === by.ipAddress) return true
  if (by.clientId !== undefined) return other.clientId === by.clientId
  if (by.macAddress !== undefined) return other.macAddress === by.macAddress
  return by.hostName !== undefined && other.hostName?.toLowerCase() === by.hostName.toLowerCase()
}

function requireOption(code: number, value: string): DhcpExtraOption {
  if (!isExtraCode(code)) {
    throw invalidParameters([{ field: 'Code_u32', allowed: EXTRA_CODE_ALLOWED, actual: String(code) }])
  }
  const option = parseExtraOption(code, value)
  if (option !== undefined) return option
  throw invalidParameters([{ field: 'Value_str', allowed: EXTRA_OPTION_ALLOWED, actual: JSON.stringify(value) }])
}

function describeReservation({ ipAddress, macAddress, clientId: id, hostName }: DhcpReservation) {
  return {
    IpAddress_ip: ipText(ipAddress),
    MacAddress_bin: macAddress === undefined ? '' : macText(macAddress),
    ClientId_str: id ?? '',
    Hostname_str: hostName ?? '',
  }
}

function describeOption({ code, text: value }: DhcpExtraOption) {
  return { Code_u32: code, Value_str: value }
}

function notFound(what: string, address: Ipv4Address): RpcError {
  return new RpcError(ERROR_CODES.objectNotFound, `There is no ${what} ${ipText(address)}.`)
}
