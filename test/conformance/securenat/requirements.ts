// What SecureNAT has to be, by number: R are the promises of the product's manual, D the defects of the program that kept
// them least. Every number has a test, here or in test/e2e, whose name begins with it: `R18: …`.

export interface Requirement {
  readonly number: string
  readonly sentence: string
  /** What has to exist before it can be tested. */
  readonly waitsFor?: string
}

export const REQUIREMENTS: readonly Requirement[] = [
  { number: 'R1', sentence: 'virtual NAT and virtual DHCP server run together or either one alone' },
  { number: 'R2', sentence: 'each hub has its own SecureNAT, set and switched apart from the others' },
  { number: 'R3', sentence: 'a new hub has SecureNAT disabled, and then neither NAT nor DHCP answers' },
  { number: 'R4', sentence: "a hub's administrator can make every setting of SecureNAT" },
  { number: 'R5', sentence: 'enabling makes a session in the hub, disabling ends it' },
  { number: 'R6', sentence: 'the virtual host is one more computer on the segment, seen from every station' },
  { number: 'R7', sentence: 'everything runs in user mode, without a capability of the kernel' },
  { number: 'R8', sentence: 'an ordinary user can use all of it' },
  { number: 'R9', sentence: 'a fault of SecureNAT stays within it' },
  { number: 'R10', sentence: 'like a broadband router: an address by itself, and the outside through NAT' },
  { number: 'R11', sentence: 'a simple gateway; a DHCP server alone; a way into a remote site' },
  { number: 'R12', sentence: 'the warning about use without permission is shown' },
  { number: 'R13', sentence: 'the screens for settings, NAT table and lease table', waitsFor: 'the web page' },
  { number: 'R14', sentence: 'commands begin with SecureNat, Nat and Dhcp' },
  { number: 'R15', sentence: "the virtual host's MAC address is 00-AC and four random bytes" },
  { number: 'R16', sentence: "the virtual host's address is 192.168.30.1" },
  { number: 'R17', sentence: "the virtual host's mask is 255.255.255.0" },
  { number: 'R18', sentence: 'the virtual NAT is on when SecureNAT is first enabled' },
  { number: 'R19', sentence: 'the MTU is the longest Ethernet payload towards guests, 1500 bytes' },
  { number: 'R20', sentence: 'a TCP session without traffic is dead after 7,200 seconds' },
  { number: 'R21', sentence: 'a UDP session without traffic is dead after 600 seconds' },
  { number: 'R22', sentence: "the virtual host's address and mask are those of the guests' network" },
  { number: 'R23', sentence: 'a station uses the NAT by having the virtual host as default gateway' },
  { number: 'R24', sentence: 'each TCP or UDP conversation is a session in the NAT session table' },
  {
    number: 'R25',
    sentence: 'streams are put together and handed to sockets, and made packets again with flow control',
  },
  { number: 'R26', sentence: 'the documents say where something else is the better choice' },
  { number: 'R27', sentence: 'a configuration whose connections come back into the NAT is recognised' },
  { number: 'R28', sentence: 'the cost of user mode is a target to beat, and is measured' },
  { number: 'R29', sentence: 'in the mode of the manual every echo request through the NAT gets a dummy reply' },
  { number: 'R30', sentence: "queries to UDP port 53 of the virtual host go to the host's own resolver" },
  { number: 'R31', sentence: 'what the manual declares missing in TCP is not needed, and is there' },
  { number: 'R32', sentence: 'the NAT does not route between virtual networks' },
  { number: 'R33', sentence: 'the DHCP server can be used without the NAT' },
  { number: 'R34', sentence: "stations on the hub's segment obtain addresses for a limited time" },
  { number: 'R35', sentence: 'leases end, the lease table is kept, the options that are needed are sent' },
  { number: 'R36', sentence: 'the virtual DHCP server is on when SecureNAT is first enabled' },
  { number: 'R37', sentence: 'addresses are given from 192.168.30.10 to 192.168.30.200' },
  { number: 'R38', sentence: 'clients get the mask 255.255.255.0' },
  { number: 'R39', sentence: 'a lease lasts 7,200 seconds' },
  { number: 'R40', sentence: 'clients get the gateway 192.168.30.1, or none' },
  { number: 'R41', sentence: 'clients get the DNS server 192.168.30.1, or none' },
  { number: 'R42', sentence: "clients get the host's domain name, or none" },
  { number: 'R43', sentence: 'DHCP settings are changed with DhcpSet' },
  { number: 'R44', sentence: 'the lease table can be shown at any time' },
  { number: 'R45', sentence: 'the DHCP server needs no rights of an administrator' },
  { number: 'R46', sentence: "clients are served on the hub's segment and nowhere else" },
  { number: 'R47', sentence: 'gateway and DNS server of the defaults assume the NAT' },
  { number: 'R48', sentence: 'with gateway and DNS server empty, an address is all that is sent' },
  { number: 'R49', sentence: 'the session list shows the session of SecureNAT' },
  { number: 'R50', sentence: "what NAT and DHCP server do is in the hub's security log" },
  { number: 'R51', sentence: 'the lines of the security log have the known form, numbers and wording' },
  { number: 'D1', sentence: 'a refused connection is refused, an unreachable one unreachable, a silent one silent' },
  { number: 'D2', sentence: 'either direction of a connection may end before the other' },
  { number: 'D3', sentence: 'RST stays RST and FIN stays FIN; an ordinary end needs no RST' },
  { number: 'D4', sentence: 'data out of order, data seen before and keep-alive probes are acknowledged' },
  { number: 'D5', sentence: 'nothing is sent twice because an acknowledgment is due' },
  { number: 'D6', sentence: 'TCP has its extensions: scaled windows, SACK, time stamps, and all its timers' },
  { number: 'D7', sentence: 'no segment is longer than the MTU allows' },
  { number: 'D8', sentence: 'an unanswered SYN,ACK is given up, and the outside connection with it' },
  { number: 'D9', sentence: 'blind resets and wrong checksums do nothing' },
  { number: 'D10', sentence: "the host's loopback is closed to guests, for TCP and UDP" },
  { number: 'D11', sentence: 'spoofed sources and foreign ARP claims are not believed' },
  { number: 'D12', sentence: 'requests meant for another DHCP server are left alone' },
  { number: 'D13', sentence: 'RELEASE, DECLINE and relays work, and no address in use is offered' },
  { number: 'D14', sentence: 'leases outlive a restart, and their end is logged' },
  { number: 'D15', sentence: 'long options are continued as RFC 3396 says' },
  { number: 'D16', sentence: "resolvers are followed when the host's change, several of them, over UDP and TCP" },
  { number: 'D17', sentence: 'one guest cannot use up what all of them need' },
  { number: 'D18', sentence: 'TTL is honoured and ICMP errors are sent' },
  { number: 'D19', sentence: 'IPv6 beside IPv4', waitsFor: 'IPv6' },
  { number: 'D20', sentence: 'settings that make no sense are refused with the reason' },
  { number: 'D21', sentence: 'guests are told when SecureNAT stops' },
  { number: 'D22', sentence: 'cost does not grow with the number of sessions, and connecting waits for nobody' },
  { number: 'D23', sentence: "discovery broadcasts stay out of the host's network" },
]

