// The lines of a hub's security log about what administrators do, in the original's words, which log readers know.

import type { AdministrationChange } from '../admin/administration-change.ts'
import type { Language } from './config/config.ts'

/** `%1` and `%2` are what was changed. */
const SENTENCES: Readonly<Record<AdministrationChange, Readonly<Record<Language, string>>>> = {
  optionSet: { en: 'The SecureNAT option has been set.', ja: 'SecureNAT オプションを設定しました。' },
  enabled: { en: 'The SecureNAT function has been enabled.', ja: 'SecureNAT 機能を有効にしました。' },
  disabled: { en: 'The SecureNAT function has been disabled.', ja: 'SecureNAT 機能を無効にしました。' },
  hubSet: { en: 'The Virtual Hub setting has been changed.', ja: '仮想 HUB の設定を変更しました。' },
  hubOnline: { en: 'The Virtual Hub is now online.', ja: '仮想 HUB をオンラインにしました。' },
  hubOffline: { en: 'The Virtual Hub is now offline.', ja: '仮想 HUB をオフラインにしました。' },
  logSet: { en: 'The log save setting has been changed.', ja: 'ログ保存設定を変更しました。' },
  userCreated: { en: 'User "%1" has been created.', ja: 'ユーザー "%1" を作成しました。' },
  userSet: { en: 'The setting of user "%1" has been updated.', ja: 'ユーザー "%1" の設定を更新しました。' },
  userDeleted: { en: 'User "%1" has been deleted.', ja: 'ユーザー "%1" を削除しました。' },
  groupCreated: { en: 'Group "%1" has been created.', ja: 'グループ "%1" を作成しました。' },
  groupSet: { en: 'The setting of group "%1" has been updated.', ja: 'グループ "%1" の設定を更新しました。' },
  groupDeleted: { en: 'Group "%1" has been deleted.', ja: 'グループ "%1" を削除しました。' },
  accessAdded: { en: 'An access list has been added.', ja: 'アクセスリストを追加しました。' },
  accessDeleted: { en: 'The access list has been deleted.', ja: 'アクセスリストを削除しました。' },
  accessListSet: {
    en: 'The access list has been updated. An access list of %1 items are set.',
    ja: 'アクセスリストを更新しました。%1 個のアクセスリストを設定しました。',
  },
  sourceListSet: {
    en: 'The Source IP Address Limit List has been updated. Rule items for %1 items are set.',
    ja: '接続元 IP 制限リストを更新しました。%1 個のルール項目を設定しました。',
  },
  authorityAdded: {
    en: 'A registration of trusted root certificate has been added.',
    ja: '信頼するルート証明書の登録を追加しました。',
  },
  authorityDeleted: {
    en: 'A registration of trusted root certificate has been deleted.',
    ja: '信頼するルート証明書の登録を削除しました。',
  },
  cascadeCreated: { en: 'The Cascade Connection "%1" has been added.', ja: 'カスケード接続 "%1" を追加しました。' },
  cascadeSet: {
    en: 'The setting for Cascade Connection "%1" has been changed.',
    ja: 'カスケード接続 "%1" の設定を変更しました。',
  },
  cascadeOnline: {
    en: 'The Cascade Connection "%1" is now online.',
    ja: 'カスケード接続 "%1" をオンラインにしました。',
  },
  cascadeOffline: {
    en: 'The Cascade Connection "%1" is now offline.',
    ja: 'カスケード接続 "%1" をオフラインにしました。',
  },
  cascadeDeleted: { en: 'The Cascade Connection "%1" has been deleted.', ja: 'カスケード接続 "%1" を削除しました。' },
  cascadeRenamed: {
    en: 'The name of Cascade Connection "%1" has been changed to "%2".',
    ja: 'カスケード接続 "%1" の名前を "%2" に変更しました。',
  },
  sessionDisconnected: {
    en: 'This session "%1" has been forcefully disconnected.',
    ja: 'セッション "%1" を強制切断しました。',
  },
}

/** @param connection the administration connection, `RPC-3` */
export function administrationLine(
  language: Language,
  change: AdministrationChange,
  connection: string,
  hub: string,
  subjects: readonly (string | number)[],
): string {
  const sentence = SENTENCES[change][language].replace(/%([12])/g, (_all, place) => String(subjects[place - 1] ?? ''))
  return language === 'en'
    ? `Administration mode [${connection}] (Virtual Hub "${hub}"): ${sentence}`
    : `管理モード [${connection}] (仮想 HUB "${hub}"): ${sentence}`
}
