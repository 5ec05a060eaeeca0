// The pages of docs/ that can be checked are: limits and settings are compared with the source.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as loginGuard from '../src/accounts/login-guard.ts'
import * as userName from '../src/accounts/user-name.ts'
import * as cascadeSettings from '../src/admin/cascade-settings.ts'
import * as hubSettings from '../src/admin/hub-settings.ts'
import * as jsonRpc from '../src/admin/json-rpc.ts'
import * as logFileOperations from '../src/admin/log-file-operations.ts'
import { SERVE } from '../src/cli/programs.ts'
import * as accessRule from '../src/hub/access-rule.ts'
import * as hub from '../src/hub/hub.ts'
import * as ipTable from '../src/hub/ip-table.ts'
import * as macTable from '../src/hub/mac-table.ts'
import * as portGuard from '../src/hub/port-guard.ts'
import * as framing from '../src/link/framing.ts'
import * as memoryLink from '../src/link/memory-link.ts'
import * as tapHandover from '../src/link/tap-handover.ts'
import * as tapListener from '../src/link/tap-listener.ts'
import * as writeBatch from '../src/link/write-batch.ts'
import * as egress from '../src/nat/egress.ts'
import * as inboundRule from '../src/nat/inbound-rule.ts'
import * as natLimits from '../src/nat/limits.ts'
import * as osSockets from '../src/nat/os-sockets.ts'
import * as udpSession from '../src/nat/udp-session.ts'
import * as addressProbe from '../src/securenat/address-probe.ts'
import * as dhcpExtraOptions from '../src/securenat/dhcp-extra-options.ts'
import * as dhcpLeases from '../src/securenat/dhcp-leases.ts'
import * as dhcpReports from '../src/securenat/dhcp-reports.ts'
import * as dhcpService from '../src/securenat/dhcp-service.ts'
import * as dnsAnswer from '../src/securenat/dns/answer.ts'
import * as dnsCache from '../src/securenat/dns/cache.ts'
import * as dnsConnection from '../src/securenat/dns/connection.ts'
import * as dnsOptions from '../src/securenat/dns/options.ts'
import * as dnsService from '../src/securenat/dns/service.ts'
import * as dnsWaiters from '../src/securenat/dns/waiters.ts'
import * as inboundSettings from '../src/securenat/inbound-settings.ts'
import * as options from '../src/securenat/options.ts'
import * as otherServers from '../src/securenat/other-servers.ts'
import * as administrators from '../src/server/administrators.ts'
import * as administrator from '../src/server/config/administrator.ts'
import * as config from '../src/server/config/config.ts'
import * as configHub from '../src/server/config/hub.ts'
import * as controlHttp from '../src/server/control-http.ts'
import * as controlSocket from '../src/server/control-socket.ts'
import * as eventFeed from '../src/server/doors/event-feed.ts'
import * as eventsRoute from '../src/server/doors/events-route.ts'
import * as httpDoor from '../src/server/doors/http-door.ts'
import * as probe from '../src/server/doors/probe.ts'
import * as tlsConnection from '../src/server/doors/tls-connection.ts'
import * as tlsListener from '../src/server/doors/tls-listener.ts'
import * as faultLog from '../src/server/fault-log.ts'
import * as leaseFile from '../src/server/lease-file.ts'
import * as eventLog from '../src/server/logs/event-log.ts'
import * as heldLines from '../src/server/logs/held-lines.ts'
import * as hostNames from '../src/server/logs/host-names.ts'
import * as lineFile from '../src/server/logs/line-file.ts'
import * as logOptions from '../src/server/logs/options.ts'
import * as restarts from '../src/server/restarts.ts'
import * as securityLog from '../src/server/security-log.ts'
import * as blockStream from '../src/softether/block-stream.ts'
import * as httpPreamble from '../src/softether/http-preamble.ts'
import * as loginConnection from '../src/softether/login-connection.ts'
import * as loginMessages from '../src/softether/login-messages.ts'
import * as pack from '../src/softether/pack.ts'
import * as vpnServer from '../src/softether/vpn-server.ts'
import * as vpnSession from '../src/softether/vpn-session.ts'
import * as arpCache from '../src/stack/arp-cache.ts'
import * as icmp from '../src/stack/icmp.ts'
import * as ipv4Reassembly from '../src/stack/ipv4-reassembly.ts'
import * as demux from '../src/stack/tcp/demux.ts'
import * as output from '../src/stack/tcp/output.ts'
import * as reassembly from '../src/stack/tcp/reassembly.ts'
import * as scoreboard from '../src/stack/tcp/scoreboard.ts'
import * as segmentChecks from '../src/stack/tcp/segment-checks.ts'
import * as tcb from '../src/stack/tcp/tcb.ts'
import * as timeWait from '../src/stack/tcp/time-wait.ts'
import * as userCalls from '../src/stack/tcp/user-calls.ts'

