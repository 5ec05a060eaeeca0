// One script for vpncmd, run against this server and against the original: an administrator's day on a new hub.

/** `TCP Listener` and the like are prompts; every line is a command, in vpncmd's own form. */
export const VPNCMD_SCRIPT: readonly string[] = [
  'ServerInfoGet',
  'ServerStatusGet',
  'ListenerList',
  'ListenerCreate 10443',
  'ListenerDisable 10443',
  'ListenerEnable 10443',
  'ListenerDelete 10443',
  'Flush',
  'HubCreate H1 /PASSWORD:hubpw',
  'HubList',
  'HubCreate H1 /PASSWORD:x',
  'Hub H1',
  'StatusGet',
  'OptionsGet',
  'SetMaxSession 10',
  'SetEnumDeny',
  'SetEnumAllow',
  'OptionsGet',
  'Offline',
  'Online',
  'SetHubPassword newpw',
  'UserCreate u1 /GROUP:none /REALNAME:"User One" /NOTE:note',
  'UserCreate u2 /GROUP:none /REALNAME:none /NOTE:none',
  'UserCreate u1 /GROUP:none /REALNAME:none /NOTE:none',
  'UserList',
  'UserGet u1',
  'UserPasswordSet u1 /PASSWORD:pw1',
  'UserAnonymousSet u2',
  'UserExpiresSet u1 /EXPIRES:"2030/01/02 03:04:05"',
  'UserPolicySet u1 /NAME:MaxConnection /VALUE:5',
  'UserPolicySet u1 /NAME:DHCPFilter /VALUE:yes',
  'UserGet u1',
  'UserPolicyRemove u1',
  'UserSet u1 /GROUP:none /REALNAME:"Renamed" /NOTE:none',
  'UserGet nobody',
  'GroupCreate g1 /REALNAME:"Group One" /NOTE:none',
  'GroupList',
  'GroupJoin g1 /USERNAME:u1',
  'GroupGet g1',
  'GroupPolicySet g1 /NAME:MultiLogins /VALUE:3',
  'GroupUnjoin u1',
  'GroupSet g1 /REALNAME:"Second" /NOTE:n2',
  'GroupDelete g1',
  'UserDelete u2',
  'UserDelete u2',
  'UserList',
  'SessionList',
  'MacTable',
  'IpTable',
  'AccessAdd pass /MEMO:first /PRIORITY:100 /SRCUSERNAME:u1 /DESTUSERNAME: /SRCMAC: /DESTMAC: /SRCIP:192.168.0.0/24 /DESTIP:0.0.0.0/0 /PROTOCOL:tcp /SRCPORT: /DESTPORT:80-90 /TCPSTATE:',
  'AccessAdd discard /MEMO: /PRIORITY:50 /SRCUSERNAME: /DESTUSERNAME: /SRCMAC: /DESTMAC: /SRCIP:0.0.0.0/0 /DESTIP:10.0.0.0/8 /PROTOCOL:0 /SRCPORT: /DESTPORT: /TCPSTATE:',
  'AccessList',
  'AccessDisable 1',
  'AccessEnable 1',
  'AccessDelete 2',
  'AccessList',
  'SecureNatStatusGet',
  'SecureNatHostGet',
  'SecureNatHostSet /MAC:00-AC-01-02-03-04 /IP:192.168.31.1 /MASK:255.255.255.0',
  'SecureNatHostGet',
  'NatGet',
  'NatSet /MTU:1400 /TCPTIMEOUT:600 /UDPTIMEOUT:30 /LOG:yes',
  'NatGet',
  'DhcpGet',
  'DhcpSet /START:192.168.31.10 /END:192.168.31.20 /MASK:255.255.255.0 /EXPIRE:3600 /GW:192.168.31.1 /DNS:192.168.31.1 /DNS2:none /DOMAIN:example.org /LOG:yes /PUSHROUTE:"10.0.0.0/255.0.0.0/192.168.31.254"',
  'DhcpGet',
  'SecureNatEnable',
  'SecureNatStatusGet',
  'NatTable',
  'DhcpTable',
  'NatDisable',
  'NatEnable',
  'DhcpDisable',
  'DhcpEnable',
  'SessionList',
  'SecureNatDisable',
  'LogGet',
  'LogEnable security',
  'LogSwitchSet security /SWITCH:hour',
  'LogPacketSaveType /TYPE:tcpconn /SAVE:full',
  'LogGet',
  'LogDisable packet',
  'LogFileList',
  'CascadeCreate c1 /SERVER:192.0.2.1:5555 /HUB:H /USERNAME:u',
  'CascadeList',
  'CascadePasswordSet c1 /PASSWORD:x /TYPE:standard',
  'CascadeAnonymousSet c1',
  'CascadeDetailSet c1 /MAXTCP:4 /INTERVAL:1 /TTL:0 /HALF:no /NOQOS:yes',
  'CascadeEncryptDisable c1',
  'CascadeCompressEnable c1',
  'CascadeProxyNone c1',
  'CascadePolicySet c1 /NAME:DHCPFilter /VALUE:yes',
  'CascadeGet c1',
  'CascadeStatusGet c1',
  'CascadeRename c1 /NEW:c2',
  'CascadeList',
  'CascadeDelete c2',
  'CAList',
  'AdminOptionList',
  'AdminOptionSet max_users /VALUE:7',
  'ExtOptionList',
  'ExtOptionSet SecureNAT_MaxTcpSessionsPerIp /VALUE:9',
  'AcList',
  'AcAdd deny /PRIORITY:20 /IP:10.9.0.0/255.255.0.0',
  'AcAdd allow /PRIORITY:20 /IP:10.9.1.1/255.255.255.255',
  'AcAdd deny /PRIORITY:10 /IP:192.0.2.0/24',
  'AcAdd allow /PRIORITY:5 /IP:10.1.0.0/255.0.255.0',
  'AcList',
  'AcDel 2',
  'AcDel 9',
  'AcList',
  'SetStaticNetwork',
  'ConnectionList',
  'ServerCipherGet',
  'KeepGet',
  'SyslogGet',
  'ClusterSettingGet',
  'BridgeDeviceList',
  'BridgeList',
  'RouterList',
  'DynamicDnsGetStatus',
  'VpnAzureGetStatus',
  'IPsecGet',
  'ConfigGet',
  'HubDelete H1',
  'HubDelete H1',
  'Hub H1',
  'HubList',
]

