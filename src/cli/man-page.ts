// The manual page securenat(1), made of the tables of commands: roff with the man macros.

import type { CommandSpec, Language, OptionSpec, Text } from './command.ts'

export interface ManPageParts {
  readonly programs: readonly CommandSpec[]
  readonly commands: readonly CommandSpec[]
  /** Of every command; told once. */
  readonly common: readonly OptionSpec[]
  readonly version: string
}

const HEADINGS = {
  name: { en: 'NAME', ja: '名前' },
  synopsis: { en: 'SYNOPSIS', ja: '書式' },
  description: { en: 'DESCRIPTION', ja: '説明' },
  programs: { en: 'PROGRAMS', ja: 'プログラム' },
  common: { en: 'COMMON OPTIONS', ja: '共通オプション' },
  commands: { en: 'ADMINISTRATION COMMANDS', ja: '管理コマンド' },
  environment: { en: 'ENVIRONMENT', ja: '環境変数' },
  files: { en: 'FILES', ja: 'ファイル' },
  status: { en: 'EXIT STATUS', ja: '終了ステータス' },
  see: { en: 'SEE ALSO', ja: '関連項目' },
} as const satisfies Readonly<Record<string, Text>>

const WORDS = {
  title: {
    en: 'virtual Ethernet hubs with a NAT router, DHCP server and DNS relay in user mode',
    ja: 'ユーザーモードで動作する NAT、DHCP、DNS を備えた仮想 Ethernet HUB',
  },
  description: {
    en: "A server has hubs; machines, network namespaces and VPN clients are joined to a hub and get their whole network from its SecureNAT. The commands have the names and the output of SoftEther VPN's vpncmd. Names of commands and options are not case-sensitive, and options may be written as vpncmd does: /MTU:1400.",
    ja: 'サーバーは仮想 HUB を持ちます。仮想マシン、ネットワーク名前空間、VPN クライアントは HUB に接続し、SecureNAT からネットワークを得ます。コマンドの名前と出力は SoftEther VPN の vpncmd と同じです。コマンド名とオプション名の大文字と小文字は区別しません。オプションは vpncmd の形式 (/MTU:1400) でも指定できます。',
  },
  status: {
    en: '0 when the command was carried out, else 1; run ends with the status of its command.',
    ja: 'コマンドが実行されれば 0、それ以外は 1。run は実行したコマンドの終了ステータスで終わります。',
  },
} as const satisfies Readonly<Record<string, Text>>

const ENVIRONMENT: Readonly<Record<string, Text>> = {
  SECURENAT_PASSWORD: { en: 'the password for --server', ja: '--server で使うパスワード' },
  SECURENAT_ADMIN_PASSWORD: {
    en: "the password of the server's administrator, for the first start of serve",
    ja: 'serve の初回起動時に設定するサーバー管理者のパスワード',
  },
  XDG_STATE_HOME: { en: 'where the state directory is by default', ja: '既定の状態ディレクトリの場所' },
  'LC_ALL, LC_MESSAGES, LANG': { en: 'the language of help and messages', ja: 'ヘルプとメッセージの言語' },
}
const FILES: Readonly<Record<string, Text>> = {
  'DIR/securenat.json': { en: 'the configuration', ja: '設定ファイル' },
  'DIR/control.sock': { en: 'where the commands reach the server', ja: '管理コマンド用のソケット' },
  'DIR/hubs/NAME.sock': { en: 'where machines are joined to a hub', ja: '仮想マシンを HUB に接続するソケット' },
  'DIR/logs/': { en: 'the logs', ja: 'ログ' },
  'DIR/admin-history': { en: 'the lines typed at the prompt of admin', ja: 'admin のプロンプトの入力履歴' },
}

export function manPage({ programs, commands, common, version }: ManPageParts, language: Language): string {
  const heading = (name: keyof typeof HEADINGS): string => `.SH ${quoted(HEADINGS[name][language])}`
  return [
    `.TH SECURENAT 1 "" ${quoted(`securenat ${version}`)}`,
    // Justified, long names of files and options would tear holes into the lines.
    '.ad l',
    heading('name'),
    `securenat \\- ${escaped(WORDS.title[language])}`,
    heading('synopsis'),
    '.B securenat\n.I COMMAND\n.RI [ OPTION \\&.\\|.\\|.]',
    heading('description'),
    escaped(WORDS.description[language]),
    heading('programs'),
    ...programs.map((spec) => section(spec, language)),
    heading('common'),
    ...common.map((option) => optionEntry(option, language)),
    heading('commands'),
    ...commands.map((spec) => section(spec, language)),
    heading('environment'),
    ...entries(ENVIRONMENT, language),
    heading('files'),
    ...entries(FILES, language),
    heading('status'),
    escaped(WORDS.status[language]),
    heading('see'),
    '.BR ip\\-netns (8),\n.BR qemu\\-system\\-x86_64 (1)',
    '',
  ].join('\n')
}

function section(spec: CommandSpec, language: Language): string {
  const operands = (spec.operands ?? []).map(({ name, required }) => {
    return required ? `\\fI${escaped(name)}\\fR` : `[\\fI${escaped(name)}\\fR]`
  })
  const options = spec.options.length === 0 ? [] : ['[\\fIOPTION\\fR]\\|.\\|.\\|.']
  const rest = spec.rest === undefined ? [] : [`\\-\\- \\fI${escaped(spec.rest)}\\fR`]
  const usage = [`\\fB${escaped(spec.name)}\\fR`, ...operands, ...options, ...rest].join(' ')
  return [
    `.SS ${quoted(spec.name)}`,
    usage,
    '.PP',
    `${escaped(sentence(spec.summary[language], language))}`,
    ...(spec.description === undefined ? [] : ['.PP', escaped(spec.description[language])]),
    ...(spec.operands ?? []).map(({ name, help }) => entry(`\\fI${escaped(name)}\\fR`, help[language])),
    ...spec.options.map((option) => optionEntry(option, language)),
  ].join('\n')
}

function optionEntry({ name, letter, value, help }: OptionSpec, language: Language): string {
  const short = letter === undefined ? '' : `\\fB\\-${letter}\\fR, `
  const given = value === undefined ? '' : ` \\fI${escaped(value)}\\fR`
  return entry(`${short}\\fB\\-\\-${escaped(name)}\\fR${given}`, help[language])
}

function entry(tag: string, text: string): string {
  return `.TP\n${tag}\n${escaped(text)}`
}

function entries(table: Readonly<Record<string, Text>>, language: Language): string[] {
  return Object.entries(table).map(([name, text]) => entry(`\\fI${escaped(name)}\\fR`, text[language]))
}

function sentence(text: string, language: Language): string {
  return language === 'ja' ? `${text}。` : `${text[0]!.toUpperCase()}${text.slice(1)}.`
}

/** Plain text for roff; a dot or an apostrophe at the start of a line would be a request. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '\\&...')
    .replaceAll("'", '\\(aq')
    .replace(/^\./, '\\&.')
    .replace(BREAKABLE, '$1\\:')
}

/** Japanese may break between letters, but for before these marks; roff does not know. */
const BREAKABLE = /([\u3041-\u30ff\u4e00-\u9fff])(?=[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff])/g

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`
}
