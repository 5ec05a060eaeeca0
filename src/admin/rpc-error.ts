// What a management operation answers when it cannot be done: one of SoftEther's error codes and a sentence.

export const ERROR_CODES = {
  hubNotFound: 8,
  internalError: 23,
  objectNotFound: 29,
  notSupported: 33,
  invalidParameter: 38,
  notEnoughPrivileges: 52,
  listenerNotFound: 53,
  listenerExists: 54,
  hubExists: 57,
  tooManyHubs: 58,
  userExists: 66,
  secureNatSession: 78,
  tooManyItems: 110,
} as const

/** A parameter that is wrong: `field must be allowed, is actual`. */
export interface ParameterFault {
  /** The parameter's own name, `Mtu_u32`. */
  readonly field: string
  readonly allowed: string
  readonly actual: string
}

export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  /** With code 38: every wrong parameter. */
  readonly faults: readonly ParameterFault[]

  constructor(code: number, message: string, faults: readonly ParameterFault[] = []) {
    super(message)
    this.code = code
    this.faults = faults
  }
}

/** @param faults at least one */
export function invalidParameters(faults: readonly ParameterFault[]): RpcError {
  const sentences = faults.map((fault) => `${fault.field} must be ${fault.allowed}, is ${fault.actual}`)
  return new RpcError(ERROR_CODES.invalidParameter, sentences.join('; '), faults)
}

export function hubNotFound(name: string): RpcError {
  return new RpcError(ERROR_CODES.hubNotFound, `The Virtual Hub "${name}" does not exist on this server.`)
}
