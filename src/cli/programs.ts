// The commands that are programs of their own: serve, run, attach, and the tools around the management commands; and the options that many share.

import type { CommandSpec, OptionSpec } from './command.ts'

export const STATE_OPTION: OptionSpec = {
  name: 'state',
  value: 'DIR',
  help: {
    en: 'state directory (default: $XDG_STATE_HOME/securenat, else ~/.local/state/securenat)',
    ja: '状態ディレクトリ (既定: $XDG_STATE_HOME/securenat、なければ ~/.local/state/securenat)',
  },
}
export const HUB_OPTION: OptionSpec = {
  name: 'hub',
  value: 'NAME',
  names: 'hub',
  help: { en: 'Virtual Hub (default: DEFAULT)', ja: '仮想 HUB (既定: DEFAULT)' },
}
export const JSON_OPTION: OptionSpec = {
  name: 'json',
  help: { en: 'print the result as JSON', ja: '結果を JSON で表示する' },
}
export const SERVER_OPTION: OptionSpec = {
  name: 'server',
  value: 'URL',
  help: {
    en: 'a server elsewhere, https://HOST:5555; its password from SECURENAT_PASSWORD, else asked for',
    ja: '別のサーバー https://HOST:5555。パスワードは環境変数 SECURENAT_PASSWORD、なければ端末で入力',
  },
}
export const USER_OPTION: OptionSpec = {
  name: 'user',
  value: 'NAME',
  help: {
    en: "with --server: a hub's name for its administrator, @NAME for a viewer (default: the server's administrator)",
    ja: '--server 指定時: HUB 管理者は HUB 名、閲覧者は @名前 (既定: サーバー管理者)',
  },
}
export const PIN_OPTION: OptionSpec = {
  name: 'pin',
  value: 'SHA256',
  help: {
    en: 'with --server: the fingerprint of its certificate, where this computer does not trust it otherwise',
    ja: '--server 指定時: サーバー証明書のフィンガープリント (信頼済みでない場合)',
  },
}
export const HELP_OPTION: OptionSpec = {
  name: 'help',
  letter: 'h',
  help: { en: 'show this help', ja: 'このヘルプを表示する' },
}
export const LANGUAGE_OPTION: OptionSpec = {
  name: 'language',
  value: 'en|ja',
  help: {
    en: "language of tables and help (default: the server's, else $LANG)",
    ja: '表とヘルプの言語 (既定: サーバーの設定、なければ $LANG)',
  },
}
const MTU_OPTION: OptionSpec = {
  name: 'mtu',
  value: 'BYTES',
  help: {
    en: 'MTU of the Virtual NAT of every hub, 62-65520 (default: as configured)',
    ja: 'すべての HUB の仮想 NAT の MTU、62-65520 (既定: 設定のとおり)',
  },
}
const NO_GSO_OPTION: OptionSpec = {
  name: 'no-gso',
  help: { en: 'do not use super-frames (segmentation offload)', ja: 'スーパーフレーム (分割オフロード) を使わない' },
}

export const SERVE: CommandSpec = {
  name: 'serve',
  summary: { en: 'run the server in the foreground', ja: 'サーバーをフォアグラウンドで実行する' },
  description: {
    en: 'SIGTERM and SIGINT stop it cleanly, SIGHUP reads the configuration again.',
    ja: 'SIGTERM と SIGINT で正常に停止し、SIGHUP で設定を読み直します。',
  },
  options: [
    STATE_OPTION,
    {
      name: 'config',
      value: 'FILE',
      help: {
        en: 'configuration file (default: securenat.json in DIR)',
        ja: '設定ファイル (既定: DIR の securenat.json)',
      },
    },
    {
      name: 'listen',
      value: 'ADDR:PORT',
      repeatable: true,
      help: {
        en: 'TLS listener instead of the configured ones (127.0.0.1:5555 at first); *:PORT is every address',
        ja: '設定の代わりに使う TLS リスナー (初期設定は 127.0.0.1:5555)。*:PORT はすべてのアドレス',
      },
    },
    {
      name: 'tap',
      value: 'HUB:NAME[@NETNS]',
      repeatable: true,
      help: {
        en: 'open a TAP device, in a named network namespace if one is given, and join it to a hub (Linux)',
        ja: 'TAP デバイスを (指定があればそのネットワーク名前空間に) 開き、HUB に接続する (Linux)',
      },
    },
    MTU_OPTION,
    NO_GSO_OPTION,
    {
      name: 'no-web',
      help: { en: 'no web page and no plain HTTP listener', ja: 'Web ページと HTTP リスナーを開かない' },
    },
    HELP_OPTION,
  ],
}

const TAP_OPTIONS: readonly OptionSpec[] = [
  { name: 'tap', value: 'NAME', help: { en: 'name of the TAP device', ja: 'TAP デバイスの名前' } },
  {
    name: 'netns',
    value: 'NAME',
    help: { en: 'network namespace of the device', ja: 'デバイスのネットワーク名前空間' },
  },
]

