// What the server writes for people, in both languages: the lines of a hub's security log, with the wording that
// administrators and their log readers know, and the text of the first start.

import type { AdministrationChange } from '../admin/administration-change.ts'
import type { DhcpAllocation } from '../hub/events.ts'
import type { FlowEndpoints, NatProtocol } from '../nat/rows.ts'
import type { DhcpEntryEnd } from '../securenat/events.ts'
import { formatIpv4 } from '../wire/ipv4-address.ts'
import { formatMac } from '../wire/mac.ts'
import { administrationLine } from './administration-texts.ts'
import type { Language } from './config/config.ts'

export interface SecurityTexts {
  started(sessionName: string): string
  stopped: string
  tcpCreated(id: number, flow: FlowEndpoints): string
  /** `host` is the resolved name of the destination, or its address again. */
  tcpSucceeded(id: number, host: string, flow: FlowEndpoints): string
  tcpFailed(id: number, flow: FlowEndpoints): string
  tcpDeleted(id: number): string
  udpCreated(id: number, flow: FlowEndpoints): string
  udpDeleted(id: number): string
  dhcpCreated(id: number, mac: string, ip: string, hostName: string, seconds: number): string
  dhcpEnded(reason: DhcpEntryEnd, id: number, mac: string, ip: string, hostName: string): string
  dhcpInUse(ip: string, mac: string): string
  dhcpDeclined(ip: string, mac: string, seconds: number): string
  dhcpExhausted(refused: number): string
  /** `mac` is empty while it is not known. */
  dhcpOtherServer(ip: string, mac: string): string
  dnsLimit(guest: string): string
  refused(protocol: NatProtocol, flow: FlowEndpoints): string
  refusedMore(count: number): string
  /** The hub's own: a DHCP server on one session gave an address to a host on another. */
  dhcpAllocated(allocation: DhcpAllocation): string
  /** The hub's own: policy DHCPForce. */
  dhcpForced(sessionName: string, ip: string): string
  /** `more`: how often it happened since the last such line. */
  limitReached(limit: string, guest: string, more: number): string
  addressConflict(ip: string, mac: string, more: number): string
  loopDetected(protocol: NatProtocol, flow: FlowEndpoints, networkInterface: string, more: number): string
  administration(
    change: AdministrationChange,
    connection: string,
    hub: string,
    subjects: readonly (string | number)[],
  ): string
}

function internal(flow: FlowEndpoints): string {
  return `${formatIpv4(flow.internalAddress)}:${flow.internalPort}`
}

function destination(flow: FlowEndpoints): string {
  return `${formatIpv4(flow.destinationAddress)}:${flow.destinationPort}`
}

const PREFIX = 'SecureNAT: '

function moreEn(more: number): string {
  return more === 0 ? '' : ` (${more} more since the last such line)`
}

function moreJa(more: number): string {
  return more === 0 ? '' : ` (前回の記録以降さらに ${more} 回)`
}

const ENDED_EN: Readonly<Record<DhcpEntryEnd, string>> = {
  expired: 'has expired',
  released: 'has been released by its client',
  deleted: 'has been deleted by an administrator',
}

const ENDED_JA: Readonly<Record<DhcpEntryEnd, string>> = {
  expired: 'の有効期限が切れました',
  released: 'はクライアントにより解放されました',
  deleted: 'は管理者により削除されました',
}