const ROOT = join(import.meta.dirname, '..')
const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')

const MODULES: Readonly<Record<string, object>> = {
  'accounts/user-name.ts': userName,
  'admin/cascade-settings.ts': cascadeSettings,
  'admin/hub-settings.ts': hubSettings,
  'accounts/login-guard.ts': loginGuard,
  'admin/log-file-operations.ts': logFileOperations,
  'admin/json-rpc.ts': jsonRpc,
  'hub/access-rule.ts': accessRule,
  'hub/hub.ts': hub,
  'hub/ip-table.ts': ipTable,
  'hub/mac-table.ts': macTable,
  'hub/port-guard.ts': portGuard,
  'link/framing.ts': framing,
  'link/memory-link.ts': memoryLink,
  'link/tap-handover.ts': tapHandover,
  'link/tap-listener.ts': tapListener,
  'link/write-batch.ts': writeBatch,
  'nat/egress.ts': egress,
  'nat/inbound-rule.ts': inboundRule,
  'securenat/inbound-settings.ts': inboundSettings,
  'nat/limits.ts': natLimits,
  'nat/udp-session.ts': udpSession,
  'nat/os-sockets.ts': osSockets,
  'securenat/address-probe.ts': addressProbe,
  'securenat/dhcp-extra-options.ts': dhcpExtraOptions,
  'securenat/dhcp-leases.ts': dhcpLeases,
  'securenat/dhcp-reports.ts': dhcpReports,
  'securenat/dhcp-service.ts': dhcpService,
  'securenat/dns/answer.ts': dnsAnswer,
  'securenat/dns/cache.ts': dnsCache,
  'securenat/dns/connection.ts': dnsConnection,
  'securenat/dns/options.ts': dnsOptions,
  'securenat/dns/service.ts': dnsService,
  'securenat/dns/waiters.ts': dnsWaiters,
  'securenat/options.ts': options,
  'server/administrators.ts': administrators,
  'server/config/administrator.ts': administrator,
  'securenat/other-servers.ts': otherServers,
  'server/config/config.ts': config,
  'server/config/hub.ts': configHub,
  'server/control-http.ts': controlHttp,
  'server/control-socket.ts': controlSocket,
  'server/doors/event-feed.ts': eventFeed,
  'server/doors/events-route.ts': eventsRoute,
  'server/doors/http-door.ts': httpDoor,
  'server/doors/probe.ts': probe,
  'server/doors/tls-connection.ts': tlsConnection,
  'server/doors/tls-listener.ts': tlsListener,
  'server/fault-log.ts': faultLog,
  'server/lease-file.ts': leaseFile,
  'server/logs/event-log.ts': eventLog,
  'server/logs/held-lines.ts': heldLines,
  'server/logs/host-names.ts': hostNames,
  'server/logs/line-file.ts': lineFile,
  'server/logs/options.ts': logOptions,
  'server/restarts.ts': restarts,
  'server/security-log.ts': securityLog,
  'softether/block-stream.ts': blockStream,
  'softether/http-preamble.ts': httpPreamble,
  'softether/login-connection.ts': loginConnection,
  'softether/login-messages.ts': loginMessages,
  'softether/pack.ts': pack,
  'softether/vpn-server.ts': vpnServer,
  'softether/vpn-session.ts': vpnSession,
  'stack/arp-cache.ts': arpCache,
  'stack/icmp.ts': icmp,
  'stack/ipv4-reassembly.ts': ipv4Reassembly,
  'stack/tcp/demux.ts': demux,
  'stack/tcp/output.ts': output,
  'stack/tcp/reassembly.ts': reassembly,
  'stack/tcp/scoreboard.ts': scoreboard,
  'stack/tcp/segment-checks.ts': segmentChecks,
  'stack/tcp/tcb.ts': tcb,
  'stack/tcp/time-wait.ts': timeWait,
  'stack/tcp/user-calls.ts': userCalls,
}