/** A VPN server elsewhere, for programs that are its clients. */
const REMOTE_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'server',
    value: 'HOST[:PORT]',
    help: {
      en: 'a VPN server elsewhere, this one or SoftEther’s (default port: 5555)',
      ja: '別の VPN サーバー (本プログラムまたは SoftEther のもの。既定のポート: 5555)',
    },
  },
  { name: 'user', value: 'NAME', help: { en: 'with --server: user to log in as', ja: '--server 指定時: ユーザー名' } },
  {
    name: 'password-file',
    value: 'FILE',
    help: {
      en: 'with --server: first line is the password (default: SECURENAT_PASSWORD, else asked for)',
      ja: '--server 指定時: 1 行目がパスワードのファイル (既定: 環境変数 SECURENAT_PASSWORD、なければ端末で入力)',
    },
  },
  {
    name: 'pin',
    value: 'SHA256',
    help: {
      en: 'with --server: the fingerprint of its certificate, where this computer does not trust it otherwise',
      ja: '--server 指定時: サーバー証明書のフィンガープリント (信頼済みでない場合)',
    },
  },
  {
    name: 'no-verify',
    help: {
      en: 'with --server: do not check its certificate',
      ja: '--server 指定時: サーバー証明書を検証しない',
    },
  },
]

export const RUN: CommandSpec = {
  name: 'run',
  summary: {
    en: 'run a command in a new network namespace whose only interface is on a hub',
    ja: 'HUB につながるインターフェイスだけを持つ新しいネットワーク名前空間でコマンドを実行する',
  },
  options: [
    HUB_OPTION,
    STATE_OPTION,
    MTU_OPTION,
    NO_GSO_OPTION,
    ...REMOTE_OPTIONS,
    { name: 'verbose', letter: 'v', help: { en: 'say what is being done', ja: '実行内容を表示する' } },
    HELP_OPTION,
  ],
  rest: 'COMMAND…',
}

export const ATTACH: CommandSpec = {
  name: 'attach',
  summary: {
    en: 'join a TAP device to a hub, in the foreground',
    ja: 'TAP デバイスを HUB に接続する (フォアグラウンド)',
  },
  options: [
    ...TAP_OPTIONS,
    HUB_OPTION,
    STATE_OPTION,
    {
      name: 'server',
      value: 'wss://…',
      help: {
        en: 'a server elsewhere (reserved: not supported by this version)',
        ja: '別のサーバー (予約済み: このバージョンでは未対応)',
      },
    },
    NO_GSO_OPTION,
    HELP_OPTION,
  ],
}

export const ADMIN: CommandSpec = {
  name: 'admin',
  summary: {
    en: 'administer a server at a prompt, or by a script',
    ja: 'プロンプトまたはスクリプトでサーバーを管理する',
  },
  description: {
    en: 'The commands below, one a line; Hub NAME selects a hub, Exit ends. Commands come from standard input when that is no terminal.',
    ja: '下記のコマンドを 1 行に 1 つずつ実行します。Hub NAME で仮想 HUB を選択し、Exit で終了します。標準入力が端末でなければ、コマンドをそこから読み込みます。',
  },
  options: [
    STATE_OPTION,
    SERVER_OPTION,
    USER_OPTION,
    PIN_OPTION,
    { ...HUB_OPTION, help: { en: 'the hub that is selected at first', ja: '最初に選択する仮想 HUB' } },
    { name: 'in', value: 'FILE', help: { en: 'read the commands from a file', ja: 'コマンドをファイルから読み込む' } },
    {
      name: 'out',
      value: 'FILE',
      help: { en: 'write what is printed to a file too', ja: '表示内容をファイルにも保存する' },
    },
    JSON_OPTION,
    LANGUAGE_OPTION,
    HELP_OPTION,
  ],
}

export const COMPLETION: CommandSpec = {
  name: 'completion',
  summary: {
    en: 'print the completion of commands and options for a shell',
    ja: 'シェル用のコマンド補完スクリプトを表示する',
  },
  description: {
    en: 'bash: source <(securenat completion bash) in ~/.bashrc. zsh: source <(securenat completion zsh) in ~/.zshrc. fish: securenat completion fish | source in config.fish.',
    ja: 'bash: ~/.bashrc に source <(securenat completion bash)。zsh: ~/.zshrc に source <(securenat completion zsh)。fish: config.fish に securenat completion fish | source。',
  },
  operands: [{ name: 'bash|zsh|fish', required: true, help: { en: 'which shell', ja: 'シェルの種類' } }],
  options: [LANGUAGE_OPTION, HELP_OPTION],
}
export const MAN: CommandSpec = {
  name: 'man',
  summary: { en: 'print the manual page, for man -l', ja: 'マニュアルページを表示する (man -l 用)' },
  options: [LANGUAGE_OPTION, HELP_OPTION],
}

export const CLIENT: CommandSpec = {
  name: 'client',
  summary: {
    en: 'join a TAP device of this machine to a hub of a server elsewhere, in the foreground',
    ja: 'このコンピューターの TAP デバイスを別のサーバーの HUB に接続する (フォアグラウンド)',
  },
  options: [
    ...TAP_OPTIONS,
    HUB_OPTION,
    ...REMOTE_OPTIONS,
    {
      name: 'bridge',
      help: {
        en: 'there is a network behind the device (the user must be allowed to bridge)',
        ja: 'デバイスの先にネットワークがある (ユーザーにブリッジが許可されていること)',
      },
    },
    NO_GSO_OPTION,
    HELP_OPTION,
  ],
}

/** Programs that run beside or around a server. */
export const PROGRAMS: readonly CommandSpec[] = [SERVE, RUN, ATTACH, CLIENT]
/** Programs about the management commands. */
export const TOOLS: readonly CommandSpec[] = [ADMIN, COMPLETION, MAN]