const english: SecurityTexts = {
  started: (sessionName) => `SecureNAT has started. The SecureNAT session "${sessionName}" was created.`,
  stopped: 'SecureNAT stopped.',
  tcpCreated: (id, flow) =>
    `${PREFIX}The TCP session ${id} has been created. Connection source ${internal(flow)}, Connection destination ${destination(flow)}`,
  tcpSucceeded: (id, host, flow) =>
    `${PREFIX}The connection to TCP session ${id}: Host "${host} (${formatIpv4(flow.destinationAddress)})", Port ${flow.destinationPort} was successful.`,
  tcpFailed: (id, flow) =>
    `${PREFIX}The connection to TCP session ${id}: Host "${formatIpv4(flow.destinationAddress)}", Port ${flow.destinationPort} failed.`,
  tcpDeleted: (id) => `${PREFIX}The TCP session ${id} has been deleted.`,
  udpCreated: (id, flow) =>
    `${PREFIX}The UDP session ${id} has been created. Connection source ${internal(flow)}, Connection destination ${destination(flow)}`,
  udpDeleted: (id) => `${PREFIX}The UDP session ${id} has been deleted.`,
  dhcpCreated: (id, mac, ip, hostName, seconds) =>
    `${PREFIX}The DHCP entry ${id} has been created. MAC address: ${mac}, IP address: ${ip}, host name: ${hostName}, expiration span: ${seconds} seconds`,
  dhcpEnded: (reason, id, mac, ip, hostName) =>
    `${PREFIX}The DHCP entry ${id} ${ENDED_EN[reason]}. MAC address: ${mac}, IP address: ${ip}, host name: ${hostName}`,
  dhcpInUse: (ip, mac) =>
    `${PREFIX}The IP address ${ip} is used by the host with the MAC address ${mac} without a DHCP entry. The DHCP server does not assign it to others.`,
  dhcpDeclined: (ip, mac, seconds) =>
    `${PREFIX}The DHCP client with the MAC address ${mac} reported that another host uses the IP address ${ip}. The DHCP server does not assign it for ${seconds} seconds.`,
  dhcpExhausted: (refused) =>
    `${PREFIX}The DHCP server has no free IP address left. Requests that could not be answered: ${refused}`,
  dhcpOtherServer: (ip, mac) =>
    `${PREFIX}Warning: another DHCP server operates on the segment of this Virtual Hub. IP address: ${ip}${mac === '' ? '' : `, MAC address: ${mac}`}`,
  dnsLimit: (guest) =>
    `${PREFIX}The host ${guest} has too many DNS queries under way. Further ones are refused until some are answered.`,
  refused: (protocol, flow) =>
    `${PREFIX}A ${protocol} flow was refused by the forwarding rules. Connection source ${internal(flow)}, Connection destination ${destination(flow)}`,
  refusedMore: (count) => `${PREFIX}${count} more flows were refused by the forwarding rules.`,
  limitReached: (limit, guest, more) => `${PREFIX}The host ${guest} has reached the limit "${limit}".${moreEn(more)}`,
  addressConflict: (ip, mac, more) =>
    `${PREFIX}The host "${mac}" claims the IP address ${ip} of the virtual host; it is not believed.${moreEn(more)}`,
  loopDetected: (protocol, flow, networkInterface, more) =>
    `${PREFIX}A ${protocol} flow of the virtual NAT to ${destination(flow)} came back into this Virtual Hub through the network interface "${networkInterface}" of this computer and was refused. Change the default gateway of "${networkInterface}": it must not be the virtual host.${moreEn(more)}`,
  // Host and session change places towards the end, as they do in the original's English.
  dhcpAllocated: ({ serverSession, serverMac, serverAddress, clientSession, clientMac, address }) =>
    `Session "${serverSession}": The DHCP server of host "${formatMac(serverMac)}" (${formatIpv4(serverAddress)}) on this session allocated, for host "${clientSession}" on another session "${formatMac(clientMac)}", the new IP address ${formatIpv4(address)}.`,
  dhcpForced: (sessionName, ip) =>
    `Session "${sessionName}": The packet was discarded because it has been attempting to use the IP address ${ip}, which is not a DHCP server allocated IP address.`,
  administration: (...given) => administrationLine('en', ...given),
}