export interface Experiment {
  readonly experiment: string
  readonly criterion: string
  /** How the name of its test begins. */
  readonly test: string
  readonly waitsFor?: string
}

/** What today's user-mode NATs get wrong, as measured, and what has to be seen instead. */
export const EXPERIMENTS: readonly Experiment[] = [
  {
    experiment: 'connect to a closed outside port from Linux',
    criterion: '"refused" in under 10 ms, one log line',
    test: 'connect to a closed outside port from Linux',
  },
  {
    experiment: 'request and shutdown(write), the server answers after the end',
    criterion: 'the full answer',
    test: 'request and shutdown(write)',
  },
  {
    experiment: 'the server sends RST after data',
    criterion: 'ECONNRESET',
    test: 'the server sends RST after data',
  },
  {
    experiment: '200,000-byte echo at 40 ms of round trip',
    criterion: 'under 205,000 bytes sent back',
    test: '200,000-byte echo',
  },
  {
    experiment: 'iperf3, one stream, 40 ms of round trip',
    criterion: 'at least 200 Mbit/s each way',
    test: 'iperf3, one stream, 40 ms',
  },
  { experiment: 'TCP connect over a path of less than 1 ms', criterion: 'under 3 ms', test: 'TCP connect over a path' },
  {
    experiment: 'keep-alive probe on an idle connection',
    criterion: 'ACK within 50 ms',
    test: 'keep-alive probe on an idle connection',
  },
  {
    experiment: 'drop the ACK of the last data segment',
    criterion: 'repaired within 1 RTO',
    test: 'drop the ACK of the last data segment',
  },
  { experiment: 'NAT MTU 1000, client MSS 1460', criterion: 'no fragment', test: 'NAT MTU 1000, client MSS 1460' },
  {
    experiment: '3 destinations from one UDP port',
    criterion: '1 public port',
    test: '3 destinations from one UDP port',
  },
  {
    experiment: '5,000 UDP flows from one guest',
    criterion: 'other guests unaffected',
    test: '5,000 UDP flows from one guest',
  },
  { experiment: 'UDP frame to 127.0.0.1', criterion: 'dropped and logged', test: 'UDP frame to 127.0.0.1' },
  {
    experiment: 'DISCOVER while the candidate address answers ARP',
    criterion: 'skipped',
    test: 'DISCOVER while the candidate address answers ARP',
  },
  {
    experiment: 'REQUEST with a foreign server id',
    criterion: 'silence',
    test: 'REQUEST with a foreign server id',
  },
  {
    experiment: 'RELEASE, then DISCOVER by another client',
    criterion: 'the address is free',
    test: 'RELEASE, then DISCOVER by another client',
  },
  {
    experiment: '40 pushed routes',
    criterion: 'all received',
    test: '40 pushed routes',
  },
  {
    experiment: 'TCP query to the virtual host, port 53',
    criterion: 'answered',
    test: 'TCP query to the virtual host, port 53',
  },
  { experiment: 'change resolv.conf while running', criterion: 'used within 2 s', test: 'resolv.conf %s while' },
  { experiment: 'restart the server', criterion: 'leases kept', test: 'restart the server' },
  { experiment: 'IPv6 router solicitation', criterion: 'router advertisement', test: '', waitsFor: 'IPv6' },
]
