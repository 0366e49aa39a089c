// The words of the check before buying.

import { texts, type Language } from '../shared/language';

const en = {
  title: 'A short check before buying', lead: 'Do it now, while you wait, and you can buy at once when it is your turn.', lead_now: 'It has to be done before you can buy.', start: 'Do it now',
  loading: 'One moment…', send: 'Answer', sending: 'Checking…', cancel: 'Not now',
  tries_left: '{n} tries left', last_try: 'This is your last try for now', computing: 'Your device is computing a small proof that keeps robots slow…', computed: 'The proof is computed.',
  wrong: 'That was not right. You have {n} tries left.', wrong_last: 'That was not right. You have one try left.', expired: 'The check was no longer valid. Here is a new one.', cool_down: 'Too many wrong answers. You can try again in {time}.',
  no_solution: 'The proof could not be computed. Please try again.', offline: 'No answer from the server. Please try again.', busy: 'The server is busy. Please try again in a moment.', error: 'That did not work: {detail}',
  done: 'The check is done.', valid_until: 'Valid until {time}', say_done: 'The check is done.',
};

const zh: Record<keyof typeof en, string> = {
  title: '购买前的简单验证', lead: '现在完成，轮到您时就能直接购买。', lead_now: '完成验证后才能购买。', start: '现在验证',
  loading: '请稍候…', send: '提交', sending: '正在验证…', cancel: '暂不验证',
  tries_left: '还可尝试 {n} 次', last_try: '这是最后一次机会', computing: '您的设备正在进行一项小计算，用来拖慢机器人…', computed: '计算已完成。',
  wrong: '回答不正确，还可尝试 {n} 次。', wrong_last: '回答不正确，还剩最后一次机会。', expired: '验证已失效，请完成新的验证。', cool_down: '错误次数过多，请在 {time} 后重试。',
  no_solution: '计算未能完成，请重试。', offline: '服务器没有响应，请重试。', busy: '服务器繁忙，请稍后再试。', error: '操作未成功：{detail}',
  done: '验证已完成。', valid_until: '{time} 前有效', say_done: '验证已完成。',
};

export const c = texts<keyof typeof en>({ en, zh } satisfies Record<Language, Record<keyof typeof en, string>>);