/** Limits that are not of the running server, but of formats and tools. */
const ELSEWHERE = ['os/fd-passing.ts MESSAGE_MAX', 'os/network-interface.ts INTERFACE_NAME_MAX']

interface LimitRow {
  readonly name: string
  readonly numbers: readonly number[]
  readonly file: string
}

function limitRows(): LimitRow[] {
  return [...page('limits.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \| `([^`]+)` \|/gm)].map(([, name, text, file]) => ({
    name: name!,
    numbers: [...text!.matchAll(/^[\d,]+|(?<= to )[\d,]+/g)].map(([digits]) => Number(digits.replaceAll(',', ''))),
    file: file!,
  }))
}

/** `MTU_RANGE`, `DEFAULT_LEASE_LIMITS.bindings` */
function limitValue({ file, name }: LimitRow): unknown {
  let value: unknown = MODULES[file]
  for (const part of name.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
  return value
}

describe('docs/limits.md', () => {
  test.each(limitRows().map((row) => [`${row.file} ${row.name}`, row] as const))('%s', (_name, row) => {
    const value = limitValue(row)
    const numbers = typeof value === 'object' ? Object.values(value as object) : [value]
    expect(row.numbers).toEqual(numbers)
  })

  test('no limit of the source is missing', () => {
    const listed = new Set(limitRows().map(({ file, name }) => `${file} ${name.split('.')[0]}`))
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('wire/'))
    const limits = sources.flatMap((file) => {
      const source = readFileSync(join(ROOT, 'src', file), 'utf8')
      return [...source.matchAll(/^export const (\w+_(?:LIMITS?|MAX|RANGE|PER_SECOND))\b/gm)].map(
        ([, name]) => `${file} ${name}`,
      )
    })
    expect(limits.length).toBeGreaterThan(30)
    expect(limits.filter((limit) => !listed.has(limit) && !ELSEWHERE.includes(limit))).toEqual([])
  })
})

describe('docs/configuration.md', () => {
  const text = page('configuration.md')

  test('shows the file that the first start writes', () => {
    const defaults = { wallClock: () => Date.UTC(2026, 10, 23, 12), random: () => 0x8540b550, domainName: '' }
    const shown = /```json\n([\s\S]*?)```/.exec(text)?.[1]
    expect(shown).toBe(config.formatConfig(config.initialConfig('en', defaults)))
  })

  test('explains every key of the file', () => {
    const keys = new Set(
      [
        ...config
          .formatConfig(config.initialConfig('en', { wallClock: Date.now, random: () => 1, domainName: '' }))
          .matchAll(/"(\w+)":/g),
      ].map(([, key]) => key!),
    )
    keys.delete('DEFAULT')
    expect([...keys].filter((key) => !new RegExp(`^\\| \`(\\w+\\.)*${key}\``, 'm').test(text))).toEqual([])
  })

  test('explains every option of serve', () => {
    expect(SERVE.options.filter(({ name }) => !text.includes(`\`--${name}`)).map(({ name }) => name)).toEqual([])
  })
})
