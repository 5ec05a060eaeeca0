import { describe, expect, test, vi } from 'vitest'
import type { SecureNatEvents } from '../securenat/events.ts'
import { EventBus, secureNatEventsOf } from './event-bus.ts'

const flow = { internalAddress: 1, internalPort: 2, destinationAddress: 3, destinationPort: 4 } as never

describe('event bus', () => {
  test('an event goes to everybody who listens, until they leave', () => {
    const bus = new EventBus()
    const [first, second] = [vi.fn(), vi.fn()]
    const leave = bus.subscribe(first)
    bus.subscribe(second)
    bus.emit({ type: 'hubAdded', name: 'LAB' })
    leave()
    bus.emitHub('LAB', { type: 'secureNatStopped' })
    expect(first.mock.calls).toEqual([[{ type: 'hubAdded', name: 'LAB' }, undefined]])
    expect(second.mock.calls).toEqual([
      [{ type: 'hubAdded', name: 'LAB' }, undefined],
      [{ type: 'secureNatStopped' }, 'LAB'],
    ])
  })

  test('who leaves while being told does not keep the others from hearing', () => {
    const bus = new EventBus()
    const leave = bus.subscribe(() => leave())
    const second = vi.fn()
    bus.subscribe(second)
    bus.emitHub('LAB', { type: 'secureNatStopped' })
    expect(second).toHaveBeenCalledTimes(1)
  })

  test("a SecureNAT's events reach its log, and the bus while somebody listens", () => {
    const log = { tcpSessionCreated: vi.fn() }
    const bus = new EventBus()
    const events = secureNatEventsOf('LAB', log as unknown as SecureNatEvents, bus)
    events.tcpSessionCreated(7, flow)
    const subscriber = vi.fn()
    bus.subscribe(subscriber)
    events.tcpSessionCreated(8, flow)
    expect(log.tcpSessionCreated.mock.calls).toEqual([
      [7, flow],
      [8, flow],
    ])
    expect(subscriber.mock.calls).toEqual([[{ type: 'tcpSessionCreated', args: [8, flow] }, 'LAB']])
  })
})