const japanese: SecurityTexts = {
  started: (sessionName) => `SecureNAT が開始されました。SecureNAT セッション "${sessionName}" を作成しました。`,
  stopped: 'SecureNAT が停止しました。',
  tcpCreated: (id, flow) =>
    `${PREFIX}TCP セッション ${id} が作成されました。接続元 ${internal(flow)}, 接続先 ${destination(flow)}`,
  tcpSucceeded: (id, host, flow) =>
    `${PREFIX}TCP セッション ${id}: ホスト "${host} (${formatIpv4(flow.destinationAddress)})", ポート ${flow.destinationPort} への接続に成功しました。`,
  tcpFailed: (id, flow) =>
    `${PREFIX}TCP セッション ${id}: ホスト "${formatIpv4(flow.destinationAddress)}", ポート ${flow.destinationPort} への接続に失敗しました。`,
  tcpDeleted: (id) => `${PREFIX}TCP セッション ${id} が削除されました。`,
  udpCreated: (id, flow) =>
    `${PREFIX}UDP セッション ${id} が作成されました。接続元 ${internal(flow)}, 接続先 ${destination(flow)}`,
  udpDeleted: (id) => `${PREFIX}UDP セッション ${id} が削除されました。`,
  dhcpCreated: (id, mac, ip, hostName, seconds) =>
    `${PREFIX}DHCP エントリ ${id} が作成されました。MAC アドレス: ${mac}, IP アドレス: ${ip}, ホスト名: ${hostName}, 有効期限: ${seconds} 秒`,
  dhcpEnded: (reason, id, mac, ip, hostName) =>
    `${PREFIX}DHCP エントリ ${id} ${ENDED_JA[reason]}。MAC アドレス: ${mac}, IP アドレス: ${ip}, ホスト名: ${hostName}`,
  dhcpInUse: (ip, mac) =>
    `${PREFIX}IP アドレス ${ip} は、DHCP エントリを持たない MAC アドレス ${mac} のホストが使用しています。DHCP サーバーはこの IP アドレスを割り当てません。`,
  dhcpDeclined: (ip, mac, seconds) =>
    `${PREFIX}MAC アドレス ${mac} の DHCP クライアントから、IP アドレス ${ip} が別のホストによって使用されていると通知されました。DHCP サーバーはこの IP アドレスを ${seconds} 秒間割り当てません。`,
  dhcpExhausted: (refused) =>
    `${PREFIX}DHCP サーバーが割り当てることのできる IP アドレスが残っていません。応答できなかった要求の数: ${refused}`,
  dhcpOtherServer: (ip, mac) =>
    `${PREFIX}警告: この仮想 HUB のセグメントで別の DHCP サーバーが動作しています。IP アドレス: ${ip}${mac === '' ? '' : `, MAC アドレス: ${mac}`}`,
  dnsLimit: (guest) =>
    `${PREFIX}ホスト ${guest} の処理中の DNS クエリが多すぎます。応答があるまで以降のクエリを拒否します。`,
  refused: (protocol, flow) =>
    `${PREFIX}${protocol} フローが転送規則により拒否されました。接続元 ${internal(flow)}, 接続先 ${destination(flow)}`,
  refusedMore: (count) => `${PREFIX}ほかに ${count} 個のフローが転送規則により拒否されました。`,
  limitReached: (limit, guest, more) => `${PREFIX}ホスト ${guest} が制限 "${limit}" に達しました。${moreJa(more)}`,
  addressConflict: (ip, mac, more) =>
    `${PREFIX}ホスト "${mac}" が仮想ホストの IP アドレス ${ip} を名乗っていますが、無視しました。${moreJa(more)}`,
  loopDetected: (protocol, flow, networkInterface, more) =>
    `${PREFIX}仮想 NAT から ${destination(flow)} への ${protocol} フローが、このコンピューターのネットワークインターフェイス "${networkInterface}" を通ってこの仮想 HUB に戻ってきたため、拒否しました。"${networkInterface}" のデフォルトゲートウェイを仮想ホスト以外に変更してください。${moreJa(more)}`,
  dhcpAllocated: ({ serverSession, serverMac, serverAddress, clientSession, clientMac, address }) =>
    `セッション "${serverSession}": このセッション上のホスト "${formatMac(serverMac)}" (${formatIpv4(serverAddress)}) の DHCP サーバーは、別のセッション "${clientSession}" 上のホスト "${formatMac(clientMac)}" に対して新しい IP アドレス ${formatIpv4(address)} を割り当てました。`,
  dhcpForced: (sessionName, ip) =>
    `セッション "${sessionName}": DHCP サーバーが割り当てていない IP アドレス ${ip} を使用しようとしたため、パケットは破棄されました。`,
  administration: (...given) => administrationLine('ja', ...given),
}

