// The prompt without a terminal: what lines do, what is asked for, what is kept.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AdminCommand } from '../admin-command.ts'
import { COMMANDS, isAboutServer } from '../commands.ts'
import type { RpcClient } from '../rpc-client.ts'
import { CallError } from '../rpc-client.ts'
import { complete } from './complete.ts'
import { HISTORY_LINES_MAX, History, withoutSecrets } from './history.ts'
import { Interrupted, PROMPT_SPECS, promptSpec, Shell } from './shell.ts'
import { quoted, splitWords } from './words.ts'

type Answer = object | Error

class FakeClient {
  language: 'en' | 'ja' | undefined = 'en'
  readonly calls: [string, object][] = []
  readonly answers: Record<string, Answer> = {
    GetHubStatus: { HubName_str: 'DEFAULT' },
    EnumHub: { HubList: [{ HubName_str: 'DEFAULT' }, { HubName_str: 'LAB' }] },
    EnumUser: { UserList: [{ Name_str: 'alice' }, { Name_str: 'bob smith' }] },
    EnumLogFile: { LogFiles: [{ FilePath_str: 'security_log/DEFAULT/sec_20261123.log' }] },
    GetHubAdminOptions: { AdminOptionList: [{ Name_str: 'no_securenat', Value_u32: 0 }] },
    EnumGroup: { GroupList: [{ Name_str: 'staff' }] },
  }

  call(method: string, params: object): Promise<object> {
    this.calls.push([method, params])
    const answer = this.answers[method] ?? {}
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
}

let client: FakeClient
let printed: string[]
let questions: [string, boolean][]
let replies: (string | Error)[]

beforeEach(() => {
  client = new FakeClient()
  printed = []
  questions = []
  replies = []
})

function shellWith(options: { hub?: string; asks?: boolean; asJson?: boolean; language?: 'en' | 'ja' } = {}): Shell {
  return new Shell(
    {
      client: client as unknown as RpcClient,
      language: options.language,
      otherwise: 'en',
      hub: options.hub,
      asJson: options.asJson ?? false,
    },
    {
      print: (text) => printed.push(text),
      fault: (text) => printed.push(`fault: ${text}`),
      ...(options.asks === false
        ? {}
        : {
            ask: (question: string, isSecret: boolean) => {
              questions.push([question, isSecret])
              const reply = replies.shift() ?? ''
              return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply)
            },
          }),
    },
  )
}

