// The words of the dashboard, in both languages.

export const live_en = {
  per_second: '/s', each_second: '{n}/s', ms: '{n} ms', as_table: 'As a table', p50: 'Half decided within', p99: '99 % decided within', r_chart: 'Decisions and paid units per second', latency_hint: 'Until a decision is on the disk; all sales, last minute.', registrations: 'Registered',
  line: 'Waiting line', line_fifo: 'first come, first served', line_draw_before: 'draw at the opening', line_drawn: 'drawn', line_entries: 'Places taken', line_of: 'of {n}', line_serving: 'Called up to', line_ahead: '{n} still waiting', line_claimed: 'Came', line_left: '{n} left the line', line_active: 'Shopping now', line_full: 'The line is full: all {n} places are taken.', line_chart: 'Coming, against the rate aimed at', line_claims: 'Came', line_target: 'Aimed at', line_slow: 'Fewer come than are wanted: {rate} of {target} a second. More are called to make up for it.',
  rate_title: 'Rate of the line', rate_label: 'Passes per second', rate_hint: 'Now {now} a second.', rate_apply: 'Set the rate', rate_done: 'The rate is set: {from} → {to} passes a second.',
  beacon_title: 'Public beacon', beacon_label: 'Value', beacon_hint: 'A number that nobody could know when the sale was announced, e.g. of a public lottery. It goes into the draw and can be set until the opening.', beacon_apply: 'Set the beacon', beacon_done: 'The beacon is set: {value}',
  notice: 'Notice to shoppers', notice_hint: 'Shown at once to everybody on the page of this sale.', notice_en: 'English', notice_zh: 'Chinese', notice_seen: 'What shoppers see', notice_none: 'Nothing.', notice_show: 'Show the notice', notice_clear: 'Remove it', notice_done: 'The notice is shown.', notice_gone: 'The notice is removed.',
  events: 'What happened', ev_phase: 'Now: {phase}', ev_gone: 'All {n} units are taken', ev_back: 'Free again: {n}', ev_waits: 'People wait on standby', ev_drawn: 'Drawn: {n} numbers', ev_full: 'The line is full', ev_act: '{act} · {who}',
  funnel_scope_sale: 'this sale, since the server started', funnel_share: 'Share', funnel_bar: 'Share as a bar', funnel_more: 'Show {n} layers that refused nobody', funnel_less: 'Hide layers that refused nobody',
  f_registration_required: 'Not registered', f_filtered: 'Not in this time slot', f_challenge_required: 'Challenge not solved', f_not_your_turn: 'Not their turn yet', f_pass_required: 'No pass', f_path_required: 'Wrong purchase path',
  csv: 'Download CSV', csv_busy: 'Preparing…', csv_done: 'The file is saved.', since: 'Created from', until: 'Created before', d_rate: 'Rate', d_notice: 'Notice', d_beacon: 'Beacon',
};

export const live_zh: Record<keyof typeof live_en, string> = {
  per_second: '/秒', each_second: '{n}/秒', ms: '{n} 毫秒', as_table: '以表格显示', p50: '半数决策用时', p99: '99% 决策用时', r_chart: '每秒决策数与付款件数', latency_hint: '至决策写入磁盘；全部活动，最近一分钟。', registrations: '预约人数',
  line: '排队', line_fifo: '先到先得', line_draw_before: '开始时抽签', line_drawn: '已抽签', line_entries: '已取号', line_of: '共 {n}', line_serving: '已叫到', line_ahead: '还有 {n} 人等待', line_claimed: '已到场', line_left: '{n} 人离队', line_active: '正在购物', line_full: '队伍已满：{n} 个名额全部取完。', line_chart: '实际到场与目标速率', line_claims: '到场', line_target: '目标', line_slow: '到场人数低于目标：每秒 {rate} / {target}，系统会多叫号补足。',
  rate_title: '放行速率', rate_label: '每秒放行', rate_hint: '当前每秒 {now}。', rate_apply: '设置速率', rate_done: '速率已设置：每秒 {from} → {to}。',
  beacon_title: '公共随机数', beacon_label: '数值', beacon_hint: '公布活动时无人能知的数字，例如公共彩票结果。它将参与抽签，可在开始前设置。', beacon_apply: '设置随机数', beacon_done: '随机数已设置：{value}',
  notice: '公告', notice_hint: '立即显示给本活动页面上的所有人。', notice_en: '英文', notice_zh: '中文', notice_seen: '买家所见', notice_none: '无。', notice_show: '显示公告', notice_clear: '移除', notice_done: '公告已显示。', notice_gone: '公告已移除。',
  events: '动态', ev_phase: '当前：{phase}', ev_gone: '{n} 件全部被占用', ev_back: '又有 {n} 件可售', ev_waits: '开始有人候补', ev_drawn: '已抽签：{n} 个号', ev_full: '队伍已满', ev_act: '{act} · {who}',
  funnel_scope_sale: '本活动，自服务器启动以来', funnel_share: '占比', funnel_bar: '占比条形图', funnel_more: '显示 {n} 个未拒绝任何人的环节', funnel_less: '隐藏未拒绝任何人的环节',
  f_registration_required: '未预约', f_filtered: '不在此时间片', f_challenge_required: '未通过验证', f_not_your_turn: '尚未轮到', f_pass_required: '没有通行证', f_path_required: '购买路径不符',
  csv: '下载 CSV', csv_busy: '正在准备…', csv_done: '文件已保存。', since: '创建时间自', until: '创建时间至', d_rate: '速率', d_notice: '公告', d_beacon: '随机数',
};
