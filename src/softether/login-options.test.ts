// What the options of a hub make of a policy and of a login.

import { describe, expect, test } from 'vitest'
import type { AdminOptions } from '../accounts/admin-options.ts'
import { DEFAULT_POLICY, type Policy } from '../hub/policy.ts'
import { ERROR, type LoginRequest } from './login-messages.ts'
import { isFull, refusalOfProgram, restricted } from './login-options.ts'

const request = (more: Partial<LoginRequest>): LoginRequest => more as LoginRequest

test.each<[AdminOptions, Partial<Policy>, Partial<Policy>]>([
  [{}, {}, {}],
  [{ deny_bridge: 1 }, { noBridge: false }, { noBridge: true }],
  [{ deny_routing: 1 }, { noRouting: false }, { noRouting: true }],
  [{ deny_qos: 1 }, { noQos: false }, { noQos: true }],
  [{ max_multilogins_per_user: 2 }, { multiLogins: 0 }, { multiLogins: 2 }],
  [{ max_bitrates_download: 500 }, { maxDownload: 0 }, { maxDownload: 500 }],
  [{ max_bitrates_download: 500 }, { maxDownload: 400 }, { maxDownload: 400 }],
  [{ max_bitrates_upload: 500 }, { maxUpload: 600 }, { maxUpload: 500 }],
  [{ max_bitrates_upload: 0 }, { maxUpload: 600 }, { maxUpload: 600 }],
])('%j makes of %j: %j', (options, policy, expected) => {
  const own = { ...DEFAULT_POLICY, ...policy }
  expect(restricted(own, options)).toEqual({ ...own, ...expected })
})

const PLACES = { max_sessions_client: 2, max_sessions_bridge: 1 }
test.each<[AdminOptions, boolean, boolean]>([
  [{ ...PLACES, max_sessions_client_bridge_apply: 1 }, false, true],
  [{ ...PLACES, max_sessions_client_bridge_apply: 1, max_sessions_client: 3 }, false, false],
  [{ ...PLACES, max_sessions_client_bridge_apply: 1 }, true, false],
  [{ max_sessions_client_bridge_apply: 1 }, true, true],
  [PLACES, false, false],
])('with %j, two clients and no bridge; a bridge: %s; full: %s', (options, bridge, expected) => {
  expect(isFull(request({ bridge }), options, () => ({ clientSessions: 2, bridgeSessions: 0 }))).toBe(expected)
})

describe('programs', () => {
  const client = { name: 'SoftEther VPN Client', version: 501, build: 9000 }
  test.each([
    [client, 0, {}, undefined],
    [client, 0, { ClientMinimumRequiredBuild: 9000 }, undefined],
    [client, 0, { ClientMinimumRequiredBuild: 9001 }, ERROR.versionInvalid],
    [
      { ...client, name: 'SoftEther VPN Bridge' },
      0,
      { ClientMinimumRequiredBuild: 9001, RequiredClientId: 5 },
      undefined,
    ],
    [client, 5, { RequiredClientId: 5 }, undefined],
    [client, 4, { RequiredClientId: 5 }, ERROR.clientIdRequired],
    [client, undefined, { RequiredClientId: 5 }, ERROR.clientIdRequired],
  ])('%j %s with %j: %s', (product, clientId, options, expected) => {
    expect(refusalOfProgram(request({ product, ...(clientId === undefined ? {} : { clientId }) }), options)).toBe(
      expected,
    )
  })
})
