// Declarations of securenat/client, made of the table of operations.

export interface ClientOptions {
  /** `https://HOST:5555`; `http://127.0.0.1:5580` on the computer itself. */
  readonly url?: string
  /** Instead of it: `control.sock` in the state directory of a server on this computer. Needs no password. */
  readonly socketPath?: string
  readonly password?: string
  /** The administrator of this hub; without it, the server's. */
  readonly hub?: string
  /** The viewer of this name. */
  readonly viewer?: string
  /** SHA-256 of the server's certificate, in hexadecimal with or without colons, where the computer does not trust it otherwise. */
  readonly pin?: string
  /** For one call. Default: 15 000. */
  readonly timeoutMs?: number
}

export interface Fault {
  readonly field: string
  /** Completes "must be …". */
  readonly allowed: string
  readonly actual: string
}

/** The server's refusal of one call. */
export declare class RpcError extends Error {
  readonly name: 'RpcError'
  /** SoftEther's: 8 hub not found, 38 invalid parameter, 52 not enough privilege, … */
  readonly code: number
  /** With code 38: every field that is wrong. */
  readonly faults: readonly Fault[]
}

/** The server's refusal of a whole request: 401 for a wrong password, 429 for too many attempts. */
export declare class HttpError extends Error {
  readonly name: 'HttpError'
  readonly status: number
}