describe('words of a line', () => {
  test.each([
    ['HubList', ['HubList']],
    ['  a   b\t', ['a', 'b']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ['/NOTE:"b c"', ['/NOTE:b c']],
    ['"say ""no"""', ['say "no"']],
    ['""', ['']],
    ['C:\\x\\y', ['C:\\x\\y']],
  ])('%s', (line, words) => {
    expect(splitWords(line).words.map(({ text }) => text)).toEqual(words)
    expect(splitWords(words.map(quoted).join(' ')).words.map(({ text }) => text)).toEqual(words)
  })

  test('a quotation that is not closed', async () => {
    expect(splitWords('a "b').isOpen).toBe(true)
    expect(await shellWith().enter('HubDelete "x')).toBe('failed')
    expect(printed).toEqual(['fault: a quotation is not closed'])
    expect(client.calls).toEqual([])
  })
})

describe('the prompt', () => {
  test('a hub is selected, in its own spelling, and deselected', async () => {
    const shell = shellWith()
    expect(shell.prompt).toBe('VPN Server>')
    await shell.enter('hub default')
    expect(shell.prompt).toBe('VPN Server/DEFAULT>')
    await shell.enter('Online')
    await shell.enter('Online --hub LAB')
    expect(client.calls.slice(1)).toEqual([
      ['SetHubOnline', { HubName_str: 'DEFAULT', Online_bool: true }],
      ['SetHubOnline', { HubName_str: 'LAB', Online_bool: true }],
    ])
    await shell.enter('Hub')
    expect(shell.prompt).toBe('VPN Server>')
  })

  test('a hub that is not there is not selected', async () => {
    client.answers.GetHubStatus = new CallError(8, 'Error code 8: no such hub', [])
    const shell = shellWith()
    expect(await shell.enter('Hub NONE')).toBe('failed')
    expect(shell.prompt).toBe('VPN Server>')
    expect(printed).toEqual(['fault: Error code 8: no such hub'])
  })

  test('without a hub its commands ask nothing and say what to do', async () => {
    expect(await shellWith().enter('UserDelete')).toBe('failed')
    expect(await shellWith({ language: 'ja' }).enter('Online')).toBe('failed')
    expect(printed).toEqual([
      'fault: no Virtual Hub is selected; select one with: Hub NAME',
      'fault: 仮想 HUB が選択されていません。Hub NAME で選択してください。',
    ])
    expect(questions).toEqual([])
    expect(client.calls).toEqual([])
  })

  test('empty lines and comments do nothing; unknown commands are told', async () => {
    const shell = shellWith()
    for (const line of ['', '   ', '# HubDelete X', '//x']) expect(await shell.enter(line)).toBe('done')
    expect(printed).toEqual([])
    expect(await shell.enter('HubLst')).toBe('failed')
    expect(printed).toEqual(['fault: unknown command "HubLst"; did you mean HubList?'])
  })

  test.each(['exit', 'Quit'])('%s ends', async (line) => expect(await shellWith().enter(line)).toBe('exit'))

  test('help, of all and of one', async () => {
    const shell = shellWith()
    await shell.enter('?')
    expect(printed[0]).toContain('Hub ')
    expect(printed[0]).toContain('NatTable')
    for (const line of ['Help NatSet', 'NatSet --help', 'NatSet /?']) await shell.enter(line)
    expect(new Set(printed.slice(1)).size).toBe(1)
    expect(printed[1]).toContain('--mtu BYTES')
    expect(printed[1]).not.toContain('--state')
    expect(client.calls).toEqual([])
  })

  test('as JSON, in all or for one command', async () => {
    await shellWith({ hub: 'A', asJson: true }).enter('Online')
    await shellWith({ hub: 'A' }).enter('Online --json')
    await shellWith({ hub: 'A' }).enter('Online')
    expect(printed).toEqual(['{}', '{}', 'The command completed successfully.'])
  })
})

describe('what is missing is asked for', () => {
  test('operands, and passwords twice and unseen', async () => {
    replies = ['alice', 'one', 'two', 'same', 'same']
    client.answers.GetUser = { Name_str: 'alice', AuthType_u32: 0 }
    expect(await shellWith({ hub: 'DEFAULT' }).enter('UserPasswordSet')).toBe('done')
    expect(questions).toEqual([
      ['NAME (name of the user): ', false],
      ['PASSWORD (password of the user): ', true],
      ['Again: ', true],
      ['PASSWORD (password of the user): ', true],
      ['Again: ', true],
    ])
    expect(client.calls.at(-1)).toMatchObject(['SetUser', { Auth_Password_str: 'same' }])
  })

  test('a password that may be left out elsewhere', async () => {
    replies = ['new', 'new']
    await shellWith().enter('ServerPasswordSet')
    expect(client.calls).toEqual([['SetServerPassword', { PlainTextPassword_str: 'new' }]])
  })

  test('and without an answer is asked for no more', async () => {
    expect(await shellWith().enter('ServerPasswordSet')).toBe('failed')
    expect(printed[0]).toContain('ServerPasswordSet: PASSWORD is missing')
    expect(questions).toHaveLength(1)
    expect(client.calls).toEqual([])
  })

  test('of settings each; an empty answer leaves one alone', async () => {
    replies = ['1400']
    await shellWith({ hub: 'DEFAULT' }).enter('NatSet')
    expect(questions.length).toBeGreaterThan(3)
    expect(client.calls.at(-1)).toMatchObject([expect.any(String), { Mtu_u32: '1400' }])
  })

  test('all that is required, one after the other as declared, after a word on what is not', async () => {
    replies = ['up', 'vpn.example.org:443', 'R', 'u']
    await shellWith({ hub: 'DEFAULT' }).enter('CascadeCreate')
    expect(questions.map(([question]) => question.split(' ')[0])).toEqual(['NAME', 'HOST:PORT', 'HUB', 'USER'])
    expect(client.calls.at(-1)).toMatchObject(['CreateLink', { Hostname_str: 'vpn.example.org', HubName_str: 'R' }])
    replies = ['carol']
    printed = []
    await shellWith({ hub: 'DEFAULT' }).enter('UserCreate --note n')
    expect(printed[0]).toBe('May be given too: [--group GROUP|none] [--realname TEXT|none] [--password PASSWORD]')
    expect(client.calls.at(-1)).toMatchObject(['CreateUser', { Name_str: 'carol', Note_utf: 'n' }])
  })

  test('what is required and not answered is named, and nothing is sent', async () => {
    replies = ['up', '', 'R', '']
    expect(await shellWith({ hub: 'DEFAULT' }).enter('CascadeCreate')).toBe('failed')
    expect(printed).toEqual(['fault: CascadeCreate: --to, --username are missing; see: securenat CascadeCreate --help'])
    expect(client.calls).toEqual([])
  })

  test.each(['UserSet alice', 'GroupSet staff', 'CascadeSet up', 'CascadeDetailSet up', 'DhcpReservationSet 10.0.0.9'])(
    'one of the settings: %s',
    async (line) => {
      expect(await shellWith({ hub: 'DEFAULT' }).enter(line)).toBe('failed')
      expect(questions.length).toBeGreaterThan(1)
      expect(client.calls).toEqual([])
    },
  )

  test('every option that a command cannot do without is declared so', async () => {
    const list = new Proxy({}, { get: () => [] })
    // Those two have a file as their operand.
    for (const command of COMMANDS.filter(({ name }) => name !== 'ConfigGet' && name !== 'ConfigSet')) {
      const context = {
        call: () => Promise.resolve(list),
        hub: 'H',
        arguments: { options: new Map(), operands: ['allow', '1', '1'], rest: [] },
      }
      const fault = await Promise.resolve(context as never)
        .then((given) => command.run(given))
        .then(
          () => '',
          (error: Error) => error.message,
        )
      const name = /^--(\w+) is not declared as required$/.exec(fault)?.[1]
      if (name === undefined) continue
      expect(command.options.find((option) => option.name === name)?.required, `${command.name} --${name}`).toBe(true)
    }
  })

  test('no answer, no command', async () => {
    expect(await shellWith({ hub: 'DEFAULT' }).enter('UserDelete')).toBe('failed')
    expect(await shellWith({ hub: 'DEFAULT' }).enter('NatSet')).toBe('failed')
    expect(printed[0]).toContain('NAME is missing')
    expect(client.calls.filter(([method]) => method.startsWith('Set') || method.startsWith('Delete'))).toEqual([])
  })

  test('who takes it back is not told anything', async () => {
    replies = [new Interrupted()]
    await expect(shellWith({ hub: 'DEFAULT' }).enter('UserDelete')).rejects.toBeInstanceOf(Interrupted)
    expect(printed).toEqual([])
  })

  test('nobody is asked in a script', async () => {
    expect(await shellWith({ hub: 'DEFAULT', asks: false }).enter('UserDelete')).toBe('failed')
    expect(await shellWith({ hub: 'DEFAULT', asks: false }).enter('SetHubPassword')).toBe('failed')
    expect(printed[0]).toContain('NAME is missing')
    expect(printed[1]).toContain('--password is missing')
  })

  test('commands about the server need no hub', async () => {
    const touched: string[] = []
    const isTouching = async (command: AdminCommand): Promise<void> => {
      const context = {
        call: () => Promise.reject(new Error('not now')),
        get hub(): string {
          touched.push(command.name)
          return 'X'
        },
        arguments: { options: new Map(), operands: ['1', '1', '1'], rest: [] },
      }
      await Promise.resolve(context)
        .then((given) => command.run(given))
        .catch(() => undefined)
    }
    const about = COMMANDS.filter(({ name }) => isAboutServer(name))
    expect(about.length).toBeGreaterThan(15)
    for (const command of about.filter(({ name }) => name !== 'ConfigSet')) await isTouching(command)
    expect(touched).toEqual([])
  })
})

describe('completion', () => {
  const completed = (line: string) => {
    const shell = shellWith({ hub: 'DEFAULT' })
    return complete(line, { specs: PROMPT_SPECS, names: (kind) => shell.names(kind) })
  }

  test.each([
    ['hubl', ['HubList '], 'hubl'],
    ['NatS', ['NatSet '], 'NatS'],
    ['hub d', ['DEFAULT '], 'd'],
    ['hub ', ['DEFAULT ', 'LAB '], ''],
    ['UserGet ', ['alice ', '"bob smith" '], ''],
    ['UserGet "b', ['"bob smith" '], '"b'],
    ['UserGet alice ', [], ''],
    ['LogFileGet sec', ['security_log/DEFAULT/sec_20261123.log '], 'sec'],
    ['UserSet alice --group ', ['staff ', 'none '], ''],
    ['UserSet --group staff al', ['alice '], 'al'],
    ['UserSet alice /GROUP:s', ['/GROUP:staff '], '/GROUP:s'],
    ['UserSet alice --group=s', ['--group=staff '], '--group=s'],
    ['NatSet --mt', ['--mtu '], '--mt'],
    ['NatSet /mt', ['/MTU:'], '/mt'],
    ['NatSet --log ', ['yes ', 'no '], ''],
    ['NatSet --mtu ', [], ''],
    ['UserPolicySet alice --name MaxU', ['MaxUpload '], 'MaxU'],
    ['AdminOptionSet no_s', ['no_securenat '], 'no_s'],
    ['GroupJoin staff --username al', ['alice '], 'al'],
    ['Nonsense a', [], 'a'],
  ])('%s', async (line, hits, typed) => expect(await completed(line)).toEqual([hits, typed]))

  test('files', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'securenat-complete-'))
    writeFileSync(join(directory, 'cert.pem'), '')
    const path = join(directory, 'ce')
    expect(await completed(`UserCertSet alice --loadcert ${path}`)).toEqual([[`${join(directory, 'cert.pem')} `], path])
    rmSync(directory, { recursive: true })
  })

  test('a server that does not say has no names', async () => {
    client.answers.EnumUser = new CallError(52, 'no', [])
    expect(await completed('UserGet ')).toEqual([[], ''])
  })
})

