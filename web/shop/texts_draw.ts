// The words of the page that checks a draw.

import { texts, type Language } from '../shared/language';

const en = {
  title: 'Check the draw', lead: 'Your own browser computes the draw again from what was published. You need not take anybody’s word for it.',
  none: 'There is no draw in this sale', none_lead: 'Its places are given in order of arrival, or it has no line.',
  sealed: 'The secret is still sealed. It is revealed at the opening, and this page then checks it by itself.', remembered: 'This browser has remembered the fingerprint and will compare it.', not_remembered: 'Open the sale’s page before the opening, and this browser remembers the fingerprint to compare it later.',
  broken: 'The published draw is not complete, so that it cannot be checked.',
  verdict_good: 'Everything that was checked is right.', verdict_bad: 'Something does not fit. The draw may have been changed.',
  secret: 'The secret fits the fingerprint that was published before', secret_more: 'SHA-256 of the secret is the fingerprint, so it was fixed before anybody joined.',
  seen: 'The fingerprint is the one that this browser saw before the opening', seen_bad: 'This browser saw another fingerprint before.', seen_unknown: 'This browser did not see the fingerprint before the opening, so it cannot compare',
  seed: 'The seed follows from the secret and the {n} entries', seed_more: 'It was not chosen afterwards: another list or another secret gives another seed.',
  listed: 'Your entry, number {entry}, is in the published list', listed_more: 'What stands for you there was computed again from your account.',
  place: 'The draw gives entry {entry} the place {n}, which is yours', place_late: 'You came after the opening: place {n} is by arrival, behind everybody in the draw',
  all_offer: 'For the whole picture, read all {n} entries and compute their digest.', all_start: 'Check everything', all_running: '{done} of {n} entries', all_good: 'All entries fit the digest that went into the seed', all_bad: 'The list of entries does not fit the digest that went into the seed', all_unknown: 'The list could not be read to its end. Please try again.',
  sign_in: 'Sign in to check your own place', no_place: 'You have no place in this sale.',
  numbers: 'The numbers themselves', algorithm: 'Rule', commitment: 'Fingerprint (SHA-256 of the secret)', secret_name: 'Secret', entries: 'Entries in the draw', digest: 'Digest of the entries', beacon: 'Public random value', seed_name: 'Seed', program: 'The same check without a browser:',
  v_good: 'right', v_bad: 'wrong', v_unknown: 'not checked', v_running: 'being checked',
};

const zh: Record<keyof typeof en, string> = {
  title: '核验抽签', lead: '您的浏览器会根据公开数据重新计算抽签结果，无需相信任何一方的说法。',
  none: '本次活动没有抽签', none_lead: '号码按到达先后发放，或者活动无需排队。',
  sealed: '密钥尚未公开。活动开始时会公布，本页面将自动核验。', remembered: '本浏览器已记住指纹，届时会进行比对。', not_remembered: '在开始前打开活动页面，本浏览器就会记住指纹，以便之后比对。',
  broken: '公开的抽签数据不完整，无法核验。',
  verdict_good: '已核验的内容全部正确。', verdict_bad: '有内容不一致，抽签可能被改动。',
  secret: '密钥与事先公布的指纹一致', secret_more: '密钥的 SHA-256 就是指纹，说明它在有人进入之前就已确定。',
  seen: '指纹与本浏览器在开始前看到的一致', seen_bad: '本浏览器之前看到的是另一个指纹。', seen_unknown: '本浏览器在开始前没有看到指纹，无法比对',
  seed: '种子由密钥和 {n} 条记录得出', seed_more: '种子不是事后挑选的：换一份名单或密钥，就会得到不同的种子。',
  listed: '您的记录（第 {entry} 条）在公开名单中', listed_more: '名单中代表您的一项已根据您的账号重新计算。',
  place: '抽签给第 {entry} 条记录的号码是 {n}，正是您的号码', place_late: '您在开始之后到达：{n} 号按到达先后排在所有抽签者之后',
  all_offer: '如需完整核验，可读取全部 {n} 条记录并计算其摘要。', all_start: '全部核验', all_running: '已核验 {done} / {n} 条', all_good: '全部记录与生成种子的摘要一致', all_bad: '名单与生成种子的摘要不一致', all_unknown: '名单未能读取完整，请重试。',
  sign_in: '登录后核验您自己的号码', no_place: '您在本次活动中没有号码。',
  numbers: '原始数据', algorithm: '规则', commitment: '指纹（密钥的 SHA-256）', secret_name: '密钥', entries: '参与抽签的记录数', digest: '名单摘要', beacon: '公共随机数', seed_name: '种子', program: '也可以用程序核验：',
  v_good: '正确', v_bad: '错误', v_unknown: '未核验', v_running: '核验中',
};

export const w = texts<keyof typeof en>({ en, zh } satisfies Record<Language, Record<keyof typeof en, string>>);
