// Every word of the admin console, in both languages.

import { texts, type Language } from '../shared/language';
import { form_en, form_zh } from './texts_form';
import { live_en, live_zh } from './texts_live';

const en = {
  ...form_en, ...live_en,
  brand: 'Onrush console', skip: 'Skip to content', language_switch: '中文', sign_out: 'Sign out', sales: 'Sales', orders: 'Orders', acts: 'Log of acts', staff: 'Staff', new_sale: 'New sale',
  loading: 'Loading…', none: 'Nothing here.', not_found: 'There is no such page.', failed: 'Not loaded: {detail}', offline: 'no answer from the server', stale: 'No fresh numbers since {time}. Trying again.', search: 'Search', more: 'Show more', all: 'All', back: 'Back', cancel: 'Cancel', forbidden: 'Your role does not permit this.',
  signin: 'Sign in', email: 'E-mail', password: 'Password', wrong: 'E-mail or password is wrong.', moment: 'One moment…', setup: 'Create the first owner', setup_lead: 'This link works once. The account gets the role of owner.', setup_button: 'Create the owner', setup_no_token: 'The address lacks its one-time token. Copy the whole link that the server printed.', setup_bad: 'This link is no longer valid. Restart the server to get another one, or sign in.', password_rule: '8 to 128 characters.',
  sale: 'Sale', phase: 'Phase', title: 'Title', opens: 'Opens', closes: 'Closes', lobby: 'Lobby', sold: 'Sold', held: 'Held', free: 'Free', standby: 'Standby', stock: 'Stock', item: 'Item', total: 'All items', sell_through: 'Sold of stock', no_sales: 'No sale yet. Make a new one to begin.',
  p_draft: 'Draft', p_announced: 'Announced', p_lobby: 'Lobby', p_open: 'Open', p_paused: 'Paused', p_closed: 'Closed', p_settled: 'Settled',
  server_time: 'Server time', opens_in: 'Opens in', closes_in: 'Closes in', since_close: 'Closed by', w_schedule: 'schedule', w_staff: 'staff', w_cancelled: 'cancellation', w_sold_out: 'sold out', w_drained: 'last hold ended', sum_ok: '{sold} sold + {held} held + {free} free = {stock}', sum_bad: 'Numbers do not sum to stock: {sum} of {stock}',
  money: 'Money', m_captured: 'Captured', m_fulfilled: 'Fulfilled', m_standby: 'Standby', m_refund_due: 'To be refunded', m_refunded: 'Refunded', rates: 'Rates per second', r_decisions: 'Decisions', r_paid: 'Units paid', last_minutes: 'last {n} s', units: 'Units',
  funnel: 'What became of the requests', funnel_scope: 'all sales, since the server started', funnel_sum: '{all} answers: {granted} got units, {standby} wait, {refused} were refused.', funnel_layer: 'Answer', funnel_answers: 'Requests', funnel_granted: 'Got units', f_rate_limited: 'Too fast', f_channel_required: 'Other client program needed', f_not_open: 'Not open yet', f_closed: 'Sale over', f_paused: 'Paused', f_sold_out: 'Sold out', f_limit_reached: 'Has all one may have', f_busy: 'Queue full', f_address: 'network', f_account: 'account', f_server: 'server',
  controls: 'Controls', a_announce: 'Announce', a_open: 'Open now', a_pause: 'Pause', a_resume: 'Resume', a_close: 'Close', a_cancel: 'Cancel sale', a_restock: 'Restock', a_reschedule: 'Reschedule',
  sure_pause: 'Nobody can ask for units while the sale is paused. Holds and the standby line are kept; clocks of holds go on.', sure_close: 'Closing is final: nothing more can be asked for. Holds may still be paid until their deadline.', sure_cancel: 'Cancelling is final: holds are released and paid orders are refunded.', sure_open: 'The sale opens at once, before its time.', type_sale: 'Type {sale} to confirm', reason: 'Reason', reason_hint: 'Kept in the log of acts', done: 'Done: {act}.', refused: 'Refused: {detail}', no_controls: 'This sale is over.', need_operator: 'Your role may look, but not act.',
  count: 'Units to add', restock_button: 'Add units', reschedule_button: 'Set times', time_hint: 'Your local time',
  file: 'Sale file (JSON)', file_choose: 'Choose a file', file_hint: 'The id in the file decides which sale is defined or changed.', apply: 'Apply', applying: 'Applying…', applied_new: 'Defined {sale} as a draft.', applied: 'Applied to {sale}.', view_sale: 'Open its dashboard', bad_json: 'Line {line}, column {column}: {detail}', bad_place: '{place}, line {line}: {detail}', no_sale_key: 'The file needs a text "sale", its id.',
  order: 'Order', buyer: 'Buyer', state: 'State', amount: 'Amount', created: 'Created', updated: 'Updated', unit: 'Unit', payments: 'Payments', payment: 'Payment', captured: 'Captured', started: 'Started', pay_started: 'Started', pay_unknown: 'Not known', pay_declined: 'Declined', pay_captured: 'Captured', pay_refund_due: 'To be refunded', pay_refunded: 'Refunded', no_payments: 'No payment was started.', refund: 'Refund', refund_sure: 'The money goes back to the buyer and the units go to the next in line.', refund_button: 'Refund this order', confirm_order: 'Confirm without payment', search_hint: 'Order, e-mail, sale or item', deadline: 'Hold until',
  s_awaiting_payment: 'To be paid', s_paid: 'Paid', s_paid_standby: 'Paid, waiting', s_refunded: 'Refunded', s_expired: 'Expired', s_released: 'Let go', s_declined: 'Declined',
  d_define: 'Define', d_announce: 'Announce', d_open: 'Open', d_pause: 'Pause', d_resume: 'Resume', d_close: 'Close', d_cancel: 'Cancel sale', d_restock: 'Restock', d_reschedule: 'Reschedule', d_refund: 'Refund', d_confirm: 'Confirm',
  when: 'When', who: 'Who', what: 'What', detail: 'Detail', role: 'Role', r_viewer: 'Viewer', r_operator: 'Operator', r_owner: 'Owner', r_none: 'No rights', role_of: 'Role of {email}', change_role: 'Change', role_changed: '{email}: {role}.', add_staff: 'Add a staff account', add: 'Add', owner_only: 'Only an owner sees the staff.', added: 'Added {email}.', roles_hint: 'Viewers look. Operators run sales and refund. Owners also cancel sales and manage staff.',
};