export interface CommandOutput {
  readonly command: string
  /** Without prompts, empty lines, and what is different at every run: times, invented addresses, sizes of this moment. */
  readonly lines: readonly string[]
}

/** What vpncmd printed, command by command. */
export function commandOutputs(printed: string): CommandOutput[] {
  const outputs: { command: string; lines: string[] }[] = []
  for (const line of printed.split(/\r?\n/)) {
    const prompt = /^VPN Server(?:\/[^>]*)?>(.*)$/.exec(line)
    if (prompt !== null) outputs.push({ command: prompt[1]!.trim(), lines: [] })
    else if (line.trim() !== '') outputs.at(-1)?.lines.push(steady(line))
  }
  return outputs.filter(({ command }) => command !== '')
}

const MOMENTARY =
  /^(Number of Active Sockets|(Total|Used|Free) (Logical|Physical) Memory Size|64 bit High-Precision Logical System Clock|Unique ID|Transfer (?:Bytes|Packets))\|.*/

function steady(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\d \(\w+\) [\d:]+|\d{4}-\d\d-\d\d [\d:.]+/g, 'DATE')
    .replaceAll(/([0-9A-F]{2}-){5}[0-9A-F]{2}/g, 'MAC')
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/\s*\|\s*/g, '|')
    .replace(MOMENTARY, '$1|NOW')
    .replace(/The file size is [\d,]+ bytes/, 'The file size is SIZE')
    .trim()
}
