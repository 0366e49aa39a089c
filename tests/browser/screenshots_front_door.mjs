// The pictures of the front door: its states are made by people who take places and passes as shoppers do.
const kItems = [{ item: 'power-bank', title: { en: 'Power bank 20,000 mAh', zh: '充电宝 20000 毫安时' }, description: { en: 'Two ports, 65 W.', zh: '双接口，65 瓦。' }, stock: 400, price: 9900 }];
const kTitle = { en: '618 midnight sale', zh: '618 零点秒杀' };
const kLead = { en: 'Four hundred power banks, one per person.', zh: '四百个充电宝，每人限购一件。' };
const kQuestions = [{ question: { en: 'How many watts does the power bank give?', zh: '这款充电宝的功率是多少瓦？' }, answers: ['65'] }];

export async function setFrontDoor(scene) {
  const file = (word, more) => scene.file(word, { title: kTitle, description: kLead, currency: 'CNY', items: kItems, ...more });
  const draw = (more = {}) => ({ mode: 'draw', rate: 50, claim_seconds: 3_600, pass_seconds: 3_600, ...more });
  const crowd = await Promise.all(Array.from({ length: 40 }, () => scene.buyer()));
  const [me, ...others] = crowd;
  const places = async (sale, ...buyers) => { for (const buyer of buyers) await scene.place(buyer, sale); };

  const before = await scene.define(file('soon', { opens_at: '+3h', lobby_at: '+150m', line: draw(), admission: { registration: 'optional' } }), 'announce');
  const members = await scene.define(file('members', { opens_at: '+3h', admission: { registration: 'required' } }), 'announce');
  const lobby = await scene.define(file('lobby', { opens_at: '+12m', lobby_at: '+1s', line: draw(), admission: { registration: 'optional', questions: kQuestions, proof_of_work: { max_number: 5_000 } } }), 'announce');
  await places(lobby, ...others, me);
  const waiting = await scene.define(file('line', { line: { mode: 'fifo', rate: 1, active_max: 8, claim_seconds: 3_600, pass_seconds: 3_600 } }), 'announce', 'open');
  await places(waiting, ...others, me);
  await Promise.all(others.slice(0, 8).map((buyer) => scene.pass(buyer, waiting)));
  const turn = await scene.define(file('turn', { opens_at: '+4s', lobby_at: '+1s', line: draw() }), 'announce');
  await places(turn, ...others.slice(0, 9), me);
  const few = [{ ...kItems[0], stock: 2 }];
  const lost = await scene.define(file('lost', { standby: false, items: few, line: { mode: 'fifo', rate: 1 } }), 'announce', 'open');
  await places(lost, ...others.slice(0, 6), me);
  for (const buyer of others.slice(0, 2)) {
    const { token } = await scene.pass(buyer, lost);
    const held = await scene.hold(buyer, lost, 'power-bank', 1, { 'onrush-pass': token });
    await scene.pay(buyer, held.order);
  }
  const over = await scene.define(file('ended', { standby: false, items: few, line: draw({ rate: 1 }), opens_at: '+3s', lobby_at: '+1s' }), 'announce');
  await places(over, ...others.slice(0, 9), me);
  await scene.until(() => scene.ask(me, over, 'place'), (place) => place.number !== null);
  await scene.act(over, { act: 'close', reason: 'Sold enough' });
  await scene.until(() => scene.ask(me, turn, 'pass', 'POST'));
  const halt = await scene.define(file('halt', { line: { mode: 'fifo', rate: 1, active_max: 2, claim_seconds: 3_600, pass_seconds: 3_600 } }), 'announce', 'open');
  await places(halt, ...others.slice(0, 12), me);
  await scene.act(halt, { act: 'pause', reason: 'Checking' });
  await scene.act(halt, { act: 'notice', notice: { en: 'Payment is slow at the moment. Nobody loses a place: the sale goes on in a few minutes.', zh: '目前付款较慢。所有人的位置都会保留，活动几分钟后恢复。' } });
  const filter = await scene.define(file('filter', { admission: { filter: { ratio: 0.02, slot_ms: 5_000 } } }), 'announce', 'open');
  const wrong = await scene.define(file('check', { admission: { questions: kQuestions, question_tries: 20, proof_of_work: { max_number: 5_000 } } }), 'announce', 'open');
  return { me, before, members, lobby, waiting, turn, lost, over, halt, filter, wrong };
}

export async function shootFrontDoor({ page, shot, as, me, before, members, lobby, waiting, turn, lost, over, halt, filter, wrong }) {
  await page.context().clearCookies();
  await page.evaluate(() => localStorage.removeItem('onrush.session'));
  await shot('door-before-guest', `/s/${before}`, '.remind', { dark: false });
  await shot('door-lobby-guest', `/s/${lobby}`, '.line-entrance', { dark: false });
  await as(me, before);
  await shot('door-before', `/s/${before}`, '.remind', { dark: false });
  await shot('door-members', `/s/${members}`, '.remind', { dark: false });
  await shot('door-lobby', `/s/${lobby}`, '.line-lobby .check');
  await shot('door-lobby-details', `/s/${lobby}`, '.line-lobby .check', { dark: false, act: async () => {
    await page.locator('.honest summary').click();
    await page.locator('.check .button').click();
    await page.locator('.check input').waitFor();
    await page.locator('.line-foot .quiet-link').click();
  } });
  await shot('door-line', `/s/${waiting}`, '.line-waiting');
  await shot('door-turn', `/s/${turn}`, '.line-claimed .ring');
  await shot('door-lost', `/s/${lost}`, '.line-lost', { dark: false });
  await shot('door-over', `/s/${over}`, '.line-over', { dark: false });
  await shot('door-paused-notice', `/s/${halt}`, '.line .notice');
  await shot('door-filtered', `/s/${filter}`, '.item .button', { dark: false, act: async () => {
    await page.locator('.item .button').click();
    await page.locator('.item .notice').waitFor({ timeout: 3_000 }).catch(() => {});
  } });
  await shot('door-check-wrong', `/s/${wrong}`, '.check', { dark: false, act: async () => {
    await page.locator('.item .button').click();
    await page.locator('.check input').fill('12');
    await page.locator('.check .button').click();
    await page.locator('.check .notice').waitFor();
  } });
  await shot('door-draw', `/s/${turn}/draw`, '.verdict', { act: async () => {
    await page.locator('.verify-all .button').click();
    await page.locator('[data-key=all]').waitFor();
    await page.locator('.honest summary').click();
  } });
  await shot('door-draw-sealed', `/s/${lobby}/draw`, '.verify', { dark: false });
}
