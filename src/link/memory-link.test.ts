import { describe, expect, test } from 'vitest'
import { linkSuite } from '../../test/support/link-suite.ts'
import { TestHub } from '../../test/support/test-hub.ts'
import type { Attachment } from '../hub/port.ts'
import { COMPLETE, superFrame } from '../wire/offload.ts'
import { connectInMemory } from './memory-link.ts'

/** Runs what was scheduled, in order, until nothing is. */
class ManualSchedule {
  readonly #waiting: (() => void)[] = []
  readonly schedule = (deliver: () => void): void => {
    this.#waiting.push(deliver)
  }
  step(): boolean {
    const deliver = this.#waiting.shift()
    deliver?.()
    return deliver !== undefined
  }
  settle(): void {
    while (this.step());
  }
}

function openPair(queueBytesMax?: number) {
  const [near, far, time] = [new TestHub(), new TestHub(), new ManualSchedule()]
  const limit = queueBytesMax === undefined ? {} : { queueBytesMax }
  return { near, far, time, link: connectInMemory(near, far, { schedule: time.schedule, ...limit }) }
}

describe('a memory link is a link', () => {
  linkSuite({
    frameLenMax: 65_549,
    carriesOffload: true,
    async open() {
      const { near, far, time, link } = openPair()
      return { near, far, settle: async () => time.settle(), close: () => link.close() }
    },
  })
})

test('nothing is handed in from inside the hub that sends: a loop of two links costs turns, not the stack', () => {
  const time = new ManualSchedule()
  const attachments: Attachment[] = []
  const entered: number[] = []
  let depth = 0
  /** A hub of two ports that floods. */
  const flooding = () => {
    const ports: Parameters<TestHub['attach']>[0][] = []
    return {
      attach(port: Parameters<TestHub['attach']>[0]): Attachment {
        ports.push(port)
        const attachment: Attachment = {
          sessionName: 'SID',
          input(frame, offload) {
            depth += 1
            entered.push(depth)
            for (const other of ports) if (other !== port) other.output(frame, offload)
            depth -= 1
          },
          flush() {
            for (const other of ports) if (other !== port) other.flush()
          },
          detach: () => undefined,
        }
        attachments.push(attachment)
        return attachment
      },
    }
  }
  const [a, b] = [flooding(), flooding()]
  connectInMemory(a, b, { schedule: time.schedule })
  connectInMemory(a, b, { schedule: time.schedule })
  attachments[0]!.input(new Uint8Array(60), COMPLETE)
  attachments[0]!.flush()
  for (let turn = 0; turn < 1000; turn += 1) expect(time.step(), 'the frame still circles').toBe(true)
  expect(Math.max(...entered)).toBe(1)
  expect(entered.length).toBeGreaterThan(1000)
})

test('over the bound frames are dropped and counted, and the other direction is not touched', () => {
  const { near, far, time, link } = openPair(1000)
  near.send(...Array.from({ length: 5 }, () => new Uint8Array(300)))
  far.send(new Uint8Array(60))
  time.settle()
  expect(far.received.length).toBe(3)
  expect(near.received.length).toBe(1)
  expect(link.stats).toEqual([
    { txFrames: 3, txBytes: 900, droppedQueueFull: 2 },
    { txFrames: 1, txBytes: 60, droppedQueueFull: 0 },
  ])
})

test('offload notes travel along', () => {
  const { near, far, time } = openPair()
  near.sendWith(superFrame(1000), new Uint8Array(3000))
  near.flush()
  time.settle()
  expect(far.received.map(({ offload }) => offload)).toEqual([superFrame(1000)])
})
