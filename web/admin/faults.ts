// What the server says about a sale file, in the reader's language. Its messages are short and few; one that is
// not known here is shown as it is.

import { language } from '../shared/language';

export interface Fault {
  pointer: string;
  place: string;
  message: string;
}

const kChinese: [RegExp, string][] = [
  [/^is missing$/, '必填'],
  [/^must not be empty$/, '不能为空'],
  [/^must be (-?[\d.]+)\.\.(-?[\d.]+)( items| questions)?$/, '须在 $1 到 $2 之间'],
  [/^must be at most (\d+) bytes$/, '最多 $1 字节'],
  [/^must be at most (\d+) texts$/, '最多 $1 项'],
  [/^must be a whole number(, or false)?$/, '须为整数'],
  [/^must be a number$/, '须为数字'],
  [/^must be a text.*$/, '须为文本'],
  [/^must be true or false$/, '须为 true 或 false'],
  [/^must be an object$/, '须为对象'],
  [/^must be a list.*$/, '须为列表'],
  [/^must be one of (.*)$/, '须为以下之一：$1'],
  [/^must be 1 to (\d+) of a-z, 0-9 and -$/, '须为 1 至 $1 个小写字母、数字或连字符'],
  [/^each must be 1 to (\d+) of a-z, 0-9 and -$/, '每项须为 1 至 $1 个小写字母、数字或连字符'],
  [/^each must be 1 to (\d+) bytes$/, '每项须为 1 至 $1 字节'],
  [/^must be unique.*$/, '不能重复'],
  [/^must be after opens_at$/, '须晚于开始时间'],
  [/^must not be after opens_at$/, '不能晚于开始时间'],
  [/^must be three capital letters.*$/, '须为三个大写字母（ISO 4217）'],
  [/^must be empty, an https or a relative URL$/, '须留空，或为 https 或相对网址'],
  [/^must be a time like.*$/, '须为有效时间'],
  [/^must be in the years.*$/, '年份须在 1970 至 9999 之间'],
  [/^is not a key of a sale file$/, '不是活动文件的字段'],
  [/^needs (.*)$/, '需要先设置 $1'],
];

export function explainFault(message: string): string {
  if (language() !== 'zh') return message.charAt(0).toUpperCase() + message.slice(1).replace(/(\d)\.\.(\d)/, '$1 to $2');
  for (const [pattern, text] of kChinese) if (pattern.test(message)) return message.replace(pattern, text);
  return message;
}
