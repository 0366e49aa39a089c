// Journeys through the front door: registration, lobby, draw, line, pass, the check before buying and the
// other layers. Run by journey.mjs, against the program or the stand-in alike.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const kFirstLoadMax = 40_000;
const kQuestion = { question: { en: 'How many watts does the power bank give?', zh: '这款充电宝的功率是多少瓦？' }, answers: ['65 W', '65'] };

export function frontDoorJourneys({ journey, server, browser, scene, button, watched, clean, noViolations, noSidewaysScroll }) {
  // A sale with a lobby a second from now; `seconds` later it opens.
  const drawFile = (word, seconds, more = {}) => scene.file(word, { lobby_at: '+1s', opens_at: `+${seconds}s`, line: { mode: 'draw', rate: 50, claim_seconds: 1 }, ...more });
  const fifoFile = (word, more = {}) => scene.file(word, { line: { mode: 'fifo', rate: 50, claim_seconds: 1 }, ...more });
  const heading = (page, name) => page.getByRole('heading', { name, exact: true });
  const getInLine = (page) => page.locator('.line').getByRole('button', { name: 'Get in line' });
  const bigNumber = async (page) => Number((await page.locator('.place-number b').innerText()).replace(/\D/g, ''));
  const someTitle = (page, start) => page.waitForFunction((wanted) => document.title.startsWith(wanted), start);
  const visitor = async (buyer, path, options = {}) => {
    const context = await browser.visitor(options);
    if (options.block_websocket) await context.routeWebSocket(/.*/, (socket) => socket.close());
    const page = await watched(context);
    if (buyer) await scene.signIn(page, buyer, path);
    else await page.goto(server.general + path);
    return { context, page };
  };
  // A sale that is open and whose line nobody is in.
  const openFifo = (word, more) => scene.define(fifoFile(word, more), 'announce', 'open');

  journey('shopper_goes_from_lobby_through_draw_line_and_check_to_a_paid_order', async () => {
    const sale = await scene.define(drawFile('lobby', 14, { admission: { questions: [kQuestion], proof_of_work: { max_number: 20_000 } } }), 'announce');
    const others = await Promise.all(Array.from({ length: 4 }, () => scene.buyer()));
    const buyer = await scene.buyer();
    const { context, page } = await visitor(null, `/s/${sale}`);
    await page.getByText('The lobby is open').waitFor();
    await page.getByRole('link', { name: 'Sign in and join the lobby' }).click();
    await page.fill('input[name=email]', buyer.email);
    await page.fill('input[name=password]', buyer.password);
    await page.click('button[type=submit]');
    // Who wanted to join before signing in has joined afterwards.
    await heading(page, 'You are in the lobby').waitFor();
    for (const one of others) await scene.place(one, sale);
    await page.getByText('5 people are in the lobby').waitFor();
    await someTitle(page, 'In the lobby');
    const { entry } = await scene.ask(buyer, sale, 'place');
    await button(page, 'Do it now').click();
    await page.getByLabel(/How many watts/).fill('12');
    await button(page, 'Answer').click();
    await page.getByText('That was not right. You have 2 tries left.').waitFor();
    await page.getByLabel(/How many watts/).fill(' 65 w');
    await button(page, 'Answer').click();
    await page.getByText('The check is done.').first().waitFor();
    // Never touched from here on: draw and turn come by themselves.
    await heading(page, 'It is your turn').waitFor({ timeout: 30_000 });
    await page.getByRole('timer', { name: /left to buy/ }).waitFor({ timeout: 20_000 });
    await someTitle(page, 'Your turn!');
    const place = await scene.ask(buyer, sale, 'place');
    assert.equal(place.state, 'claimed');
    assert.equal(place.entry, entry);
    await button(page, 'Buy now').click();
    await page.waitForURL('**/order/*');
    await button(page, /^Pay €45/).click();
    await page.locator('button[value=pay]').click();
    await heading(page, 'It is yours').waitFor({ timeout: 25_000 });
    await page.goto(`${server.general}/s/${sale}`);
    await heading(page, 'Yours').waitFor();
    assert.equal(await page.locator('.line').count(), 0, 'the line is still shown to somebody who has bought');
    assert.equal(await page.locator('.moment').count(), 0, 'somebody who has all he may buy is still told to buy');
    clean(page);
    await context.close();
  });

  journey('the_drawn_place_is_the_same_on_another_phone', async () => {
    const sale = await scene.define(drawFile('phones', 8, { line: { mode: 'draw', rate: 1, claim_seconds: 1, pass_seconds: 60 } }), 'announce');
    const buyer = await scene.buyer();
    for (const one of await Promise.all(Array.from({ length: 3 }, () => scene.buyer()))) await scene.place(one, sale);
    const first = await visitor(buyer, `/s/${sale}`);
    await button(first.page, 'Join the lobby').click();
    await heading(first.page, 'You are in the lobby').waitFor();
    const second = await visitor(buyer, `/s/${sale}`, { viewport: { width: 360, height: 740 } });
    await heading(second.page, 'You are in the lobby').waitFor();
    for (const { page } of [first, second]) await page.getByRole('timer', { name: /left to buy/ }).waitFor({ timeout: 40_000 });
    const { number } = await scene.ask(buyer, sale, 'place');
    for (const { page } of [first, second]) await page.locator('.line').getByText(`Your place ${number}`).waitFor();
    await button(second.page, 'Buy now').click();
    await second.page.waitForURL('**/order/*');
    await first.page.getByRole('heading', { name: 'Held for you' }).waitFor();
    clean(first.page, second.page);
    await first.context.close();
    await second.context.close();
  });

  const waits = (block_websocket) => async () => {
    const sale = await openFifo('wait', { line: { mode: 'fifo', rate: 1, claim_seconds: 1 }, items: [{ item: 'seat', title: 'Seat', stock: 100, price: 1000 }] });
    for (const one of await Promise.all(Array.from({ length: 6 }, () => scene.buyer()))) await scene.place(one, sale);
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`, { block_websocket });
    await getInLine(page).click();
    await heading(page, 'You are in line').waitFor();
    assert.equal(await bigNumber(page), 7);
    await someTitle(page, '#7 · ');
    await page.getByText('There is enough stock for you, as things stand now.').waitFor();
    await page.getByText(/You need not refresh\. Your place is kept, also when you sign in on another device\. Updated \d/).waitFor();
    assert.ok(await button(page, 'When it is your turn').isDisabled());
    await page.getByText(block_websocket ? 'Updating every few seconds' : 'Live', { exact: true }).waitFor();
    if (!block_websocket) {
      // The connection drops and comes back: nothing is lost.
      await context.setOffline(true);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      assert.equal(await bigNumber(page), 7);
      await context.setOffline(false);
    }
    await page.getByRole('timer', { name: /left to buy/ }).waitFor({ timeout: 45_000 });
    await button(page, 'Buy now').click();
    await page.waitForURL('**/order/*');
    clean(page);
    await context.close();
  };
  journey('a_place_in_line_outlives_a_dropped_connection_and_is_called', waits(false));
  journey('the_line_works_with_websocket_blocked', waits(true));

  journey('a_shopper_leaves_the_lobby_only_after_confirming_and_may_come_back', async () => {
    const sale = await scene.define(drawFile('leaver', 40), 'announce');
    const buyer = await scene.buyer();
    const { context, page } = await visitor(buyer, `/s/${sale}`);
    await button(page, 'Join the lobby').click();
    await button(page, 'Leave the lobby').click();
    await page.locator('.sure').getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await scene.ask(buyer, sale, 'place')).state, 'lobby');
    await button(page, 'Leave the lobby').click();
    await page.locator('.sure').getByRole('button', { name: 'Leave the lobby' }).click();
    await page.locator('.line').getByText('You have left the line.').waitFor();
    const gone = await scene.ask(buyer, sale, 'place').catch((error) => error);
    assert.ok(gone instanceof Error || gone.state === 'left', 'the place is still there');
    await button(page, 'Join the lobby').click();
    await heading(page, 'You are in the lobby').waitFor();
    clean(page);
    await context.close();
  });

  journey('who_cannot_win_any_more_is_told_at_once', async () => {
    const sale = await openFifo('last', { standby: false, items: [{ item: 'seat', title: 'Last seat', stock: 1, price: 1000 }] });
    const winner = await scene.buyer();
    await scene.place(winner, sale);
    const { token } = await scene.pass(winner, sale);
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    await getInLine(page).click();
    const held = await scene.hold(winner, sale, 'seat', 1, { 'onrush-pass': token });
    await page.getByText('Only if units come back').waitFor();
    await scene.pay(winner, held.order);
    // The sale may also end by itself when everything is paid.
    await page.getByText(/This place cannot win any more|It did not work out this time/).first().waitFor({ timeout: 25_000 });
    await scene.act(sale, { act: 'close', reason: 'sold' }).catch(() => {});
    await heading(page, 'It did not work out this time').waitFor();
    clean(page);
    await context.close();
  });

  journey('a_called_shopper_may_join_standby', async () => {
    const sale = await openFifo('back', { items: [{ item: 'seat', title: 'Last seat', stock: 1, price: 1000 }] });
    const winner = await scene.buyer();
    await scene.place(winner, sale);
    const { token } = await scene.pass(winner, sale);
    await scene.hold(winner, sale, 'seat', 1, { 'onrush-pass': token });
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    await getInLine(page).click();
    await button(page, 'Join standby').click({ timeout: 30_000 });
    await heading(page, 'You are on standby').waitFor();
    assert.equal(await page.locator('.line').count(), 0, 'two lines are shown');
    clean(page);
    await context.close();
  });

  journey('a_turn_that_ran_out_can_be_taken_again_by_hand', async () => {
    const sale = await openFifo('lapse', { line: { mode: 'fifo', rate: 50, claim_seconds: 1, pass_seconds: 5 } });
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    await getInLine(page).click();
    await page.getByRole('timer', { name: /left to buy/ }).waitFor();
    await page.getByText('Your last turn ran out unused.').waitFor({ timeout: 20_000 });
    assert.equal(await button(page, 'Buy now').count(), 0, 'the button stays without a pass');
    await button(page, 'Start now').click();
    await page.getByRole('timer', { name: /left to buy/ }).waitFor();
    await button(page, 'Buy now').click();
    await page.waitForURL('**/order/*');
    clean(page);
    await context.close();
  });

  journey('who_may_have_another_one_gets_in_line_again', async () => {
    const sale = await openFifo('twice', { per_buyer: 2 });
    const buyer = await scene.buyer();
    await scene.place(buyer, sale);
    const { token } = await scene.pass(buyer, sale);
    const held = await scene.hold(buyer, sale, 'poster', 1, { 'onrush-pass': token });
    const { context, page } = await visitor(buyer, `/s/${sale}`);
    await heading(page, 'Held for you').waitFor();
    assert.equal(await page.locator('.line').count(), 0, 'the line is shown beside the order');
    await scene.pay(buyer, held.order);
    await button(page, 'Get in line again').click({ timeout: 20_000 });
    await page.getByRole('timer', { name: /left to buy/ }).waitFor({ timeout: 20_000 });
    await button(page, 'Buy now').click();
    await page.waitForURL('**/order/*');
    clean(page);
    await context.close();
  });

  journey('a_paused_line_keeps_its_places_and_goes_on', async () => {
    const sale = await openFifo('halt');
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    await getInLine(page).waitFor();
    await scene.act(sale, { act: 'pause', reason: 'test' });
    await page.locator('.line').getByText('The sale is paused. Your place is kept').waitFor();
    assert.ok(await getInLine(page).isDisabled());
    await scene.act(sale, 'resume');
    await getInLine(page).click();
    await page.getByRole('timer', { name: /left to buy/ }).waitFor();
    clean(page);
    await context.close();
  });

  journey('a_notice_of_staff_reaches_everybody_in_both_languages_and_goes', async () => {
    const sale = await scene.define(scene.file('notice'), 'announce', 'open');
    const buyer = await scene.buyer();
    const { context, page } = await visitor(buyer, `/s/${sale}`);
    const chinese = await visitor(null, `/s/${sale}`, { locale: 'zh-CN' });
    await button(page, 'Buy now').waitFor();
    await scene.act(sale, { act: 'notice', notice: { en: 'We restock at noon.', zh: '中午补货。' } });
    await page.getByRole('status').filter({ hasText: 'We restock at noon.' }).waitFor();
    await chinese.page.getByRole('status').filter({ hasText: '中午补货。' }).waitFor();
    await button(page, 'Buy now').click();
    await page.waitForURL('**/order/*');
    await page.getByText('We restock at noon.').waitFor();
    await scene.act(sale, { act: 'notice', notice: { en: '', zh: '' } });
    await page.getByText('We restock at noon.').waitFor({ state: 'detached' });
    clean(page, chinese.page);
    await context.close();
    await chinese.context.close();
  });

  journey('a_reminder_is_asked_for_and_withdrawn', async () => {
    const sale = await scene.define(scene.file('remind', { admission: { registration: 'optional' } }), 'announce');
    const buyer = await scene.buyer();
    const { context, page } = await visitor(buyer, `/s/${sale}`);
    await button(page, 'Remind me').click();
    await page.getByText('You will be reminded by e-mail before the opening.').waitFor();
    assert.equal((await scene.ask(buyer, sale, 'registration')).registered, true);
    await page.reload();
    await button(page, 'No reminder').click();
    await button(page, 'Remind me').waitFor();
    await assert.rejects(scene.ask(buyer, sale, 'registration'), /404/);
    clean(page);
    await context.close();
  });

  journey('only_the_registered_can_buy_where_the_sale_says_so', async () => {
    const sale = await scene.define(scene.file('members', { opens_at: '+9s', admission: { registration: 'required' } }), 'announce');
    const member = await visitor(await scene.buyer(), `/s/${sale}`);
    const stranger = await visitor(await scene.buyer(), `/s/${sale}`);
    await button(member.page, 'Register').click();
    await member.page.getByText('You are registered for this sale.').waitFor();
    await stranger.page.getByText('Only people who register before the opening can buy.').waitFor();
    await button(member.page, 'Buy now').click({ timeout: 20_000 });
    await member.page.waitForURL('**/order/*');
    assert.ok(await button(stranger.page, 'Only for the registered').isDisabled());
    clean(member.page, stranger.page);
    await member.context.close();
    await stranger.context.close();
  });

  journey('a_click_outside_of_the_drawn_rounds_is_held_back_and_sent_in_the_next', async () => {
    const sale = await scene.define(scene.file('filter', { admission: { filter: { ratio: 0.12, slot_ms: 1000 } } }), 'announce', 'open');
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    const asked = [];
    page.on('request', (request) => { if (request.method() === 'POST' && /\/holds/.test(request.url())) asked.push(request.url()); });
    const answered = [];
    page.on('response', (response) => { if (response.request().method() === 'POST' && /\/holds/.test(response.url())) answered.push(response.status()); });
    await button(page, 'Buy now').click();
    const said = page.getByText(/Your click was not in this round’s draw\. Trying again by itself at \d/);
    const outcome = await Promise.race([said.waitFor({ timeout: 60_000 }).then(() => 'held back', () => 'never'), page.waitForURL('**/order/*', { timeout: 60_000 }).then(() => 'at once', () => 'never')]);
    assert.notEqual(outcome, 'never');
    if (outcome === 'held back') {
      assert.deepEqual(asked, [], 'asked in a slot in which it can only be refused');
      await page.getByText(/about 12.?% of the people are let through/).waitFor({ timeout: 2_000 }).catch(() => assert.ok(page.url().includes('/order/')));
      await page.waitForURL('**/order/*', { timeout: 90_000 });
    }
    assert.deepEqual(answered, [201], 'the page and the server do not agree on the slots');
    clean(page);
    await context.close();
  });

  journey('a_personal_path_is_asked_for_and_used', async () => {
    const sale = await scene.define(scene.file('path', { admission: { purchase_path: true } }), 'announce', 'open');
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    const asked = [];
    page.on('request', (request) => { if (request.method() === 'POST' && /\/holds/.test(request.url())) asked.push(new URL(request.url()).pathname); });
    await button(page, 'Buy now').click();
    await page.waitForURL('**/order/*');
    assert.equal(asked.length, 1);
    assert.match(asked[0], new RegExp(`^/api/v1/sales/${sale}/holds/[^/]+$`));
    clean(page);
    await context.close();
  });

  journey('a_click_before_the_check_goes_on_by_itself_after_it', async () => {
    const sale = await scene.define(scene.file('work', { admission: { proof_of_work: { max_number: 20_000 } } }), 'announce', 'open');
    for (const without_worker of [false, true]) {
      const context = await browser.visitor();
      const page = await watched(context);
      if (without_worker) await context.addInitScript(() => { delete window.Worker; });
      await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
      await heading(page, 'A short check before buying').waitFor();
      await button(page, 'Buy now').click();
      await page.waitForURL('**/order/*', { timeout: 30_000 });
      clean(page);
      await context.close();
    }
  });

  journey('a_computation_shows_how_far_it_is_and_can_be_cancelled', async () => {
    const sale = await scene.define(scene.file('heavy', { admission: { proof_of_work: { max_number: 10_000_000 } } }), 'announce', 'open');
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`);
    // Not to be found, so that it takes until it is cancelled.
    await context.route('**/challenge', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      body.proof_of_work.challenge = '00'.repeat(32);
      await route.fulfill({ response, json: body });
    });
    await button(page, 'Do it now').click();
    const progress = page.getByRole('progressbar');
    await progress.waitFor();
    await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')) >= 1, null, { timeout: 60_000 });
    await button(page, 'Not now').click();
    await progress.waitFor({ state: 'detached' });
    await button(page, 'Do it now').waitFor();
    clean(page);
    await context.close();
  });

  journey('too_many_wrong_answers_have_to_wait', async () => {
    const sale = await scene.define(scene.file('wrong', { admission: { questions: [kQuestion], question_tries: 2, question_retry_seconds: 4 } }), 'announce', 'open');
    const { context, page } = await visitor(await scene.buyer(), `/s/${sale}`, { locale: 'zh-CN' });
    await button(page, '立即抢购').click();
    for (const answer of ['1', '2']) {
      const field = page.getByLabel('这款充电宝的功率是多少瓦');
      await field.fill(answer);
      await button(page, '提交').click();
      if (answer === '1') await page.locator('.check').getByText('回答不正确，还剩最后一次机会。').waitFor();
    }
    await page.locator('.check').getByText(/错误次数过多，请在 00:0\d 后重试。/).waitFor();
    await button(page, '现在验证').click({ timeout: 10_000 });
    await page.getByLabel('这款充电宝的功率是多少瓦').fill('65');
    await button(page, '提交').click();
    // The click that came first is still meant.
    await page.waitForURL('**/order/*');
    clean(page);
    await context.close();
  });

  journey('everybody_can_check_the_draw_and_his_own_place_in_it', async () => {
    const sale = await scene.define(drawFile('proof', 8), 'announce');
    const buyer = await scene.buyer();
    for (const one of await Promise.all(Array.from({ length: 5 }, () => scene.buyer()))) await scene.place(one, sale);
    const { context, page } = await visitor(buyer, `/s/${sale}`);
    await button(page, 'Join the lobby').click();
    await page.getByText('How the draw is kept honest').click();
    const fingerprint = await page.locator('.fingerprint code').innerText();
    assert.match(fingerprint, /^[0-9a-f]{64}$/);
    await page.locator('.honest').getByRole('link', { name: 'Check the draw' }).click();
    await page.getByText('The secret is still sealed.').waitFor();
    assert.equal(await page.locator('.proof code').first().innerText(), fingerprint);
    // By itself, when it is revealed.
    await page.getByText('Everything that was checked is right.').waitFor({ timeout: 30_000 });
    await page.locator('.checks li.is-good', { hasText: 'The fingerprint is the one that this browser saw before the opening' }).waitFor();
    await page.locator('.checks li.is-good', { hasText: 'is in the published list' }).waitFor();
    const { entry, number } = await scene.until(() => scene.ask(buyer, sale, 'place'), (place) => place.number !== null);
    await page.locator('.checks li.is-good', { hasText: `The draw gives entry ${entry} the place ${number}, which is yours` }).waitFor();
    await button(page, 'Check everything').click();
    await page.locator('.checks li.is-good', { hasText: 'All entries fit the digest' }).waitFor();
    // A server that shows another secret afterwards is found out.
    await context.route('**/draw', async (route) => {
      if (route.request().resourceType() !== 'fetch') return route.continue();
      const response = await route.fetch();
      const body = await response.json();
      return route.fulfill({ response, json: { ...body, secret: body.secret.replace(/^../, body.secret.startsWith('00') ? '01' : '00') } });
    });
    await page.reload();
    await page.getByText('Something does not fit. The draw may have been changed.').waitFor();
    await page.locator('.checks li.is-bad', { hasText: 'The secret fits the fingerprint' }).waitFor();
    clean(page);
    await context.close();
  });

  journey('first_load_of_a_sale_is_below_40_kilobytes', async () => {
    const sale = await scene.define(drawFile('weight', 600), 'announce');
    const context = await browser.visitor();
    const page = await watched(context);
    const sizes = new Map();
    page.on('response', async (response) => {
      const type = response.request().resourceType();
      if (!['document', 'script', 'stylesheet', 'image', 'other'].includes(type)) return;
      sizes.set(response.url(), response.body().then((body) => Math.min(body.length, gzipSync(body, { level: 9 }).length)));
    });
    await page.goto(`${server.general}/s/${sale}`);
    await page.locator('.line, .moment').first().waitFor();
    const bytes = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.size >= 4, 'nothing was measured');
    assert.ok(bytes < kFirstLoadMax, `${bytes} bytes: ${[...sizes.keys()].join(' ')}`);
    clean(page);
    await context.close();
  });

  journey('no_state_of_the_front_door_has_an_accessibility_violation_or_scrolls_sideways', async () => {
    const long = { en: 'The Extraordinarily-Long-Named Limited Anniversary Edition', zh: '二十周年纪念限量典藏版超长名称豪华礼盒套装' };
    const admission = { registration: 'optional', questions: [{ ...kQuestion, question: { en: `${long.en}: ${kQuestion.question.en}`, zh: `${long.zh}：${kQuestion.question.zh}` } }], proof_of_work: { max_number: 2_000 } };
    const buyer = await scene.buyer();
    const lobby = await scene.define(drawFile('axe-lobby', 3_000, { title: long, admission }), 'announce');
    await scene.place(buyer, lobby);
    const soon = await scene.define(scene.file('axe-soon', { lobby_at: '+50m', line: { mode: 'draw' }, admission: { registration: 'required' } }), 'announce');
    const slow = await openFifo('axe-line', { line: { mode: 'fifo', rate: 1, claim_seconds: 3_600, active_max: 1, pass_seconds: 3_600 } });
    const first = await scene.buyer();
    await scene.place(first, slow);
    await scene.pass(first, slow);
    for (let i = 0; i < 3; ++i) await scene.place(await scene.buyer(), slow);
    await scene.place(buyer, slow);
    const turn = await openFifo('axe-turn', { line: { mode: 'fifo', rate: 50, pass_seconds: 3_600 } });
    await scene.place(buyer, turn);
    await scene.act(turn, { act: 'notice', notice: long });
    const drawn = await scene.define(drawFile('axe-draw', 4), 'announce');
    await scene.place(buyer, drawn);
    await scene.until(() => scene.ask(buyer, drawn, 'place'), (place) => place.number !== null);
    for (const [width, colorScheme, locale] of [[360, 'light', 'en-GB'], [360, 'dark', 'zh-CN'], [1280, 'dark', 'en-GB'], [1280, 'light', 'zh-CN']]) {
      const context = await browser.visitor({ viewport: { width, height: 740 }, colorScheme, locale, reducedMotion: 'reduce' });
      const page = await watched(context);
      const check = async (path, ready, act) => {
        if (path !== null) await page.goto(server.general + path);
        await page.locator(ready).first().waitFor();
        await act?.();
        await noViolations(page, `${path} ${width} ${colorScheme} ${locale}`);
        await noSidewaysScroll(page, `${path} ${width} ${locale}`);
      };
      await check(`/s/${lobby}`, '.line-entrance');
      await check(`/s/${soon}`, '.remind');
      await scene.signIn(page, buyer, `/s/${lobby}`);
      await check(null, '.line-lobby .check', () => page.locator('.honest summary').click());
      await page.locator('.check .button').click();
      await check(null, '.check input');
      await page.locator('.line-foot .quiet-link').click();
      await check(null, '.line-foot .sure');
      await check(`/s/${slow}`, '.line-waiting');
      await check(`/s/${turn}`, '.line-claimed .ring');
      await check(`/s/${drawn}/draw`, '.verdict', () => page.locator('.honest summary').click());
      await check(`/s/${lobby}/draw`, '.verify');
      clean(page);
      await context.close();
    }
  });
}
