// SoftEther's extended options of a hub (protocol reference, GetHubExtOptions): names and defaults. A hub keeps what was set; what
// was not has its default. docs/configuration.md says which of them do something here.

/** Name → value; what is left out has its default. */
export type ExtendedOptions = Readonly<Record<string, number>>

export const EXTENDED_OPTION_DEFAULTS = {
  NoAddressPollingIPv4: 0,
  NoAddressPollingIPv6: 0,
  NoIpTable: 0,
  NoMacAddressLog: 1,
  ManageOnlyPrivateIP: 1,
  ManageOnlyLocalUnicastIPv6: 1,
  DisableIPParsing: 0,
  YieldAfterStorePacket: 0,
  NoSpinLockForPacketDelay: 0,
  BroadcastStormDetectionThreshold: 0,
  ClientMinimumRequiredBuild: 0,
  FilterPPPoE: 0,
  FilterOSPF: 0,
  FilterIPv4: 0,
  FilterIPv6: 0,
  FilterNonIP: 0,
  NoIPv4PacketLog: 0,
  NoIPv6PacketLog: 0,
  FilterBPDU: 0,
  NoIPv6DefaultRouterInRAWhenIPv6: 1,
  NoLookBPDUBridgeId: 0,
  NoManageVlanId: 0,
  VlanTypeId: 33024,
  FixForDLinkBPDU: 0,
  RequiredClientId: 0,
  AdjustTcpMssValue: 0,
  DisableAdjustTcpMss: 0,
  NoDhcpPacketLogOutsideHub: 1,
  DisableHttpParsing: 0,
  DisableUdpAcceleration: 0,
  DisableUdpFilterForLocalBridgeNic: 0,
  ApplyIPv4AccessListOnArpPacket: 0,
  RemoveDefGwOnDhcpForLocalhost: 1,
  SecureNAT_MaxTcpSessionsPerIp: 0,
  SecureNAT_MaxTcpSynSentPerIp: 0,
  SecureNAT_MaxUdpSessionsPerIp: 0,
  SecureNAT_MaxDnsSessionsPerIp: 0,
  SecureNAT_MaxIcmpSessionsPerIp: 0,
  AccessListIncludeFileCacheLifetime: 30,
  DisableKernelModeSecureNAT: 0,
  DisableIpRawModeSecureNAT: 0,
  DisableUserModeSecureNAT: 0,
  DisableCheckMacOnLocalBridge: 0,
  DisableCorrectIpOffloadChecksum: 0,
  BroadcastLimiterStrictMode: 0,
  MaxLoggedPacketsPerMinute: 0,
  DoNotSaveHeavySecurityLogs: 0,
  DropBroadcastsInPrivacyFilterMode: 1,
  DropArpInPrivacyFilterMode: 1,
  SuppressClientUpdateNotification: 0,
  FloodingSendQueueBufferQuota: 33_554_432,
  AssignVLanIdByRadiusAttribute: 0,
  DenyAllRadiusLoginWithNoVlanAssign: 0,
  SecureNAT_RandomizeAssignIp: 0,
  DetectDormantSessionInterval: 0,
  NoPhysicalIPOnPacketLog: 0,
  UseHubNameAsDhcpUserClassOption: 0,
  UseHubNameAsRadiusNasId: 0,
} as const

export type ExtendedOptionName = keyof typeof EXTENDED_OPTION_DEFAULTS

export function extendedOption(options: ExtendedOptions, name: ExtendedOptionName): number {
  return options[name] ?? EXTENDED_OPTION_DEFAULTS[name]
}
