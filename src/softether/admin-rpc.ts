// PACK-RPC: the table of operations for SoftEther's own tools (protocol reference 16). A function is an operation of the same
// name; what is not in the table answers 33. What went wrong is one number: the tools have their own sentences for it.

import { callOperation } from '../admin/call.ts'
import { describeOperation, type OperationDescription } from '../admin/describe-operation.ts'
import type { RpcContext } from '../admin/json-rpc.ts'
import type { Operation } from '../admin/operation.ts'
import { operations } from '../admin/operations.ts'
import { ERROR_CODES, RpcError } from '../admin/rpc-error.ts'
import { Pack } from './pack.ts'
import { packOfResult, paramsOfPack } from './pack-rpc.ts'

const descriptions: ReadonlyMap<string, OperationDescription> = new Map(
  Object.entries(operations as unknown as Readonly<Record<string, Operation>>).map(([name, row]) => [
    name.toLowerCase(),
    describeOperation(name, row),
  ]),
)

export function rpcCall(context: RpcContext): (functionName: string, request: Pack) => Promise<Pack> {
  return async (functionName, request) => {
    const description = descriptions.get(functionName.toLowerCase())
    if (description === undefined) return failure(ERROR_CODES.notSupported)
    try {
      const params = paramsOfPack(request, description.params)
      const result = (await callOperation(description.name, params, context)) as Readonly<Record<string, unknown>>
      const answer = packOfResult(result, description.result)
      return description.name === 'GetCaps' ? withCapabilities(answer) : answer
    } catch (error) {
      if (error instanceof RpcError) return failure(error.code)
      context.unexpected(error, description.name)
      return failure(ERROR_CODES.internalError)
    }
  }
}

/** The tools look for an element by each capability's name; the table of them is JSON-RPC's (section 16.6). */
function withCapabilities(answer: Pack): Pack {
  for (let index = 0; index < answer.count('CapsName'); index += 1) {
    answer.addInt(`caps_${answer.text('CapsName', index)}`, answer.int('CapsValue', index))
  }
  return answer
}

function failure(code: number): Pack {
  return new Pack().addInt('error', code)
}