describe('history', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'securenat-history-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  test.each([
    ['hublist', 'hublist'],
    ['UserPasswordSet alice --password hunter2', 'UserPasswordSet alice'],
    ['UserPasswordSet alice /PASSWORD:"a b"', 'UserPasswordSet alice'],
    ['UserCreate --password=x7 bob --group staff', 'UserCreate bob --group staff'],
    ['ServerPasswordSet hunter2', 'ServerPasswordSet'],
    ['ViewerCreate monitor hunter2', 'ViewerCreate monitor'],
    ['ServerPasswordSet two words', undefined],
    ['hunter2', undefined],
    ['', undefined],
  ])('of "%s" is kept: %s', (line, kept) => expect(withoutSecrets(line, promptSpec)).toBe(kept))

  test('is there the next time, newest first, bounded, and only for its owner', () => {
    const history = new History(directory, promptSpec)
    expect(history.load()).toEqual([])
    history.add('Hub A')
    history.add('secret')
    history.add('HubList')
    expect(new History(directory, promptSpec).load()).toEqual(['HubList', 'Hub A'])
    const path = join(directory, 'admin-history')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    for (let i = 0; i < HISTORY_LINES_MAX; i += 1) history.add(`Hub ${i}`)
    expect(history.load()).toHaveLength(HISTORY_LINES_MAX)
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(HISTORY_LINES_MAX)
  })

  test('is not kept where there is no directory', () => {
    const history = new History(join(directory, 'none'), promptSpec)
    history.add('HubList')
    expect(history.load()).toEqual([])
  })
})

test('every command, option and operand has help in both languages', () => {
  const texts = PROMPT_SPECS.flatMap((spec) => [
    [spec.name, spec.summary] as const,
    ...[...spec.options, ...(spec.operands ?? [])].map(({ name, help }) => [`${spec.name} ${name}`, help] as const),
  ])
  expect(texts.length).toBeGreaterThan(500)
  expect(texts.filter(([, { en, ja }]) => en.trim() === '' || ja.trim() === '' || /[\u3040-\u9fff]/.test(en))).toEqual(
    [],
  )
  const japanese = /[\u3040-\u9fff]/
  expect(texts.filter(([, { ja }]) => !japanese.test(ja)).map(([name, { ja }]) => `${name}: ${ja}`)).toEqual([])
})
