// Runs the sample program of the npm package vpnrpc, unchanged, against any server, and prints what became of each call as JSON.
//
//     node vpnrpc-sample.mjs NODE_MODULES_FILE HOST PORT PASSWORD
//
// The program has its server and password written into it and ends at the first refusal, so its calls are led elsewhere here, and a refused
// one is answered with an empty record. What it sends is its own.

import { createRequire } from 'node:module'
import type * as VpnRpc from 'vpnrpc'

export interface SampleCall {
  readonly method: string
  readonly params: unknown
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly message: string }
}

interface Rpc {
  CallAsync(method: string, params: unknown): Promise<unknown>
}

const LAST_CALL = 'DeleteHub'
const [packages, host, port, password] = process.argv.slice(2)
const load = createRequire(packages!)
const { VpnServerRpc } = load('vpnrpc') as typeof VpnRpc
// Named, since the original hangs up at a header without a value.
const server = new VpnServerRpc(host!, Number(port), 'administrator', password!, false) as unknown as Rpc
const prototype = VpnServerRpc.prototype as unknown as Rpc
const call = prototype.CallAsync
const calls: SampleCall[] = []

prototype.CallAsync = async (method, params) => {
  const outcome = await call.call(server, method, params).then(
    (result) => ({ result: result as Record<string, unknown> }),
    (error: Error) => ({
      error: { code: Number(/Code=(\d+)/.exec(error.message)?.[1] ?? -1), message: error.message },
    }),
  )
  calls.push({ method, params: JSON.parse(JSON.stringify(params)) as unknown, ...outcome })
  if (method === LAST_CALL) {
    process.stdout.write(`${JSON.stringify(calls)}\n`, () => process.exit(0))
  }
  return 'result' in outcome ? outcome.result : emptyRecord()
}

/** Has every table the program walks through, with no row in it. */
function emptyRecord(): object {
  return new Proxy(
    {},
    { get: (_target, field) => (/(List|Table|Settings|LogFiles)$/.test(String(field)) ? [] : undefined) },
  )
}

VpnServerRpc.SetDebugMode = () => {}
console.log = () => {}
load('vpnrpc/dist/sample.js')