export interface ServerEvent {
  /** Give it as `lastEventId` to go on behind this event. */
  readonly id: string
  /** `dhcpEntryCreated`, `counters`, `gap`, … */
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface EventOptions {
  /** Of this hub alone. */
  readonly hub?: string
  readonly types?: readonly string[]
  readonly lastEventId?: string
  readonly signal?: AbortSignal
}

export type Call = { [Name in keyof Operations]: readonly [Name, Operations[Name]['params']] }[keyof Operations]

export declare class SecureNatClient {
  /** @throws TypeError */
  constructor(options: ClientOptions)
  /** @throws RpcError @throws HttpError */
  call<Name extends keyof Operations>(method: Name, params: Operations[Name]['params']): Promise<Operations[Name]['result']>
  /** Up to 100 calls in one request, carried out in order. What was refused is an RpcError in its place. @throws HttpError */
  batch<const Calls extends readonly Call[]>(
    calls: Calls,
  ): Promise<{ -readonly [Index in keyof Calls]: Operations[Calls[Index][0]]['result'] | RpcError }>
  /** Until the loop around it is left or the signal says so; what breaks in between is resumed. @throws HttpError */
  events(options?: EventOptions): AsyncGenerator<ServerEvent>
  /** Ends the connections that are kept open for further calls. */
  close(): void
}

export interface Operations {
  /** Adds one rule to the access list. */
  AddAccess: {
    params: {
      readonly HubName_str: string
      readonly AccessListSingle: {
        /** a whole number from 0 to 4294967295 */
        readonly Id_u32?: number | string | undefined
        readonly Note_utf?: string | undefined
        readonly Active_bool?: boolean | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Priority_u32?: number | string | undefined
        readonly Discard_bool?: boolean | undefined
        readonly IsIPv6_bool?: boolean | undefined
        readonly SrcIpAddress_ip?: string | undefined
        readonly SrcSubnetMask_ip?: string | undefined
        readonly DestIpAddress_ip?: string | undefined
        readonly DestSubnetMask_ip?: string | undefined
        readonly SrcIpAddress6_bin?: string | undefined
        readonly SrcSubnetMask6_bin?: string | undefined
        readonly DestIpAddress6_bin?: string | undefined
        readonly DestSubnetMask6_bin?: string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Protocol_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly SrcPortStart_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly SrcPortEnd_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly DestPortStart_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly DestPortEnd_u32?: number | string | undefined
        readonly SrcUsername_str?: string | undefined
        readonly DestUsername_str?: string | undefined
        readonly CheckSrcMac_bool?: boolean | undefined
        readonly SrcMacAddress_bin?: string | undefined
        readonly SrcMacMask_bin?: string | undefined
        readonly CheckDstMac_bool?: boolean | undefined
        readonly DstMacAddress_bin?: string | undefined
        readonly DstMacMask_bin?: string | undefined
        readonly CheckTcpState_bool?: boolean | undefined
        readonly Established_bool?: boolean | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Delay_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Jitter_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Loss_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly UniqueId_u32?: number | string | undefined
        readonly RedirectUrl_str?: string | undefined
      }[]
    }
    result: {
      readonly HubName_str: string
      readonly AccessListSingle: {
        readonly Id_u32: number
        readonly Note_utf: string
        readonly Active_bool: boolean
        readonly Priority_u32: number
        readonly Discard_bool: boolean
        readonly SrcIpAddress_ip: string
        readonly SrcSubnetMask_ip: string
        readonly DestIpAddress_ip: string
        readonly DestSubnetMask_ip: string
        readonly Protocol_u32: number
        readonly SrcPortStart_u32: number
        readonly SrcPortEnd_u32: number
        readonly DestPortStart_u32: number
        readonly DestPortEnd_u32: number
        readonly SrcUsernameHash_u32: number
        readonly SrcUsername_str: string
        readonly DestUsernameHash_u32: number
        readonly DestUsername_str: string
        readonly CheckSrcMac_bool: boolean
        readonly SrcMacAddress_bin: string
        readonly SrcMacMask_bin: string
        readonly CheckDstMac_bool: boolean
        readonly DstMacAddress_bin: string
        readonly DstMacMask_bin: string
        readonly CheckTcpState_bool: boolean
        readonly Established_bool: boolean
        readonly Delay_u32: number
        readonly Jitter_u32: number
        readonly Loss_u32: number
        readonly IsIPv6_bool: boolean
        readonly UniqueId_u32: number
        readonly RedirectUrl_str: string
        readonly SrcIpAddress6_bin: string
        readonly SrcSubnetMask6_bin: string
        readonly DestIpAddress6_bin: string
        readonly DestSubnetMask6_bin: string
      }[]
    }
  }
  /** Adds the certificate of an authority; one that is there already is no error. */
  AddCa: {
    params: {
      readonly HubName_str: string
      readonly Cert_bin: string
    }
    result: {
      readonly HubName_str: string
      readonly Cert_bin: string
    }
  }
  /** Adds a fixed record to the DNS service; one that is there already gets the new TTL. */
  AddDnsRecord: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Type_str: 'A' | 'AAAA' | 'CNAME' | 'MX' | 'PTR' | 'SRV' | 'TXT'
      readonly Value_str: string
      /** a whole number from 0 to 2147483647 */
      readonly Ttl_u32?: number | string | undefined
    }
    result: {
      readonly Name_str: string
      readonly Type_str: string
      readonly Value_str: string
      readonly Ttl_u32: number
      readonly HubName_str: string
    }
  }
  /** Adds an egress rule, at a place or at the end; flows that it denies end. */
  AddEgressRule: {
    params: {
      readonly HubName_str: string
      /** a whole number from 1 to 256 */
      readonly Id_u32?: number | string | undefined
      readonly Action_str: 'allow' | 'deny'
      readonly Destination_str: string
      readonly Protocol_str?: 'any' | 'tcp' | 'udp' | 'icmp' | undefined
      readonly Ports_str?: string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Action_str: string
        readonly Destination_str: string
        readonly Protocol_str: string
        readonly Ports_str: string
        readonly Hits_u64: number
      }[]
      readonly ClosedList: {
        readonly Name_str: string
        readonly Destination_str: string
        readonly Hits_u64: number
      }[]
    }
  }
  /** Adds an inbound rule: connections to a port of this computer become connections to a guest, at once. */
  AddInboundRule: {
    params: {
      readonly HubName_str: string
      readonly Protocol_str: 'tcp' | 'udp'
      readonly HostPorts_str: string
      readonly GuestAddress_ip: string
      readonly HostAddress_ip?: string | undefined
      /** a whole number from 1 to 65535 */
      readonly GuestPort_u32?: number | string | undefined
      readonly Sources_str?: string | undefined
      readonly ProxyProtocol_str?: 'none' | 'v1' | 'v2' | undefined
      /** a whole number from 1 to 65535 */
      readonly MaxSessions_u32?: number | string | undefined
      readonly Active_bool?: boolean | undefined
      readonly Note_str?: string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Note_str: string
        readonly Active_bool: boolean
        readonly Protocol_str: string
        readonly HostAddress_ip: string
        readonly HostPorts_str: string
        readonly GuestAddress_ip: string
        readonly GuestPort_u32: number
        readonly Sources_str: string
        readonly ProxyProtocol_str: string
        readonly MaxSessions_u32: number
        readonly State_str: string
        readonly StatePort_u32: number
        readonly NumSessions_u32: number
        readonly NumAccepted_u64: number
        readonly NumRefused_u64: number
      }[]
    }
  }
  /** Makes a group of users. */
  CreateGroup: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Realname_utf?: string | undefined
      readonly Note_utf?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 32 */
      readonly 'policy:MaxConnection_u32'?: number | string | undefined
      /** 0 or a whole number from 5 to 60 */
      readonly 'policy:TimeOut_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxMac_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIP_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxUpload_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxDownload_u32'?: number | string | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MultiLogins_u32'?: number | string | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIPv6_u32'?: number | string | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:AutoDisconnect_u32'?: number | string | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4095 */
      readonly 'policy:VLanId_u32'?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Realname_utf: string
      readonly Note_utf: string
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Makes a Virtual Hub, with SecureNAT disabled. */
  CreateHub: {
    params: {
      readonly HubName_str: string
      readonly AdminPasswordPlainText_str?: string | undefined
      readonly HashedPassword_bin?: string | undefined
      readonly SecurePassword_bin?: string | undefined
      readonly Online_bool?: boolean | undefined
      /** a whole number from 0 to 4096 */
      readonly MaxSession_u32?: number | string | undefined
      readonly NoEnum_bool?: boolean | undefined
      /** a whole number from 0 to 4294967295 */
      readonly HubType_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly HashedPassword_bin: string
      readonly SecurePassword_bin: string
      readonly AdminPasswordPlainText_str: string
      readonly Online_bool: boolean
      readonly MaxSession_u32: number
      readonly NoEnum_bool: boolean
      readonly HubType_u32: number
    }
  }
  /** Makes a cascade, off line. */
  CreateLink: {
    params: {
      readonly HubName_Ex_str: string
      readonly AccountName_utf: string
      readonly Hostname_str: string
      /** a whole number from 1 to 65535 */
      readonly Port_u32: number | string
      readonly HubName_str: string
      /** a whole number from 0 to 3 */
      readonly ProxyType_u32?: number | string | undefined
      readonly ProxyName_str?: string | undefined
      /** a whole number from 0 to 65535 */
      readonly ProxyPort_u32?: number | string | undefined
      readonly ProxyUsername_str?: string | undefined
      readonly ProxyPassword_str?: string | undefined
      readonly CustomHttpHeader_str?: string | undefined
      /** a whole number from 1 to 32 */
      readonly MaxConnection_u32?: number | string | undefined
      readonly UseEncrypt_bool?: boolean | undefined
      readonly UseCompress_bool?: boolean | undefined
      readonly HalfConnection_bool?: boolean | undefined
      /** a whole number from 1 to 4294967295 */
      readonly AdditionalConnectionInterval_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly ConnectionDisconnectSpan_u32?: number | string | undefined
      readonly DisableQoS_bool?: boolean | undefined
      readonly NoUdpAcceleration_bool?: boolean | undefined
      /** a whole number from 0 to 4 */
      readonly AuthType_u32?: number | string | undefined
      readonly Username_str?: string | undefined
      readonly Auth_Password_str?: string | undefined
      readonly HashedPassword_bin?: string | undefined
      readonly PlainPassword_str?: string | undefined
      readonly ClientX_bin?: string | undefined
      readonly ClientK_bin?: string | undefined
      readonly CheckServerCert_bool?: boolean | undefined
      readonly ServerCert_bin?: string | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 32 */
      readonly 'policy:MaxConnection_u32'?: number | string | undefined
      /** 0 or a whole number from 5 to 60 */
      readonly 'policy:TimeOut_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxMac_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIP_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxUpload_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxDownload_u32'?: number | string | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MultiLogins_u32'?: number | string | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIPv6_u32'?: number | string | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:AutoDisconnect_u32'?: number | string | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4095 */
      readonly 'policy:VLanId_u32'?: number | string | undefined
    }
    result: {
      readonly HubName_Ex_str: string
      readonly Online_bool: boolean
      readonly AccountName_utf: string
      readonly Hostname_str: string
      readonly Port_u32: number
      readonly PortUDP_u32: number
      readonly HubName_str: string
      readonly DeviceName_str: string
      readonly ProxyType_u32: number
      readonly ProxyName_str: string
      readonly ProxyPort_u32: number
      readonly ProxyUsername_str: string
      readonly ProxyPassword_str: string
      readonly CustomHttpHeader_str: string
      readonly NumRetry_u32: number
      readonly RetryInterval_u32: number
      readonly MaxConnection_u32: number
      readonly UseEncrypt_bool: boolean
      readonly UseCompress_bool: boolean
      readonly HalfConnection_bool: boolean
      readonly NoRoutingTracking_bool: boolean
      readonly AdditionalConnectionInterval_u32: number
      readonly ConnectionDisconnectSpan_u32: number
      readonly HideStatusWindow_bool: boolean
      readonly HideNicInfoWindow_bool: boolean
      readonly RequireMonitorMode_bool: boolean
      readonly RequireBridgeRoutingMode_bool: boolean
      readonly DisableQoS_bool: boolean
      readonly FromAdminPack_bool: boolean
      readonly NoUdpAcceleration_bool: boolean
      readonly HostUniqueKey_bin: string
      readonly AuthType_u32: number
      readonly Username_str: string
      readonly HashedPassword_bin?: string | undefined
      readonly PlainPassword_str?: string | undefined
      readonly ClientX_bin?: string | undefined
      readonly ClientK_bin?: string | undefined
      readonly CheckServerCert_bool: boolean
      readonly ServerCert_bin?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Opens one more TLS listener. */
  CreateListener: {
    params: {
      /** a whole number from 1 to 65535 */
      readonly Port_u32: number | string
      readonly Host_str?: string | undefined
      readonly Enable_bool?: boolean | undefined
    }
    result: {
      readonly Port_u32: number
      readonly Host_str: string
      readonly Enable_bool: boolean
    }
  }
  /** Makes a user of a hub. */
  CreateUser: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly GroupName_str?: string | undefined
      readonly Realname_utf?: string | undefined
      readonly Note_utf?: string | undefined
      readonly ExpireTime_dt?: number | string | undefined
      /** a whole number from 0 to 5 */
      readonly AuthType_u32?: number | string | undefined
      readonly Auth_Password_str?: string | undefined
      readonly HashedKey_bin?: string | undefined
      readonly NtLmSecureHash_bin?: string | undefined
      readonly UserX_bin?: string | undefined
      readonly Serial_bin?: string | undefined
      readonly CommonName_utf?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 32 */
      readonly 'policy:MaxConnection_u32'?: number | string | undefined
      /** 0 or a whole number from 5 to 60 */
      readonly 'policy:TimeOut_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxMac_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIP_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxUpload_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxDownload_u32'?: number | string | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MultiLogins_u32'?: number | string | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIPv6_u32'?: number | string | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:AutoDisconnect_u32'?: number | string | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4095 */
      readonly 'policy:VLanId_u32'?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly GroupName_str: string
      readonly Realname_utf: string
      readonly Note_utf: string
      readonly CreatedTime_dt: string
      readonly UpdatedTime_dt: string
      readonly ExpireTime_dt: string
      readonly AuthType_u32: number
      readonly HashedKey_bin?: string | undefined
      readonly NtLmSecureHash_bin?: string | undefined
      readonly UserX_bin?: string | undefined
      readonly Serial_bin?: string | undefined
      readonly CommonName_utf?: string | undefined
      readonly NumLogin_u32: number
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Makes an account that may look and change nothing; it logs in as @NAME. */
  CreateViewer: {
    params: {
      readonly Name_str: string
      /** text of at most 512 letters */
      readonly Password_str: string
    }
    result: {
      readonly Name_str: string
    }
  }
  /** Deletes a rule, by its row number or its unique number. */
  DeleteAccess: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Id_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Id_u32: number
    }
  }
  /** Trusts an authority no more; sessions of its users go on. */
  DeleteCa: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Key_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Key_u32: number
    }
  }
  /** Ends the DHCP lease of an address; its client may ask for it again. */
  DeleteDhcpLease: {
    params: {
      readonly HubName_str: string
      readonly IpAddress_ip: string
    }
    result: {
      readonly HubName_str: string
      readonly IpAddress_ip: string
    }
  }
  /** Sends DHCP clients an option no longer. */
  DeleteDhcpOption: {
    params: {
      readonly HubName_str: string
      /** a whole number from 1 to 254 */
      readonly Code_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Code_u32: number
    }
  }
  /** Gives up the reservation of an address; a running lease goes on. */
  DeleteDhcpReservation: {
    params: {
      readonly HubName_str: string
      readonly IpAddress_ip: string
    }
    result: {
      readonly HubName_str: string
      readonly IpAddress_ip: string
    }
  }
  /** Deletes the fixed records of a name, all of them or those of a type or value. */
  DeleteDnsRecord: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Type_str?: 'A' | 'AAAA' | 'CNAME' | 'MX' | 'PTR' | 'SRV' | 'TXT' | undefined
      readonly Value_str?: string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly NumDeleted_u32: number
    }
  }
  /** Deletes the egress rule at a place. */
  DeleteEgressRule: {
    params: {
      readonly HubName_str: string
      /** a whole number from 1 to 256 */
      readonly Id_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Action_str: string
        readonly Destination_str: string
        readonly Protocol_str: string
        readonly Ports_str: string
        readonly Hits_u64: number
      }[]
      readonly ClosedList: {
        readonly Name_str: string
        readonly Destination_str: string
        readonly Hits_u64: number
      }[]
    }
  }
  /** Deletes a group; its users are of no group then. */
  DeleteGroup: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
    }
  }
  /** Deletes a Virtual Hub and ends its sessions. */
  DeleteHub: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
    }
  }
  /** Deletes an inbound rule and ends the connections that came by it. */
  DeleteInboundRule: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Id_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Note_str: string
        readonly Active_bool: boolean
        readonly Protocol_str: string
        readonly HostAddress_ip: string
        readonly HostPorts_str: string
        readonly GuestAddress_ip: string
        readonly GuestPort_u32: number
        readonly Sources_str: string
        readonly ProxyProtocol_str: string
        readonly MaxSessions_u32: number
        readonly State_str: string
        readonly StatePort_u32: number
        readonly NumSessions_u32: number
        readonly NumAccepted_u64: number
        readonly NumRefused_u64: number
      }[]
    }
  }
  /** Forgets an IP address. */
  DeleteIpTable: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Key_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Key_u32: number
    }
  }
  /** Deletes a cascade. */
  DeleteLink: {
    params: {
      readonly HubName_str: string
      readonly AccountName_utf: string
    }
    result: {
      readonly HubName_str: string
      readonly AccountName_utf: string
    }
  }
  /** Closes a TLS listener for good; its connections go on. */
  DeleteListener: {
    params: {
      /** a whole number from 1 to 65535 */
      readonly Port_u32: number | string
      readonly Host_str?: string | undefined
    }
    result: {
      readonly Port_u32: number
      readonly Host_str: string
      readonly Enable_bool: boolean
    }
  }
  /** Forgets a MAC address. */
  DeleteMacTable: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Key_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Key_u32: number
    }
  }
  /** Ends one session of the NAT session table; the guest sees a reset. */
  DeleteNAT: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Id_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Id_u32: number
    }
  }
  /** Disconnects a session. */
  DeleteSession: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
    }
  }
  /** Deletes a user and ends its sessions. */
  DeleteUser: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
    }
  }
  /** Deletes an account that may only look. */
  DeleteViewer: {
    params: {
      readonly Name_str: string
    }
    result: {
      readonly Name_str: string
    }
  }
  /** Switches SecureNAT off and resets the connections of its guests; repeating is no error. */
  DisableSecureNAT: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
    }
  }
  /** Ends a connection. */
  DisconnectConnection: {
    params: {
      readonly Name_str: string
    }
    result: {
      readonly Name_str: string
    }
  }
  /** Opens a TLS listener, or closes it and keeps it in the list. */
  EnableListener: {
    params: {
      /** a whole number from 1 to 65535 */
      readonly Port_u32: number | string
      readonly Host_str?: string | undefined
      readonly Enable_bool: boolean
    }
    result: {
      readonly Port_u32: number
      readonly Host_str: string
      readonly Enable_bool: boolean
    }
  }
  /** Switches SecureNAT on; repeating is no error. */
  EnableSecureNAT: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
    }
  }
  /** The access list of a hub. */
  EnumAccess: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly AccessList: {
        readonly Id_u32: number
        readonly Note_utf: string
        readonly Active_bool: boolean
        readonly Priority_u32: number
        readonly Discard_bool: boolean
        readonly SrcIpAddress_ip: string
        readonly SrcSubnetMask_ip: string
        readonly DestIpAddress_ip: string
        readonly DestSubnetMask_ip: string
        readonly Protocol_u32: number
        readonly SrcPortStart_u32: number
        readonly SrcPortEnd_u32: number
        readonly DestPortStart_u32: number
        readonly DestPortEnd_u32: number
        readonly SrcUsernameHash_u32: number
        readonly SrcUsername_str: string
        readonly DestUsernameHash_u32: number
        readonly DestUsername_str: string
        readonly CheckSrcMac_bool: boolean
        readonly SrcMacAddress_bin: string
        readonly SrcMacMask_bin: string
        readonly CheckDstMac_bool: boolean
        readonly DstMacAddress_bin: string
        readonly DstMacMask_bin: string
        readonly CheckTcpState_bool: boolean
        readonly Established_bool: boolean
        readonly Delay_u32: number
        readonly Jitter_u32: number
        readonly Loss_u32: number
        readonly IsIPv6_bool: boolean
        readonly UniqueId_u32: number
        readonly RedirectUrl_str: string
        readonly SrcIpAddress6_bin: string
        readonly SrcSubnetMask6_bin: string
        readonly DestIpAddress6_bin: string
        readonly DestSubnetMask6_bin: string
      }[]
    }
  }
  /** Lists the certificates of authorities that a hub trusts. */
  EnumCa: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly CAList: {
        readonly Key_u32: number
        readonly SubjectName_utf: string
        readonly IssuerName_utf: string
        readonly Expires_dt: string
      }[]
    }
  }
  /** Lists the connections to the server. */
  EnumConnection: {
    params: Record<string, never>
    result: {
      readonly ConnectionList: {
        readonly Name_str: string
        readonly Hostname_str: string
        readonly Ip_ip: string
        readonly Port_u32: number
        readonly ConnectedTime_dt: string
        readonly Type_u32: number
      }[]
    }
  }
  /** What a hub and its SecureNAT have counted since they were started; docs/limits.md says what the names mean. */
  EnumCounter: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly CounterList: {
        readonly Name_str: string
        readonly Value_u64: number
      }[]
    }
  }
  /** The DHCP lease table; empty while SecureNAT is off. */
  EnumDHCP: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly DhcpTable: {
        readonly Id_u32: number
        readonly LeasedTime_dt: string
        readonly ExpireTime_dt: string
        readonly MacAddress_bin: string
        readonly IpAddress_ip: string
        readonly Mask_u32: number
        readonly Hostname_str: string
      }[]
    }
  }
  /** The options that DHCP clients are sent beside those with a setting of their own. */
  EnumDhcpOption: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly OptionList: {
        readonly Code_u32: number
        readonly Value_str: string
      }[]
    }
  }
  /** The addresses that are reserved for certain DHCP clients. */
  EnumDhcpReservation: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly ReservationList: {
        readonly IpAddress_ip: string
        readonly MacAddress_bin: string
        readonly ClientId_str: string
        readonly Hostname_str: string
      }[]
    }
  }
  /** Lists the fixed records of the DNS service. */
  EnumDnsRecord: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly RecordList: {
        readonly Name_str: string
        readonly Type_str: string
        readonly Value_str: string
        readonly Ttl_u32: number
      }[]
    }
  }
  /** The egress rules in their order, what is closed by itself, and how many flows each has decided. */
  EnumEgressRule: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Action_str: string
        readonly Destination_str: string
        readonly Protocol_str: string
        readonly Ports_str: string
        readonly Hits_u64: number
      }[]
      readonly ClosedList: {
        readonly Name_str: string
        readonly Destination_str: string
        readonly Hits_u64: number
      }[]
    }
  }
  /** Lists the groups of a hub. */
  EnumGroup: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly GroupList: {
        readonly Name_str: string
        readonly Realname_utf: string
        readonly Note_utf: string
        readonly NumUsers_u32: number
        readonly DenyAccess_bool: boolean
      }[]
    }
  }
  /** Lists the Virtual Hubs; the administrator of a hub sees that hub. */
  EnumHub: {
    params: Record<string, never>
    result: {
      readonly HubList: {
        readonly HubName_str: string
        readonly Online_bool: boolean
        readonly HubType_u32: number
        readonly NumUsers_u32: number
        readonly NumGroups_u32: number
        readonly NumSessions_u32: number
        readonly NumMacTables_u32: number
        readonly NumIpTables_u32: number
        readonly NumLogin_u32: number
        readonly LastLoginTime_dt: string
        readonly LastCommTime_dt: string
        readonly CreatedTime_dt: string
        readonly IsTrafficFilled_bool: boolean
        readonly 'Ex.Recv.BroadcastBytes_u64': number
        readonly 'Ex.Recv.BroadcastCount_u64': number
        readonly 'Ex.Recv.UnicastBytes_u64': number
        readonly 'Ex.Recv.UnicastCount_u64': number
        readonly 'Ex.Send.BroadcastBytes_u64': number
        readonly 'Ex.Send.BroadcastCount_u64': number
        readonly 'Ex.Send.UnicastBytes_u64': number
        readonly 'Ex.Send.UnicastCount_u64': number
      }[]
    }
  }
  /** The inbound rules, whether their ports are open, and how many callers came by each. */
  EnumInboundRule: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Note_str: string
        readonly Active_bool: boolean
        readonly Protocol_str: string
        readonly HostAddress_ip: string
        readonly HostPorts_str: string
        readonly GuestAddress_ip: string
        readonly GuestPort_u32: number
        readonly Sources_str: string
        readonly ProxyProtocol_str: string
        readonly MaxSessions_u32: number
        readonly State_str: string
        readonly StatePort_u32: number
        readonly NumSessions_u32: number
        readonly NumAccepted_u64: number
        readonly NumRefused_u64: number
      }[]
    }
  }
  /** The IP address table of a hub. */
  EnumIpTable: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly IpTable: {
        readonly Key_u32: number
        readonly SessionName_str: string
        readonly Ip_ip: string
        readonly IpV6_ip: string
        readonly IpAddress_ip: string
        readonly DhcpAllocated_bool: boolean
        readonly CreatedTime_dt: string
        readonly UpdatedTime_dt: string
        readonly RemoteItem_bool: boolean
        readonly RemoteHostname_str: string
      }[]
    }
  }
  /** Lists the cascades of a hub. */
  EnumLink: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly LinkList: {
        readonly AccountName_utf: string
        readonly Online_bool: boolean
        readonly Connected_bool: boolean
        readonly LastError_u32: number
        readonly ConnectedTime_dt: string
        readonly Hostname_str: string
        readonly ConnectedHubName_str: string
        readonly TargetHubName_str: string
        readonly LinkHubName_str: string
      }[]
    }
  }
  /** Lists the TLS listeners. */
  EnumListener: {
    params: Record<string, never>
    result: {
      readonly ListenerList: {
        readonly Ports_u32: number
        readonly Hosts_str: string
        readonly Enables_bool: boolean
        readonly Errors_bool: boolean
      }[]
    }
  }
  /** Lists the log files; the administrator of a hub sees those of that hub. */
  EnumLogFile: {
    params: {
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly NumItem_u32: number
      readonly LogFiles: {
        readonly ServerName_str: string
        readonly FilePath_str: string
        readonly FileSize_u32: number
        readonly UpdatedTime_dt: string
      }[]
    }
  }
  /** The MAC address table of a hub. */
  EnumMacTable: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly MacTable: {
        readonly Key_u32: number
        readonly SessionName_str: string
        readonly MacAddress_bin: string
        readonly VlanId_u32: number
        readonly CreatedTime_dt: string
        readonly UpdatedTime_dt: string
        readonly RemoteItem_bool: boolean
        readonly RemoteHostname_str: string
      }[]
    }
  }
  /** The NAT session table, by addresses and ports, a page of it by Id_u32; empty while SecureNAT is off. */
  EnumNAT: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly NatTable: {
        readonly Id_u32: number
        readonly Protocol_u32: number
        readonly SrcIp_ip: string
        readonly SrcHost_str: string
        readonly SrcPort_u32: number
        readonly DestIp_ip: string
        readonly DestHost_str: string
        readonly DestPort_u32: number
        readonly CreatedTime_dt: string
        readonly LastCommTime_dt: string
        readonly SendSize_u64: number
        readonly RecvSize_u64: number
        readonly TcpStatus_u32: number
      }[]
    }
  }
  /** Lists the sessions of a hub, SecureNAT among them. */
  EnumSession: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly SessionList: {
        readonly Name_str: string
        readonly Username_str: string
        readonly Hostname_str: string
        readonly Ip_ip: string
        readonly ClientIP_ip: string
        readonly MaxNumTcp_u32: number
        readonly CurrentNumTcp_u32: number
        readonly PacketSize_u64: number
        readonly PacketNum_u64: number
        readonly RemoteSession_bool: boolean
        readonly RemoteHostname_str: string
        readonly SecureNATMode_bool: boolean
        readonly LinkMode_bool: boolean
        readonly BridgeMode_bool: boolean
        readonly Layer3Mode_bool: boolean
        readonly Client_BridgeMode_bool: boolean
        readonly Client_MonitorMode_bool: boolean
        readonly VLanId_u32: number
        readonly UniqueId_bin: string
        readonly IsDormantEnabled_bool: boolean
        readonly IsDormant_bool: boolean
        readonly LastCommDormant_dt: string
        readonly CreatedTime_dt: string
        readonly LastCommTime_dt: string
      }[]
    }
  }
  /** Lists the users of a hub. */
  EnumUser: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Offset_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly Limit_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly UserList: {
        readonly Name_str: string
        readonly GroupName_str: string
        readonly Realname_utf: string
        readonly Note_utf: string
        readonly AuthType_u32: number
        readonly LastLoginTime_dt: string
        readonly NumLogin_u32: number
        readonly DenyAccess_bool: boolean
        readonly IsTrafficFilled_bool: boolean
        readonly 'Ex.Recv.BroadcastBytes_u64': number
        readonly 'Ex.Recv.BroadcastCount_u64': number
        readonly 'Ex.Recv.UnicastBytes_u64': number
        readonly 'Ex.Recv.UnicastCount_u64': number
        readonly 'Ex.Send.BroadcastBytes_u64': number
        readonly 'Ex.Send.BroadcastCount_u64': number
        readonly 'Ex.Send.UnicastBytes_u64': number
        readonly 'Ex.Send.UnicastCount_u64': number
        readonly IsExpiresFilled_bool: boolean
        readonly Expires_dt: string
      }[]
    }
  }
  /** Lists the accounts that may look and change nothing. */
  EnumViewer: {
    params: Record<string, never>
    result: {
      readonly ViewerList: {
        readonly Name_str: string
      }[]
    }
  }
  /** Writes the configuration now; answers its bytes (it is always up to date already). */
  Flush: {
    params: Record<string, never>
    result: {
      readonly IntValue_u32: number
      readonly Int64Value_u64: number
      readonly StrValue_str: string
      readonly UniStrValue_utf: string
    }
  }
  /** Forgets the answers that the DNS service keeps. */
  FlushDnsCache: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly NumFlushed_u32: number
    }
  }
  /** The source IP address limit list of a hub. */
  GetAcList: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly NumItem_u32: number
      readonly HubName_str: string
      readonly ACList: {
        readonly Id_u32: number
        readonly Deny_bool: boolean
        readonly IpAddress_ip: string
        readonly Masked_bool: boolean
        readonly SubnetMask_ip: string
        readonly Priority_u32: number
      }[]
    }
  }
  /** The certificate of one authority. */
  GetCa: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Key_u32: number | string
    }
    result: {
      readonly HubName_str: string
      readonly Key_u32: number
      readonly Cert_bin: string
    }
  }
  /** What this server can do, by SoftEther’s names of capabilities. */
  GetCaps: {
    params: Record<string, never>
    result: {
      readonly CapsList: {
        readonly CapsName_str: string
        readonly CapsValue_u32: number
        readonly CapsDescrption_utf: string
      }[]
    }
  }
  /** The whole configuration, with its hashes of passwords. */
  GetConfig: {
    params: Record<string, never>
    result: {
      readonly FileName_str: string
      readonly FileData_bin: string
    }
  }
  /** What is known of one connection. */
  GetConnectionInfo: {
    params: {
      readonly Name_str: string
    }
    result: {
      readonly Name_str: string
      readonly Type_u32: number
      readonly Hostname_str: string
      readonly Ip_ip: string
      readonly Port_u32: number
      readonly ConnectedTime_dt: string
      readonly ServerStr_str: string
      readonly ServerVer_u32: number
      readonly ServerBuild_u32: number
      readonly ClientStr_str: string
      readonly ClientVer_u32: number
      readonly ClientBuild_u32: number
    }
  }
  /** The hub administration options of a new hub. */
  GetDefaultHubAdminOptions: {
    params: {
      readonly HubName_str?: string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly AdminOptionList: {
        readonly Name_str: string
        readonly Value_u32: number
        readonly Descrption_utf: string
      }[]
    }
  }
  /** The settings of the DNS service and what it has done. */
  GetDnsOption: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Upstreams_str: string
      readonly CacheEntries_u32: number
      readonly HostInternal_ip: string
      readonly UnknownNames_str: string
      readonly UpstreamsInUse_str: string
      readonly NumQueries_u64: number
      readonly NumWaiting_u32: number
      readonly NumLocalAnswers_u64: number
      readonly NumCacheHits_u64: number
      readonly NumForwarded_u64: number
      readonly NumFailed_u64: number
      readonly NumRefused_u64: number
      readonly NumCachedAnswers_u32: number
      readonly CachedBytes_u64: number
    }
  }
  /** The clustering setting: this server stands alone. */
  GetFarmSetting: {
    params: Record<string, never>
    result: {
      readonly ServerType_u32: number
      readonly PublicIp_ip: string
      readonly ControllerName_str: string
      readonly ControllerPort_u32: number
      readonly MemberPassword_bin: string
      readonly MemberPasswordPlaintext_str: string
      readonly Weight_u32: number
      readonly ControllerOnly_bool: boolean
    }
  }
  /** One group of a hub. */
  GetGroup: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Realname_utf: string
      readonly Note_utf: string
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** The options of a Virtual Hub. */
  GetHub: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly HashedPassword_bin: string
      readonly SecurePassword_bin: string
      readonly AdminPasswordPlainText_str: string
      readonly Online_bool: boolean
      readonly MaxSession_u32: number
      readonly NoEnum_bool: boolean
      readonly HubType_u32: number
    }
  }
  /** What the hub's own administrator may not do. */
  GetHubAdminOptions: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly AdminOptionList: {
        readonly Name_str: string
        readonly Value_u32: number
        readonly Descrption_utf: string
      }[]
    }
  }
  /** The extended options of a hub. */
  GetHubExtOptions: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly AdminOptionList: {
        readonly Name_str: string
        readonly Value_u32: number
        readonly Descrption_utf: string
      }[]
    }
  }
  /** The log settings of a hub. */
  GetHubLog: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly SaveSecurityLog_bool: boolean
      readonly SecurityLogSwitchType_u32: number
      readonly SavePacketLog_bool: boolean
      readonly PacketLogSwitchType_u32: number
      readonly PacketLogConfig_u32: number[]
    }
  }
  /** What users are shown when they log in. */
  GetHubMsg: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Msg_bin: string
    }
  }
  /** The state of a Virtual Hub: its tables, logins and traffic. */
  GetHubStatus: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Online_bool: boolean
      readonly HubType_u32: number
      readonly NumSessions_u32: number
      readonly NumSessionsClient_u32: number
      readonly NumSessionsBridge_u32: number
      readonly NumAccessLists_u32: number
      readonly NumUsers_u32: number
      readonly NumGroups_u32: number
      readonly NumMacTables_u32: number
      readonly NumIpTables_u32: number
      readonly SecureNATEnabled_bool: boolean
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly LastCommTime_dt: string
      readonly CreatedTime_dt: string
      readonly LastLoginTime_dt: string
      readonly NumLogin_u32: number
    }
  }
  /** The settings of a cascade. */
  GetLink: {
    params: {
      readonly HubName_Ex_str: string
      readonly AccountName_utf: string
    }
    result: {
      readonly HubName_Ex_str: string
      readonly Online_bool: boolean
      readonly AccountName_utf: string
      readonly Hostname_str: string
      readonly Port_u32: number
      readonly PortUDP_u32: number
      readonly HubName_str: string
      readonly DeviceName_str: string
      readonly ProxyType_u32: number
      readonly ProxyName_str: string
      readonly ProxyPort_u32: number
      readonly ProxyUsername_str: string
      readonly ProxyPassword_str: string
      readonly CustomHttpHeader_str: string
      readonly NumRetry_u32: number
      readonly RetryInterval_u32: number
      readonly MaxConnection_u32: number
      readonly UseEncrypt_bool: boolean
      readonly UseCompress_bool: boolean
      readonly HalfConnection_bool: boolean
      readonly NoRoutingTracking_bool: boolean
      readonly AdditionalConnectionInterval_u32: number
      readonly ConnectionDisconnectSpan_u32: number
      readonly HideStatusWindow_bool: boolean
      readonly HideNicInfoWindow_bool: boolean
      readonly RequireMonitorMode_bool: boolean
      readonly RequireBridgeRoutingMode_bool: boolean
      readonly DisableQoS_bool: boolean
      readonly FromAdminPack_bool: boolean
      readonly NoUdpAcceleration_bool: boolean
      readonly HostUniqueKey_bin: string
      readonly AuthType_u32: number
      readonly Username_str: string
      readonly HashedPassword_bin?: string | undefined
      readonly PlainPassword_str?: string | undefined
      readonly ClientX_bin?: string | undefined
      readonly ClientK_bin?: string | undefined
      readonly CheckServerCert_bool: boolean
      readonly ServerCert_bin?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** How a cascade is doing; refused while it is off line. */
  GetLinkStatus: {
    params: {
      readonly HubName_Ex_str: string
      readonly AccountName_utf: string
    }
    result: {
      readonly HubName_Ex_str: string
      readonly AccountName_utf: string
      readonly ServerName_str: string
      readonly ServerPort_u32: number
      readonly ServerProductName_str: string
      readonly ServerProductVer_u32: number
      readonly ServerProductBuild_u32: number
      readonly Active_bool: boolean
      readonly Connected_bool: boolean
      readonly SessionStatus_u32: number
      readonly SessionName_str: string
      readonly ConnectionName_str: string
      readonly CipherName_str: string
      readonly StartTime_dt: string
      readonly FirstConnectionEstablisiedTime_dt: string
      readonly CurrentConnectionEstablishTime_dt: string
      readonly NumConnectionsEstablished_u32: number
      readonly HalfConnection_bool: boolean
      readonly QoS_bool: boolean
      readonly MaxTcpConnections_u32: number
      readonly NumTcpConnections_u32: number
      readonly NumTcpConnectionsUpload_u32: number
      readonly NumTcpConnectionsDownload_u32: number
      readonly IsRUDPSession_bool: boolean
      readonly UnderlayProtocol_str: string
      readonly IsUdpAccelerationEnabled_bool: boolean
      readonly IsUsingUdpAcceleration_bool: boolean
      readonly SessionKey_bin: string
      readonly VLanId_u32: number
      readonly UseEncrypt_bool: boolean
      readonly UseCompress_bool: boolean
      readonly IsBridgeMode_bool: boolean
      readonly IsMonitorMode_bool: boolean
      readonly TotalSendSize_u64: number
      readonly TotalRecvSize_u64: number
      readonly TotalSendSizeReal_u64: number
      readonly TotalRecvSizeReal_u64: number
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** The settings of all logs. */
  GetLogSettings: {
    params: Record<string, never>
    result: {
      readonly Json_bool: boolean
      readonly Level_str: string
      readonly ReverseLookup_bool: boolean
      readonly HubLinesInServerLog_bool: boolean
      readonly SwitchCycle_str: string
      readonly FileBytes_u64: number
      readonly RetentionDays_u32: number
      readonly RetentionBytes_u64: number
    }
  }
  /** The limits of the Virtual NAT. */
  GetNatLimit: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Sessions_u32: number
      readonly SessionsPerGuest_u32: number
      readonly TcpSessionsPerGuest_u32: number
      readonly HalfOpen_u32: number
      readonly HalfOpenPerGuest_u32: number
      readonly UdpSessionsPerGuest_u32: number
      readonly IcmpSessionsPerGuest_u32: number
    }
  }
  /** The settings of SecureNAT, whether it is on or not. */
  GetSecureNATOption: {
    params: {
      readonly RpcHubName_str: string
    }
    result: {
      readonly RpcHubName_str: string
      readonly MacAddress_bin: string
      readonly Ip_ip: string
      readonly Mask_ip: string
      readonly UseNat_bool: boolean
      readonly Mtu_u32: number
      readonly NatTcpTimeout_u32: number
      readonly NatUdpTimeout_u32: number
      readonly NatUdpFiltering_str: string
      readonly NatDiscovery_str: string
      readonly NatIcmpMode_str: string
      readonly UseDhcp_bool: boolean
      readonly DhcpLeaseIPStart_ip: string
      readonly DhcpLeaseIPEnd_ip: string
      readonly DhcpSubnetMask_ip: string
      readonly DhcpExpireTimeSpan_u32: number
      readonly DhcpGatewayAddress_ip: string
      readonly DhcpDnsServerAddress_ip: string
      readonly DhcpDnsServerAddress2_ip: string
      readonly DhcpDomainName_str: string
      readonly SaveLog_bool: boolean
      readonly ApplyDhcpPushRoutes_bool: boolean
      readonly DhcpPushRoutes_str: string
    }
  }
  /** How many sessions and leases there are; zeros while SecureNAT is off. */
  GetSecureNATStatus: {
    params: {
      readonly HubName_str: string
    }
    result: {
      readonly HubName_str: string
      readonly NumTcpSessions_u32: number
      readonly NumUdpSessions_u32: number
      readonly NumIcmpSessions_u32: number
      readonly NumDnsSessions_u32: number
      readonly NumDhcpClients_u32: number
      readonly IsKernelMode_bool: boolean
      readonly IsRawIpMode_bool: boolean
    }
  }
  /** The certificate of the server; its administrator gets the key too. */
  GetServerCert: {
    params: Record<string, never>
    result: {
      readonly Cert_bin: string
      readonly Key_bin: string
      readonly Flag1_u32: number
    }
  }
  /** What program this is, and where it runs. */
  GetServerInfo: {
    params: Record<string, never>
    result: {
      readonly ServerProductName_str: string
      readonly ServerVersionString_str: string
      readonly ServerBuildInfoString_str: string
      readonly ServerVerInt_u32: number
      readonly ServerBuildInt_u32: number
      readonly ServerHostName_str: string
      readonly ServerType_u32: number
      readonly ServerBuildDate_dt: string
      readonly ServerFamilyName_str: string
      readonly ServerStartTime_dt: string
      readonly OsType_u32: number
      readonly OsServicePack_u32: number
      readonly OsSystemName_str: string
      readonly OsProductName_str: string
      readonly OsVendorName_str: string
      readonly OsVersion_str: string
      readonly KernelName_str: string
      readonly KernelVersion_str: string
    }
  }
  /** How the server is doing: hubs, sessions, tables and traffic. */
  GetServerStatus: {
    params: Record<string, never>
    result: {
      readonly ServerType_u32: number
      readonly NumHubTotal_u32: number
      readonly NumHubStandalone_u32: number
      readonly NumHubStatic_u32: number
      readonly NumHubDynamic_u32: number
      readonly NumSessionsTotal_u32: number
      readonly NumSessionsLocal_u32: number
      readonly NumSessionsRemote_u32: number
      readonly NumTcpConnections_u32: number
      readonly NumTcpConnectionsLocal_u32: number
      readonly NumTcpConnectionsRemote_u32: number
      readonly NumMacTables_u32: number
      readonly NumIpTables_u32: number
      readonly NumUsers_u32: number
      readonly NumGroups_u32: number
      readonly CurrentTime_dt: string
      readonly CurrentTick_u64: number
      readonly AssignedBridgeLicenses_u32: number
      readonly AssignedClientLicenses_u32: number
      readonly AssignedBridgeLicensesTotal_u32: number
      readonly AssignedClientLicensesTotal_u32: number
      readonly StartTime_dt: string
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly TotalMemory_u64: number
      readonly UsedMemory_u64: number
      readonly FreeMemory_u64: number
      readonly TotalPhys_u64: number
      readonly UsedPhys_u64: number
      readonly FreePhys_u64: number
    }
  }
  /** What is known of one session. */
  GetSessionStatus: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Username_str: string
      readonly GroupName_str: string
      readonly RealUsername_str: string
      readonly SessionStatus_ClientIp_ip: string
      readonly SessionStatus_ClientHostName_str: string
      readonly Client_Ip_Address_ip: string
      readonly ServerName_str: string
      readonly ServerProductName_str: string
      readonly ServerProductVer_u32: number
      readonly ServerProductBuild_u32: number
      readonly ServerPort_u32: number
      readonly ClientProductName_str: string
      readonly ClientProductVer_u32: number
      readonly ClientProductBuild_u32: number
      readonly CipherName_str: string
      readonly SessionName_str: string
      readonly ConnectionName_str: string
      readonly Active_bool: boolean
      readonly Connected_bool: boolean
      readonly SessionStatus_u32: number
      readonly NumConnectionsEstablished_u32: number
      readonly HalfConnection_bool: boolean
      readonly QoS_bool: boolean
      readonly MaxTcpConnections_u32: number
      readonly NumTcpConnections_u32: number
      readonly NumTcpConnectionsUpload_u32: number
      readonly NumTcpConnectionsDownload_u32: number
      readonly UseEncrypt_bool: boolean
      readonly UseCompress_bool: boolean
      readonly IsRUDPSession_bool: boolean
      readonly UnderlayProtocol_str: string
      readonly IsUdpAccelerationEnabled_bool: boolean
      readonly IsUsingUdpAcceleration_bool: boolean
      readonly IsBridgeMode_bool: boolean
      readonly IsMonitorMode_bool: boolean
      readonly StartTime_dt: string
      readonly FirstConnectionEstablisiedTime_dt: string
      readonly CurrentConnectionEstablishTime_dt: string
      readonly TotalSendSize_u64: number
      readonly TotalRecvSize_u64: number
      readonly TotalSendSizeReal_u64: number
      readonly TotalRecvSizeReal_u64: number
      readonly VLanId_u32: number
      readonly UniqueId_bin: string
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** One user of a hub. */
  GetUser: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly GroupName_str: string
      readonly Realname_utf: string
      readonly Note_utf: string
      readonly CreatedTime_dt: string
      readonly UpdatedTime_dt: string
      readonly ExpireTime_dt: string
      readonly AuthType_u32: number
      readonly HashedKey_bin?: string | undefined
      readonly NtLmSecureHash_bin?: string | undefined
      readonly UserX_bin?: string | undefined
      readonly Serial_bin?: string | undefined
      readonly CommonName_utf?: string | undefined
      readonly NumLogin_u32: number
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Reads a log file from Offset on, at most 655360 bytes at a time; no bytes mark its end. */
  ReadLogFile: {
    params: {
      readonly FilePath_str: string
      readonly ServerName_str?: string | undefined
      /** a whole number from 0 to 9007199254740991 */
      readonly Offset_u32?: number | string | undefined
    }
    result: {
      readonly ServerName_str: string
      readonly FilePath_str: string
      readonly Offset_u32: number
      readonly Buffer_bin: string
    }
  }
  /** Refused: whoever started the server starts it again. */
  RebootServer: {
    params: Record<string, never>
    result: {
      readonly IntValue_u32: number
      readonly Int64Value_u64: number
      readonly StrValue_str: string
      readonly UniStrValue_utf: string
    }
  }
  /** Makes a new key and a self-signed certificate with it. */
  RegenerateServerCert: {
    params: {
      /** text of at most 64 letters */
      readonly StrValue_str?: string | undefined
    }
    result: {
      readonly IntValue_u32: number
      readonly Int64Value_u64: number
      readonly StrValue_str: string
      readonly UniStrValue_utf: string
    }
  }
  /** Renames a cascade. */
  RenameLink: {
    params: {
      readonly HubName_str: string
      readonly OldAccountName_utf: string
      readonly NewAccountName_utf: string
    }
    result: {
      readonly HubName_str: string
      readonly OldAccountName_utf: string
      readonly NewAccountName_utf: string
    }
  }
  /** Replaces the source IP address limit list; it is asked at every login, sessions go on. */
  SetAcList: {
    params: {
      readonly HubName_str: string
      readonly ACList: {
        /** a whole number from 0 to 4294967295 */
        readonly Id_u32?: number | string | undefined
        readonly Deny_bool: boolean
        readonly IpAddress_ip: string
        readonly Masked_bool?: boolean | undefined
        readonly SubnetMask_ip?: string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Priority_u32: number | string
      }[]
    }
    result: {
      readonly NumItem_u32: number
      readonly HubName_str: string
      readonly ACList: {
        readonly Id_u32: number
        readonly Deny_bool: boolean
        readonly IpAddress_ip: string
        readonly Masked_bool: boolean
        readonly SubnetMask_ip: string
        readonly Priority_u32: number
      }[]
    }
  }
  /** Replaces the access list. */
  SetAccessList: {
    params: {
      readonly HubName_str: string
      readonly AccessList: {
        /** a whole number from 0 to 4294967295 */
        readonly Id_u32?: number | string | undefined
        readonly Note_utf?: string | undefined
        readonly Active_bool?: boolean | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Priority_u32?: number | string | undefined
        readonly Discard_bool?: boolean | undefined
        readonly IsIPv6_bool?: boolean | undefined
        readonly SrcIpAddress_ip?: string | undefined
        readonly SrcSubnetMask_ip?: string | undefined
        readonly DestIpAddress_ip?: string | undefined
        readonly DestSubnetMask_ip?: string | undefined
        readonly SrcIpAddress6_bin?: string | undefined
        readonly SrcSubnetMask6_bin?: string | undefined
        readonly DestIpAddress6_bin?: string | undefined
        readonly DestSubnetMask6_bin?: string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Protocol_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly SrcPortStart_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly SrcPortEnd_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly DestPortStart_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly DestPortEnd_u32?: number | string | undefined
        readonly SrcUsername_str?: string | undefined
        readonly DestUsername_str?: string | undefined
        readonly CheckSrcMac_bool?: boolean | undefined
        readonly SrcMacAddress_bin?: string | undefined
        readonly SrcMacMask_bin?: string | undefined
        readonly CheckDstMac_bool?: boolean | undefined
        readonly DstMacAddress_bin?: string | undefined
        readonly DstMacMask_bin?: string | undefined
        readonly CheckTcpState_bool?: boolean | undefined
        readonly Established_bool?: boolean | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Delay_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Jitter_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly Loss_u32?: number | string | undefined
        /** a whole number from 0 to 4294967295 */
        readonly UniqueId_u32?: number | string | undefined
        readonly RedirectUrl_str?: string | undefined
      }[]
    }
    result: {
      readonly HubName_str: string
      readonly AccessList: {
        readonly Id_u32: number
        readonly Note_utf: string
        readonly Active_bool: boolean
        readonly Priority_u32: number
        readonly Discard_bool: boolean
        readonly SrcIpAddress_ip: string
        readonly SrcSubnetMask_ip: string
        readonly DestIpAddress_ip: string
        readonly DestSubnetMask_ip: string
        readonly Protocol_u32: number
        readonly SrcPortStart_u32: number
        readonly SrcPortEnd_u32: number
        readonly DestPortStart_u32: number
        readonly DestPortEnd_u32: number
        readonly SrcUsernameHash_u32: number
        readonly SrcUsername_str: string
        readonly DestUsernameHash_u32: number
        readonly DestUsername_str: string
        readonly CheckSrcMac_bool: boolean
        readonly SrcMacAddress_bin: string
        readonly SrcMacMask_bin: string
        readonly CheckDstMac_bool: boolean
        readonly DstMacAddress_bin: string
        readonly DstMacMask_bin: string
        readonly CheckTcpState_bool: boolean
        readonly Established_bool: boolean
        readonly Delay_u32: number
        readonly Jitter_u32: number
        readonly Loss_u32: number
        readonly IsIPv6_bool: boolean
        readonly UniqueId_u32: number
        readonly RedirectUrl_str: string
        readonly SrcIpAddress6_bin: string
        readonly SrcSubnetMask6_bin: string
        readonly DestIpAddress6_bin: string
        readonly DestSubnetMask6_bin: string
      }[]
    }
  }
  /** Replaces the whole configuration, at once; refused whole with every fault. */
  SetConfig: {
    params: {
      readonly FileName_str?: string | undefined
      readonly FileData_bin: string
    }
    result: {
      readonly FileName_str: string
      readonly FileData_bin: string
    }
  }
  /** Sends DHCP clients an option by its number, from now on; 42, 66, 67 and 119 are NTP servers, TFTP server, boot file and domain search list. */
  SetDhcpOption: {
    params: {
      readonly HubName_str: string
      /** a whole number from 1 to 254 */
      readonly Code_u32: number | string
      readonly Value_str: string
    }
    result: {
      readonly Code_u32: number
      readonly Value_str: string
      readonly HubName_str: string
    }
  }
  /** Reserves an address for the client with a MAC address, client identifier or host name, at once; a reservation of the same address or client is replaced. */
  SetDhcpReservation: {
    params: {
      readonly HubName_str: string
      readonly IpAddress_ip: string
      readonly MacAddress_bin?: string | undefined
      readonly ClientId_str?: string | undefined
      readonly Hostname_str?: string | undefined
    }
    result: {
      readonly IpAddress_ip: string
      readonly MacAddress_bin: string
      readonly ClientId_str: string
      readonly Hostname_str: string
      readonly HubName_str: string
    }
  }
  /** Changes settings of the DNS service, at once and in the configuration; parameters left out stay as they are. */
  SetDnsOption: {
    params: {
      readonly HubName_str: string
      readonly Upstreams_str?: string | undefined
      /** a whole number from 0 to 100000 */
      readonly CacheEntries_u32?: number | string | undefined
      readonly HostInternal_ip?: string | undefined
      readonly UnknownNames_str?: 'auto' | 'nxdomain' | 'upstream' | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Upstreams_str: string
      readonly CacheEntries_u32: number
      readonly HostInternal_ip: string
      readonly UnknownNames_str: string
      readonly UpstreamsInUse_str: string
      readonly NumQueries_u64: number
      readonly NumWaiting_u32: number
      readonly NumLocalAnswers_u64: number
      readonly NumCacheHits_u64: number
      readonly NumForwarded_u64: number
      readonly NumFailed_u64: number
      readonly NumRefused_u64: number
      readonly NumCachedAnswers_u32: number
      readonly CachedBytes_u64: number
    }
  }
  /** Replaces all egress rules. */
  SetEgressRules: {
    params: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Action_str: 'allow' | 'deny'
        readonly Destination_str: string
        readonly Protocol_str?: 'any' | 'tcp' | 'udp' | 'icmp' | undefined
        readonly Ports_str?: string | undefined
      }[]
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Action_str: string
        readonly Destination_str: string
        readonly Protocol_str: string
        readonly Ports_str: string
        readonly Hits_u64: number
      }[]
      readonly ClosedList: {
        readonly Name_str: string
        readonly Destination_str: string
        readonly Hits_u64: number
      }[]
    }
  }
  /** Replaces a group: what is left out is empty. */
  SetGroup: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Realname_utf?: string | undefined
      readonly Note_utf?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 32 */
      readonly 'policy:MaxConnection_u32'?: number | string | undefined
      /** 0 or a whole number from 5 to 60 */
      readonly 'policy:TimeOut_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxMac_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIP_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxUpload_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxDownload_u32'?: number | string | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MultiLogins_u32'?: number | string | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIPv6_u32'?: number | string | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:AutoDisconnect_u32'?: number | string | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4095 */
      readonly 'policy:VLanId_u32'?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly Realname_utf: string
      readonly Note_utf: string
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Changes the options, the state or the administrator password of a Virtual Hub; what is left out stays. */
  SetHub: {
    params: {
      readonly HubName_str: string
      readonly AdminPasswordPlainText_str?: string | undefined
      readonly HashedPassword_bin?: string | undefined
      readonly SecurePassword_bin?: string | undefined
      readonly Online_bool?: boolean | undefined
      /** a whole number from 0 to 4096 */
      readonly MaxSession_u32?: number | string | undefined
      readonly NoEnum_bool?: boolean | undefined
      /** a whole number from 0 to 4294967295 */
      readonly HubType_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly HashedPassword_bin: string
      readonly SecurePassword_bin: string
      readonly AdminPasswordPlainText_str: string
      readonly Online_bool: boolean
      readonly MaxSession_u32: number
      readonly NoEnum_bool: boolean
      readonly HubType_u32: number
    }
  }
  /** Changes what the hub's own administrator may not do; options left out stay. */
  SetHubAdminOptions: {
    params: {
      readonly HubName_str: string
      readonly AdminOptionList: {
        readonly Name_str: string
        /** a whole number from 0 to 4294967295 */
        readonly Value_u32: number | string
      }[]
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly AdminOptionList: {
        readonly Name_str: string
        readonly Value_u32: number
        readonly Descrption_utf: string
      }[]
    }
  }
  /** Changes extended options of a hub; those left out stay. */
  SetHubExtOptions: {
    params: {
      readonly HubName_str: string
      readonly AdminOptionList: {
        readonly Name_str: string
        /** a whole number from 0 to 4294967295 */
        readonly Value_u32: number | string
      }[]
    }
    result: {
      readonly HubName_str: string
      readonly NumItem_u32: number
      readonly AdminOptionList: {
        readonly Name_str: string
        readonly Value_u32: number
        readonly Descrption_utf: string
      }[]
    }
  }
  /** Changes the log settings of a hub; what is left out stays. */
  SetHubLog: {
    params: {
      readonly HubName_str: string
      readonly SaveSecurityLog_bool?: boolean | undefined
      /** a whole number from 0 to 5 */
      readonly SecurityLogSwitchType_u32?: number | string | undefined
      readonly SavePacketLog_bool?: boolean | undefined
      /** a whole number from 0 to 5 */
      readonly PacketLogSwitchType_u32?: number | string | undefined
      /** a whole number from 0 to 2 */
      readonly PacketLogConfig_u32?: (number | string)[] | undefined
    }
    result: {
      readonly HubName_str: string
      readonly SaveSecurityLog_bool: boolean
      readonly SecurityLogSwitchType_u32: number
      readonly SavePacketLog_bool: boolean
      readonly PacketLogSwitchType_u32: number
      readonly PacketLogConfig_u32: number[]
    }
  }
  /** Sets what users are shown when they log in; empty for nothing. */
  SetHubMsg: {
    params: {
      readonly HubName_str: string
      readonly Msg_bin: string
    }
    result: {
      readonly HubName_str: string
      readonly Msg_bin: string
    }
  }
  /** Puts a Virtual Hub on line or off line; off line ends its sessions. */
  SetHubOnline: {
    params: {
      readonly HubName_str: string
      readonly Online_bool: boolean
    }
    result: {
      readonly HubName_str: string
      readonly Online_bool: boolean
    }
  }
  /** Changes an inbound rule; connections by it end unless only who may come in, how many or the note is changed. */
  SetInboundRule: {
    params: {
      readonly HubName_str: string
      /** a whole number from 0 to 4294967295 */
      readonly Id_u32: number | string
      readonly Protocol_str?: 'tcp' | 'udp' | undefined
      readonly HostPorts_str?: string | undefined
      readonly GuestAddress_ip?: string | undefined
      readonly HostAddress_ip?: string | undefined
      /** a whole number from 1 to 65535 */
      readonly GuestPort_u32?: number | string | undefined
      readonly Sources_str?: string | undefined
      readonly ProxyProtocol_str?: 'none' | 'v1' | 'v2' | undefined
      /** a whole number from 1 to 65535 */
      readonly MaxSessions_u32?: number | string | undefined
      readonly Active_bool?: boolean | undefined
      readonly Note_str?: string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly RuleList: {
        readonly Id_u32: number
        readonly Note_str: string
        readonly Active_bool: boolean
        readonly Protocol_str: string
        readonly HostAddress_ip: string
        readonly HostPorts_str: string
        readonly GuestAddress_ip: string
        readonly GuestPort_u32: number
        readonly Sources_str: string
        readonly ProxyProtocol_str: string
        readonly MaxSessions_u32: number
        readonly State_str: string
        readonly StatePort_u32: number
        readonly NumSessions_u32: number
        readonly NumAccepted_u64: number
        readonly NumRefused_u64: number
      }[]
    }
  }
  /** Replaces the settings of a cascade. */
  SetLink: {
    params: {
      readonly HubName_Ex_str: string
      readonly AccountName_utf: string
      readonly Hostname_str: string
      /** a whole number from 1 to 65535 */
      readonly Port_u32: number | string
      readonly HubName_str: string
      /** a whole number from 0 to 3 */
      readonly ProxyType_u32?: number | string | undefined
      readonly ProxyName_str?: string | undefined
      /** a whole number from 0 to 65535 */
      readonly ProxyPort_u32?: number | string | undefined
      readonly ProxyUsername_str?: string | undefined
      readonly ProxyPassword_str?: string | undefined
      readonly CustomHttpHeader_str?: string | undefined
      /** a whole number from 1 to 32 */
      readonly MaxConnection_u32?: number | string | undefined
      readonly UseEncrypt_bool?: boolean | undefined
      readonly UseCompress_bool?: boolean | undefined
      readonly HalfConnection_bool?: boolean | undefined
      /** a whole number from 1 to 4294967295 */
      readonly AdditionalConnectionInterval_u32?: number | string | undefined
      /** a whole number from 0 to 4294967295 */
      readonly ConnectionDisconnectSpan_u32?: number | string | undefined
      readonly DisableQoS_bool?: boolean | undefined
      readonly NoUdpAcceleration_bool?: boolean | undefined
      /** a whole number from 0 to 4 */
      readonly AuthType_u32?: number | string | undefined
      readonly Username_str?: string | undefined
      readonly Auth_Password_str?: string | undefined
      readonly HashedPassword_bin?: string | undefined
      readonly PlainPassword_str?: string | undefined
      readonly ClientX_bin?: string | undefined
      readonly ClientK_bin?: string | undefined
      readonly CheckServerCert_bool?: boolean | undefined
      readonly ServerCert_bin?: string | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 32 */
      readonly 'policy:MaxConnection_u32'?: number | string | undefined
      /** 0 or a whole number from 5 to 60 */
      readonly 'policy:TimeOut_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxMac_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIP_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxUpload_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxDownload_u32'?: number | string | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MultiLogins_u32'?: number | string | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIPv6_u32'?: number | string | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:AutoDisconnect_u32'?: number | string | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4095 */
      readonly 'policy:VLanId_u32'?: number | string | undefined
    }
    result: {
      readonly HubName_Ex_str: string
      readonly Online_bool: boolean
      readonly AccountName_utf: string
      readonly Hostname_str: string
      readonly Port_u32: number
      readonly PortUDP_u32: number
      readonly HubName_str: string
      readonly DeviceName_str: string
      readonly ProxyType_u32: number
      readonly ProxyName_str: string
      readonly ProxyPort_u32: number
      readonly ProxyUsername_str: string
      readonly ProxyPassword_str: string
      readonly CustomHttpHeader_str: string
      readonly NumRetry_u32: number
      readonly RetryInterval_u32: number
      readonly MaxConnection_u32: number
      readonly UseEncrypt_bool: boolean
      readonly UseCompress_bool: boolean
      readonly HalfConnection_bool: boolean
      readonly NoRoutingTracking_bool: boolean
      readonly AdditionalConnectionInterval_u32: number
      readonly ConnectionDisconnectSpan_u32: number
      readonly HideStatusWindow_bool: boolean
      readonly HideNicInfoWindow_bool: boolean
      readonly RequireMonitorMode_bool: boolean
      readonly RequireBridgeRoutingMode_bool: boolean
      readonly DisableQoS_bool: boolean
      readonly FromAdminPack_bool: boolean
      readonly NoUdpAcceleration_bool: boolean
      readonly HostUniqueKey_bin: string
      readonly AuthType_u32: number
      readonly Username_str: string
      readonly HashedPassword_bin?: string | undefined
      readonly PlainPassword_str?: string | undefined
      readonly ClientX_bin?: string | undefined
      readonly ClientK_bin?: string | undefined
      readonly CheckServerCert_bool: boolean
      readonly ServerCert_bin?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Ends a cascade. */
  SetLinkOffline: {
    params: {
      readonly HubName_str: string
      readonly AccountName_utf: string
    }
    result: {
      readonly HubName_str: string
      readonly AccountName_utf: string
    }
  }
  /** Starts a cascade. */
  SetLinkOnline: {
    params: {
      readonly HubName_str: string
      readonly AccountName_utf: string
    }
    result: {
      readonly HubName_str: string
      readonly AccountName_utf: string
    }
  }
  /** Changes settings of all logs, at once and in the configuration; those left out stay as they are. */
  SetLogSettings: {
    params: {
      readonly Json_bool?: boolean | undefined
      readonly Level_str?: 'info' | 'warn' | 'error' | undefined
      readonly ReverseLookup_bool?: boolean | undefined
      readonly HubLinesInServerLog_bool?: boolean | undefined
      readonly SwitchCycle_str?: 'none' | 'second' | 'minute' | 'hour' | 'day' | 'month' | undefined
      /** a whole number from 65536 to 1099511627776 */
      readonly FileBytes_u64?: number | string | undefined
      /** a whole number from 0 to 36500 */
      readonly RetentionDays_u32?: number | string | undefined
      /** a whole number from 0 to 1125899906842624 */
      readonly RetentionBytes_u64?: number | string | undefined
    }
    result: {
      readonly Json_bool: boolean
      readonly Level_str: string
      readonly ReverseLookup_bool: boolean
      readonly HubLinesInServerLog_bool: boolean
      readonly SwitchCycle_str: string
      readonly FileBytes_u64: number
      readonly RetentionDays_u32: number
      readonly RetentionBytes_u64: number
    }
  }
  /** Changes limits of the Virtual NAT, at once and in the configuration; those left out stay as they are. */
  SetNatLimit: {
    params: {
      readonly HubName_str: string
      /** a whole number from 1 to 65536 */
      readonly Sessions_u32?: number | string | undefined
      /** a whole number from 1 to 65536 */
      readonly SessionsPerGuest_u32?: number | string | undefined
      /** a whole number from 1 to 65536 */
      readonly TcpSessionsPerGuest_u32?: number | string | undefined
      /** a whole number from 1 to 65536 */
      readonly HalfOpen_u32?: number | string | undefined
      /** a whole number from 1 to 65536 */
      readonly HalfOpenPerGuest_u32?: number | string | undefined
      /** a whole number from 1 to 65536 */
      readonly UdpSessionsPerGuest_u32?: number | string | undefined
      /** a whole number from 1 to 65536 */
      readonly IcmpSessionsPerGuest_u32?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Sessions_u32: number
      readonly SessionsPerGuest_u32: number
      readonly TcpSessionsPerGuest_u32: number
      readonly HalfOpen_u32: number
      readonly HalfOpenPerGuest_u32: number
      readonly UdpSessionsPerGuest_u32: number
      readonly IcmpSessionsPerGuest_u32: number
    }
  }
  /** Changes settings of SecureNAT, at once and in the configuration; parameters left out stay as they are. */
  SetSecureNATOption: {
    params: {
      readonly RpcHubName_str: string
      readonly MacAddress_bin?: string | undefined
      readonly Ip_ip?: string | undefined
      readonly Mask_ip?: string | undefined
      readonly UseNat_bool?: boolean | undefined
      /** a whole number from 62 to 65520 */
      readonly Mtu_u32?: number | string | undefined
      /** a whole number from 60 to 2000000 */
      readonly NatTcpTimeout_u32?: number | string | undefined
      /** a whole number from 10 to 2000000 */
      readonly NatUdpTimeout_u32?: number | string | undefined
      readonly NatUdpFiltering_str?: 'endpointIndependent' | 'addressDependent' | undefined
      readonly NatDiscovery_str?: 'off' | 'relay' | undefined
      readonly NatIcmpMode_str?: 'auto' | 'real' | 'dummy' | 'off' | undefined
      readonly UseDhcp_bool?: boolean | undefined
      readonly DhcpLeaseIPStart_ip?: string | undefined
      readonly DhcpLeaseIPEnd_ip?: string | undefined
      readonly DhcpSubnetMask_ip?: string | undefined
      /** a whole number from 15 to 2000000 */
      readonly DhcpExpireTimeSpan_u32?: number | string | undefined
      readonly DhcpGatewayAddress_ip?: string | undefined
      readonly DhcpDnsServerAddress_ip?: string | undefined
      readonly DhcpDnsServerAddress2_ip?: string | undefined
      readonly DhcpDomainName_str?: string | undefined
      readonly SaveLog_bool?: boolean | undefined
      readonly ApplyDhcpPushRoutes_bool?: boolean | undefined
      readonly DhcpPushRoutes_str?: string | undefined
      readonly MoveDhcp_bool?: boolean | undefined
    }
    result: {
      readonly RpcHubName_str: string
      readonly MacAddress_bin: string
      readonly Ip_ip: string
      readonly Mask_ip: string
      readonly UseNat_bool: boolean
      readonly Mtu_u32: number
      readonly NatTcpTimeout_u32: number
      readonly NatUdpTimeout_u32: number
      readonly NatUdpFiltering_str: string
      readonly NatDiscovery_str: string
      readonly NatIcmpMode_str: string
      readonly UseDhcp_bool: boolean
      readonly DhcpLeaseIPStart_ip: string
      readonly DhcpLeaseIPEnd_ip: string
      readonly DhcpSubnetMask_ip: string
      readonly DhcpExpireTimeSpan_u32: number
      readonly DhcpGatewayAddress_ip: string
      readonly DhcpDnsServerAddress_ip: string
      readonly DhcpDnsServerAddress2_ip: string
      readonly DhcpDomainName_str: string
      readonly SaveLog_bool: boolean
      readonly ApplyDhcpPushRoutes_bool: boolean
      readonly DhcpPushRoutes_str: string
    }
  }
  /** Installs a certificate and its key; connections that exist go on. */
  SetServerCert: {
    params: {
      readonly Cert_bin: string
      readonly Key_bin: string
    }
    result: {
      readonly Cert_bin: string
      readonly Key_bin: string
      readonly Flag1_u32: number
    }
  }
  /** Changes the password of the server's administrator. */
  SetServerPassword: {
    params: {
      readonly HashedPassword_bin?: string | undefined
      /** text of at most 512 letters */
      readonly PlainTextPassword_str?: string | undefined
    }
    result: {
      readonly HashedPassword_bin: string
      readonly PlainTextPassword_str: string
    }
  }
  /** Replaces a user: what is left out is empty, but for the password of a password user; one that is let in no more loses its sessions. */
  SetUser: {
    params: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly GroupName_str?: string | undefined
      readonly Realname_utf?: string | undefined
      readonly Note_utf?: string | undefined
      readonly ExpireTime_dt?: number | string | undefined
      /** a whole number from 0 to 5 */
      readonly AuthType_u32?: number | string | undefined
      readonly Auth_Password_str?: string | undefined
      readonly HashedKey_bin?: string | undefined
      readonly NtLmSecureHash_bin?: string | undefined
      readonly UserX_bin?: string | undefined
      readonly Serial_bin?: string | undefined
      readonly CommonName_utf?: string | undefined
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 32 */
      readonly 'policy:MaxConnection_u32'?: number | string | undefined
      /** 0 or a whole number from 5 to 60 */
      readonly 'policy:TimeOut_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxMac_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIP_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxUpload_u32'?: number | string | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:MaxDownload_u32'?: number | string | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MultiLogins_u32'?: number | string | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 65535 */
      readonly 'policy:MaxIPv6_u32'?: number | string | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4294967295 */
      readonly 'policy:AutoDisconnect_u32'?: number | string | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      /** 0 or a whole number from 1 to 4095 */
      readonly 'policy:VLanId_u32'?: number | string | undefined
    }
    result: {
      readonly HubName_str: string
      readonly Name_str: string
      readonly GroupName_str: string
      readonly Realname_utf: string
      readonly Note_utf: string
      readonly CreatedTime_dt: string
      readonly UpdatedTime_dt: string
      readonly ExpireTime_dt: string
      readonly AuthType_u32: number
      readonly HashedKey_bin?: string | undefined
      readonly NtLmSecureHash_bin?: string | undefined
      readonly UserX_bin?: string | undefined
      readonly Serial_bin?: string | undefined
      readonly CommonName_utf?: string | undefined
      readonly NumLogin_u32: number
      readonly 'Recv.BroadcastBytes_u64': number
      readonly 'Recv.BroadcastCount_u64': number
      readonly 'Recv.UnicastBytes_u64': number
      readonly 'Recv.UnicastCount_u64': number
      readonly 'Send.BroadcastBytes_u64': number
      readonly 'Send.BroadcastCount_u64': number
      readonly 'Send.UnicastBytes_u64': number
      readonly 'Send.UnicastCount_u64': number
      readonly UsePolicy_bool?: boolean | undefined
      readonly 'policy:Access_bool'?: boolean | undefined
      readonly 'policy:DHCPFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPNoServer_bool'?: boolean | undefined
      readonly 'policy:DHCPForce_bool'?: boolean | undefined
      readonly 'policy:NoBridge_bool'?: boolean | undefined
      readonly 'policy:NoRouting_bool'?: boolean | undefined
      readonly 'policy:CheckMac_bool'?: boolean | undefined
      readonly 'policy:CheckIP_bool'?: boolean | undefined
      readonly 'policy:ArpDhcpOnly_bool'?: boolean | undefined
      readonly 'policy:PrivacyFilter_bool'?: boolean | undefined
      readonly 'policy:NoServer_bool'?: boolean | undefined
      readonly 'policy:NoBroadcastLimiter_bool'?: boolean | undefined
      readonly 'policy:MonitorPort_bool'?: boolean | undefined
      readonly 'policy:MaxConnection_u32'?: number | undefined
      readonly 'policy:TimeOut_u32'?: number | undefined
      readonly 'policy:MaxMac_u32'?: number | undefined
      readonly 'policy:MaxIP_u32'?: number | undefined
      readonly 'policy:MaxUpload_u32'?: number | undefined
      readonly 'policy:MaxDownload_u32'?: number | undefined
      readonly 'policy:FixPassword_bool'?: boolean | undefined
      readonly 'policy:MultiLogins_u32'?: number | undefined
      readonly 'policy:NoQoS_bool'?: boolean | undefined
      readonly 'policy:RSandRAFilter_bool'?: boolean | undefined
      readonly 'policy:RAFilter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6Filter_bool'?: boolean | undefined
      readonly 'policy:DHCPv6NoServer_bool'?: boolean | undefined
      readonly 'policy:NoRoutingV6_bool'?: boolean | undefined
      readonly 'policy:CheckIPv6_bool'?: boolean | undefined
      readonly 'policy:NoServerV6_bool'?: boolean | undefined
      readonly 'policy:MaxIPv6_u32'?: number | undefined
      readonly 'policy:NoSavePassword_bool'?: boolean | undefined
      readonly 'policy:AutoDisconnect_u32'?: number | undefined
      readonly 'policy:FilterIPv4_bool'?: boolean | undefined
      readonly 'policy:FilterIPv6_bool'?: boolean | undefined
      readonly 'policy:FilterNonIP_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRA_bool'?: boolean | undefined
      readonly 'policy:NoIPv6DefaultRouterInRAWhenIPv6_bool'?: boolean | undefined
      readonly 'policy:VLanId_u32'?: number | undefined
      readonly 'policy:Ver3_bool'?: boolean | undefined
    }
  }
  /** Answers what was sent, to try a connection. */
  Test: {
    params: {
      /** a whole number from 0 to 4294967295 */
      readonly IntValue_u32?: number | string | undefined
    }
    result: {
      readonly IntValue_u32: number
      readonly Int64Value_u64: number
      readonly StrValue_str: string
      readonly UniStrValue_utf: string
    }
  }
}