export const SECURITY_TEXTS: Readonly<Record<Language, SecurityTexts>> = { en: english, ja: japanese }

export interface WelcomeFacts {
  readonly stateDir: string
  readonly isDefaultState: boolean
  readonly hubSocket: string
  /** TLS listeners. */
  readonly listen: readonly string[]
  /** `undefined` when the operator chose it. */
  readonly password: string | undefined
  /** The program as the operator calls it. */
  readonly program: string
}

/** What the very first start prints: how each kind of guest gets in, and the warning that belongs to it (R12). */
export const WELCOME: Readonly<Record<Language, (facts: WelcomeFacts) => string>> = {
  en: (
    facts,
  ) => `The Virtual Hub "DEFAULT" was created, and SecureNAT is on: guests get an address, a gateway and DNS from it.

  A command in its own network     ${facts.program} run${facts.isDefaultState ? '' : stateArgument(facts)} -- COMMAND
  A QEMU machine                   -netdev stream,id=n,addr.type=unix,addr.path=${facts.hubSocket} -device virtio-net-pci,netdev=n
  A TAP device (as root)           ${facts.program} attach --tap tap0${stateArgument(facts)}
  A network namespace (as root)    ${facts.program} attach --tap tap0 --netns NAME${stateArgument(facts)}

  VPN clients, administration      ${facts.listen.join(', ') || 'no TLS listener'}   (TLS; for others: ${facts.program} help ListenerCreate)

  Settings, tables, sessions       ${facts.program} help
  ${facts.password === undefined ? 'The administrator password is the one that was given.' : `Administrator password           ${facts.password}   (shown only now)`}

SecureNAT is for administrators and for people who know networks. Used wrongly it can endanger a whole network:
do not run it without the permission of the administrator of this network.`,
  ja: (
    facts,
  ) => `仮想 HUB "DEFAULT" を作成し、SecureNAT を有効にしました。ゲストはアドレス、ゲートウェイ、DNS を自動的に取得します。

  専用ネットワークでコマンドを実行     ${facts.program} run${facts.isDefaultState ? '' : stateArgument(facts)} -- COMMAND
  QEMU の仮想マシン                    -netdev stream,id=n,addr.type=unix,addr.path=${facts.hubSocket} -device virtio-net-pci,netdev=n
  TAP デバイス (root)                  ${facts.program} attach --tap tap0${stateArgument(facts)}
  ネットワーク名前空間 (root)          ${facts.program} attach --tap tap0 --netns NAME${stateArgument(facts)}

  VPN クライアント、管理               ${facts.listen.join(', ') || 'TLS リスナーなし'}   (TLS。外部に開く: ${facts.program} help ListenerCreate)

  設定、テーブル、セッション           ${facts.program} help
  ${facts.password === undefined ? '管理者パスワードは指定されたものです。' : `管理者パスワード                     ${facts.password}   (一度だけ表示します)`}

SecureNAT はシステム管理者やネットワークの知識がある方のための機能です。誤って使用するとネットワーク全体を危険にさらすことがあります。
ネットワーク管理者の許可なしに使用しないでください。`,
}

/** Root, who opens devices, has another default directory than the operator. */
function stateArgument(facts: WelcomeFacts): string {
  return ` --state ${facts.stateDir}`
}