const zh: Record<keyof typeof en, string> = {
  ...form_zh, ...live_zh,
  brand: 'Onrush 控制台', skip: '跳到正文', language_switch: 'English', sign_out: '退出登录', sales: '活动', orders: '订单', acts: '操作日志', staff: '员工', new_sale: '新建活动',
  loading: '加载中…', none: '暂无内容。', not_found: '页面不存在。', failed: '加载失败：{detail}', offline: '服务器没有响应', stale: '{time} 之后没有收到新数据，正在重试。', search: '搜索', more: '显示更多', all: '全部', back: '返回', cancel: '取消', forbidden: '您的角色无权执行此操作。',
  signin: '登录', email: '邮箱', password: '密码', wrong: '邮箱或密码不正确。', moment: '请稍候…', setup: '创建首位所有者', setup_lead: '此链接仅可使用一次，该账号将成为所有者。', setup_button: '创建所有者', setup_no_token: '地址缺少一次性令牌，请复制服务器输出的完整链接。', setup_bad: '链接已失效。请重启服务器获取新链接，或直接登录。', password_rule: '8 至 128 个字符。',
  sale: '活动', phase: '阶段', title: '标题', opens: '开始', closes: '结束', lobby: '候场', sold: '已售', held: '占用', free: '可售', standby: '候补', stock: '库存', item: '商品', total: '全部商品', sell_through: '售出比例', no_sales: '还没有活动，请先新建活动。',
  p_draft: '草稿', p_announced: '已公布', p_lobby: '候场', p_open: '进行中', p_paused: '已暂停', p_closed: '已关闭', p_settled: '已结清',
  server_time: '服务器时间', opens_in: '距开始', closes_in: '距结束', since_close: '关闭原因', w_schedule: '到时结束', w_staff: '员工关闭', w_cancelled: '活动取消', w_sold_out: '售罄', w_drained: '占用全部结束', sum_ok: '已售 {sold} + 占用 {held} + 可售 {free} = {stock}', sum_bad: '数量与库存不符：{sum} / {stock}',
  money: '资金', m_captured: '已收款', m_fulfilled: '已成交', m_standby: '候补中', m_refund_due: '待退款', m_refunded: '已退款', rates: '每秒速率', r_decisions: '决策', r_paid: '付款件数', last_minutes: '最近 {n} 秒', units: '数量',
  funnel: '请求去向', funnel_scope: '全部活动，自服务器启动以来', funnel_sum: '共 {all} 次答复：{granted} 次成功，{standby} 次进入候补，{refused} 次被拒绝。', funnel_layer: '答复', funnel_answers: '请求数', funnel_granted: '成功占用', f_rate_limited: '请求过快', f_channel_required: '需使用其他客户端', f_not_open: '尚未开始', f_closed: '活动已结束', f_paused: '已暂停', f_sold_out: '售罄', f_limit_reached: '已达个人上限', f_busy: '队列已满', f_address: '网段', f_account: '账号', f_server: '服务器',
  controls: '操作', a_announce: '公布', a_open: '立即开始', a_pause: '暂停', a_resume: '恢复', a_close: '关闭', a_cancel: '取消活动', a_restock: '补货', a_reschedule: '改期',
  sure_pause: '暂停期间无法下单。已占用的名额和候补队列会保留，付款倒计时继续。', sure_close: '关闭后不可恢复：不再接受新的请求，已占用的名额仍可在期限内付款。', sure_cancel: '取消后不可恢复：占用将被释放，已付款订单将退款。', sure_open: '活动将提前立即开始。', type_sale: '请输入 {sale} 以确认', reason: '原因', reason_hint: '将记入操作日志', done: '已完成：{act}。', refused: '被拒绝：{detail}', no_controls: '活动已结束。', need_operator: '您的角色只能查看，不能操作。',
  count: '增加件数', restock_button: '增加库存', reschedule_button: '设置时间', time_hint: '本地时间',
  file: '活动文件（JSON）', file_choose: '选择文件', file_hint: '由文件中的编号决定定义或修改哪个活动。', apply: '应用', applying: '正在应用…', applied_new: '已创建活动 {sale}（草稿）。', applied: '已应用到 {sale}。', view_sale: '打开活动面板', bad_json: '第 {line} 行第 {column} 列：{detail}', bad_place: '{place}，第 {line} 行：{detail}', no_sale_key: '文件需要文本字段 "sale"，即活动编号。',
  order: '订单', buyer: '买家', state: '状态', amount: '金额', created: '创建时间', updated: '更新时间', unit: '编号', payments: '付款记录', payment: '付款', captured: '实收', started: '发起时间', pay_started: '已发起', pay_unknown: '结果未知', pay_declined: '被拒绝', pay_captured: '已收款', pay_refund_due: '待退款', pay_refunded: '已退款', no_payments: '尚未发起付款。', refund: '退款', refund_sure: '款项将退还买家，名额将分给下一位。', refund_button: '为该订单退款', confirm_order: '免付款确认', search_hint: '订单号、邮箱、活动或商品', deadline: '占用至',
  s_awaiting_payment: '待付款', s_paid: '已付款', s_paid_standby: '已付款候补', s_refunded: '已退款', s_expired: '已过期', s_released: '已放弃', s_declined: '付款被拒',
  d_define: '定义', d_announce: '公布', d_open: '开始', d_pause: '暂停', d_resume: '恢复', d_close: '关闭', d_cancel: '取消活动', d_restock: '补货', d_reschedule: '改期', d_refund: '退款', d_confirm: '确认',
  when: '时间', who: '操作人', what: '操作', detail: '详情', role: '角色', r_viewer: '查看者', r_operator: '运营者', r_owner: '所有者', r_none: '无权限', role_of: '{email} 的角色', change_role: '更改', role_changed: '{email}：{role}。', add_staff: '添加员工账号', add: '添加', owner_only: '只有所有者可以查看员工。', added: '已添加 {email}。', roles_hint: '查看者只能查看；运营者可管理活动与退款；所有者还可取消活动和管理员工。',
};

export type TextKey = keyof typeof en;
// The word for a name that the server gives, e.g. of an act; the name itself where there is no word.
export function word(prefix: 'd_' | 'w_' | 'f_', name: string): string {
  const key = prefix + name;
  return key in en ? t(key as TextKey) : name;
}

export const t = texts<TextKey>({ en, zh } satisfies Record<Language, Record<TextKey, string>>);
