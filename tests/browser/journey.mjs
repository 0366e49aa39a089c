// Journeys through the pages in a real browser. Against the program that ONRUSH_BINARY names, which is
// started, stopped and audited here; against the stand-in; or against a running server:
//   ONRUSH_GENERAL_URL, ONRUSH_ADMIN_URL, and ONRUSH_SETUP_URL (the one-time link) or
//   ONRUSH_STAFF_EMAIL and ONRUSH_STAFF_PASSWORD. Words as arguments choose journeys by name.
import assert from 'node:assert/strict';
import { besideTheCrowd } from './beside_the_crowd.mjs';
import { button, clean, noSidewaysScroll, noViolations, watcher } from './checks.mjs';
import { consoleJourneys } from './console.mjs';
import { frontDoorJourneys } from './front_door.mjs';
import { Scene, findServer, kRoot, startBrowser, visit } from './lab.mjs';
import { ruleChecks } from './rules.mjs';

const server = await findServer();
const browser = await startBrowser();
const scene = new Scene(server);
const journeys = [];
const journey = (name, run) => journeys.push({ name, run });
// Of the program only: there is no stand-in for it.
const binary = process.env.ONRUSH_BINARY;
const programJourney = (name, run) => journeys.push({ name, run, skip: !binary });
const watched = watcher(server);

journey('staff_set_up_apply_announce_pause_and_resume', async () => {
  const context = await browser.visitor();
  const page = await watched(context);
  if (server.setup && !server.staff_token) {
    await page.goto(server.setup);
    await page.fill('input[name=email]', server.owner.email);
    await page.fill('input[name=password]', server.owner.password);
    await button(page, 'Create the owner').click();
    await page.getByRole('navigation').waitFor();
    assert.ok(!page.url().includes('token='), 'the used token stays in the address');
    await scene.owner();
  } else {
    await scene.signInStaff(page);
  }
  const file = scene.file('console', { opens_at: '+1h' });
  await visit(page, '/');
  await page.getByRole('link', { name: 'New sale' }).click();
  await button(page, 'JSON').click();
  const area = page.locator('#file');
  await area.fill(JSON.stringify({ ...file, items: [{ ...file.items[0], stock: 0 }] }, null, 2));
  await button(page, 'Apply').click();
  await page.locator('.notice', { hasText: /items\[0\]\.stock, line \d+:/ }).waitFor();
  assert.equal(await area.evaluate((node) => node.value.slice(node.selectionStart, node.selectionEnd)), '0', 'the wrong value is not marked');
  await area.fill('{"sale": ');
  await button(page, 'Apply').click();
  await page.locator('.notice', { hasText: /^Line 1, column \d+:/ }).waitFor();
  await area.fill(JSON.stringify(file, null, 2));
  await button(page, 'Apply').click();
  await page.getByRole('link', { name: 'Open its dashboard' }).click();
  await page.getByText('0 sold + 0 held + 5 free = 5').waitFor();
  await button(page, 'Announce').click();
  await page.locator('.head .chip', { hasText: 'Announced' }).waitFor();
  await button(page, 'Open now').click();
  await page.locator('.details button', { hasText: 'Open now' }).click();
  await page.locator('.head .chip', { hasText: 'Open' }).waitFor();
  await button(page, 'Pause').click();
  const confirm = page.locator('.details button[type=submit]');
  assert.ok(await confirm.isDisabled(), 'pausing needs no typed confirmation');
  await page.fill('input[name=typed]', file.sale);
  await page.fill('input[name=reason]', 'checking the price');
  await confirm.click();
  await page.locator('.head .chip', { hasText: 'Paused' }).waitFor();
  assert.equal((await scene.sale(file.sale)).phase, 'paused');
  await button(page, 'Resume').click();
  await page.locator('.head .chip', { hasText: 'Open' }).waitFor();
  await button(page, 'Restock').click();
  await page.fill('input[name=count]', '3');
  await button(page, 'Add units').click();
  await page.getByText('0 sold + 0 held + 8 free = 8').waitFor();
  await page.getByRole('link', { name: 'Log of acts' }).click();
  await page.getByText('checking the price').first().waitFor();
  clean(page);
  await context.close();
});

journey('staff_see_what_became_of_the_requests', async () => {
  const sale = await scene.define(scene.file('funnel'), 'announce', 'open');
  await scene.hold(await scene.buyer(), sale, 'poster');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signInStaff(page);
  await visit(page, `/sales/${sale}`);
  const number = (key) => page.locator(`.funnel tr[data-key=${key}] td.n`);
  await number('granted').waitFor();
  assert.ok(Number((await number('granted').textContent()).replace(/\D/g, '')) >= 1, 'the hold is not counted');
  const before = Number((await number('paused').textContent()).replace(/\D/g, ''));
  await scene.act(sale, 'pause');
  await scene.hold(await scene.buyer(), sale, 'poster').catch(() => {});
  await page.waitForFunction((wanted) => document.querySelector('.funnel tr[data-key=paused] td.n').textContent.replace(/\D/g, '') === wanted, String(before + 1));
  clean(page);
  await context.close();
});

journey('staff_stay_signed_in_over_a_reload_until_they_sign_out', async () => {
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signInStaff(page);
  await page.goto(`${server.admin}/acts`);
  await page.getByRole('heading', { name: 'Log of acts' }).waitFor();
  await button(page, 'Sign out').click();
  await page.locator('input[name=email]').waitFor();
  await page.reload();
  await page.locator('input[name=email]').waitFor();
  clean(page);
  await context.close();
});

journey('an_owner_adds_staff_and_changes_their_roles', async () => {
  const email = `${scene.id('helper')}@example.test`;
  const owner = await browser.visitor();
  const page = await watched(owner);
  await scene.signInStaff(page);
  await page.getByRole('link', { name: 'Staff' }).click();
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', 'correct horse battery');
  await page.selectOption('select[name=role]', 'operator');
  await button(page, 'Add').click();
  await page.locator('.notice', { hasText: `Added ${email}.` }).waitFor();
  const operator = await browser.visitor();
  const desk = await watched(operator);
  const sale = await scene.define(scene.file('roles'), 'announce');
  await scene.signInStaff(desk, { email, password: 'correct horse battery' });
  await visit(desk, `/sales/${sale}`);
  await button(desk, 'Open now').waitFor();
  await page.getByLabel(`Role of ${email}`).selectOption('viewer');
  await button(page, 'Change').click();
  await page.locator('.notice', { hasText: `${email}: Viewer.` }).waitFor();
  // What he had open stops to work at once; a reload shows what is left to him.
  await button(desk, 'Open now').click();
  await desk.locator('form button', { hasText: 'Open now' }).click();
  await desk.locator('.notice', { hasText: 'Your role does not permit this.' }).waitFor();
  await desk.reload();
  await desk.getByText('Your role may look, but not act.').waitFor();
  assert.equal((await scene.sale(sale)).phase, 'announced');
  await page.getByLabel(`Role of ${server.owner.email}`).selectOption('viewer');
  await button(page, 'Change').click();
  await page.locator('.notice', { hasText: 'The last owner must stay an owner.' }).waitFor();
  clean(page, desk);
  await owner.close();
  await operator.close();
});

journey('shopper_waits_for_the_opening_buys_and_pays', async () => {
  const sale = await scene.define(scene.file('buy', { opens_at: '+9s' }), 'announce');
  const context = await browser.visitor();
  const page = await watched(context);
  await page.goto(`${server.general}/s/${sale}`);
  await page.getByRole('link', { name: 'Sign in to buy' }).click();
  await button(page, 'New here? Create an account').click();
  await page.fill('input[name=email]', `${scene.id('new')}@example.test`);
  await page.fill('input[name=password]', 'correct horse battery');
  await button(page, 'Create account').click();
  await page.waitForURL(`**/s/${sale}`);
  assert.ok(await button(page, /^Opens in/).isDisabled(), 'the button is on before the opening');
  // Never touched from here on: the button must light by itself.
  const buy = button(page, 'Buy now');
  await buy.waitFor({ timeout: 20_000 });
  await page.waitForFunction(() => document.title.startsWith('Open'));
  const asked = [];
  page.on('request', (request) => { if (request.method() === 'POST' && request.url().endsWith('/holds')) asked.push(request.headers()['idempotency-key']); });
  await buy.evaluate((node) => { node.click(); node.click(); node.click(); });
  await page.waitForURL('**/order/*');
  assert.equal(asked.length, 1, 'repeated clicks ask again');
  assert.match(asked[0] ?? '', /^[\x21-\x7e]{1,64}$/);
  await page.getByRole('timer').waitFor();
  const order = new URL(page.url()).pathname.split('/').pop();
  await button(page, /^Pay €45/).click();
  await page.locator('button[value=pay]').click();
  await page.waitForURL(`**/order/${order}*`, { timeout: 20_000 });
  await page.getByRole('heading', { name: 'It is yours' }).waitFor({ timeout: 25_000 });
  await page.getByRole('link', { name: 'My orders' }).first().click();
  const row = page.locator('.order-row', { hasText: order });
  await row.getByText('Paid', { exact: true }).waitFor();
  await row.getByText('Midnight drop').waitFor();
  await row.getByText('Signed poster').waitFor();
  await page.locator('input[type=search]').fill('no such thing anywhere');
  await page.getByText('Nothing found.').waitFor();
  const numbers = (await scene.sale(sale)).items[0];
  assert.deepEqual([numbers.free, numbers.held, numbers.paid], [4, 0, 1]);
  // A reload brings the session back by the cookie.
  await page.goto(`${server.general}/s/${sale}`);
  await page.getByRole('heading', { name: 'Yours' }).waitFor();
  await page.getByText('You already have as many as one person may buy.').waitFor();
  clean(page);
  await context.close();
});

async function standbyTurn(block_websocket) {
  const sale = await scene.define(scene.file('line', { items: [{ item: 'seat', title: 'Last seat', stock: 1, price: 1000 }] }), 'announce', 'open');
  const first = await scene.buyer();
  const held = await scene.hold(first, sale, 'seat');
  const second = await scene.buyer();
  const context = await browser.visitor();
  if (block_websocket) await context.routeWebSocket(/.*/, (socket) => socket.close());
  const page = await watched(context);
  await scene.signIn(page, second, `/s/${sale}`);
  await button(page, 'Join standby').click();
  await page.getByRole('heading', { name: 'You are on standby' }).waitFor();
  assert.equal(await page.locator('.position b').innerText(), '1');
  await page.waitForFunction(() => document.title.startsWith('#1 in line'));
  await page.getByText(block_websocket ? 'Updating every few seconds' : 'Live', { exact: true }).waitFor();
  await scene.release(first, held.order);
  await page.getByRole('heading', { name: 'It is your turn' }).waitFor();
  await page.waitForFunction(() => document.title.startsWith('Your turn!'));
  await page.locator('.panel').getByRole('link', { name: 'Go to checkout' }).click();
  await page.getByRole('heading', { name: 'Held for you' }).waitFor();
  await button(page, 'Let it go').click();
  await button(page, 'Yes, let it go').click();
  await page.getByRole('heading', { name: 'Let go' }).waitFor();
  const numbers = (await scene.sale(sale)).items[0];
  assert.deepEqual([numbers.free, numbers.held, numbers.paid], [1, 0, 0]);
  clean(page);
  await context.close();
}
journey('standby_gets_the_unit_when_another_lets_go', () => standbyTurn(false));
journey('everything_works_with_websocket_blocked', () => standbyTurn(true));

journey('a_shopper_leaves_the_standby_line', async () => {
  const sale = await scene.define(scene.file('leave', { items: [{ item: 'seat', title: 'Last seat', stock: 1, price: 1000 }] }), 'announce', 'open');
  await scene.hold(await scene.buyer(), sale, 'seat');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  await button(page, 'Join standby').click();
  await button(page, 'Leave the line').click();
  await page.locator('.sure').getByRole('button', { name: 'Leave the line' }).click();
  await page.getByRole('heading', { name: 'You are on standby' }).waitFor({ state: 'detached' });
  await button(page, 'Join standby').waitFor();
  assert.equal((await scene.sale(sale)).items[0].standby, 0);
  clean(page);
  await context.close();
});

journey('pausing_and_closing_reach_the_page_by_themselves', async () => {
  const sale = await scene.define(scene.file('states'), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  await button(page, 'Buy now').waitFor();
  await scene.act(sale, { act: 'pause', reason: 'test' });
  await page.getByRole('heading', { name: 'Paused for a moment' }).waitFor();
  assert.ok(await button(page, 'Paused').isDisabled());
  await scene.act(sale, 'resume');
  await button(page, 'Buy now').waitFor();
  await scene.act(sale, { act: 'close', reason: 'test' });
  await page.getByRole('heading', { name: 'This sale has ended' }).waitFor();
  assert.ok(await button(page, 'Ended').isDisabled());
  clean(page);
  await context.close();
});

journey('a_busy_server_is_asked_again_with_the_same_key', async () => {
  const sale = await scene.define(scene.file('busy'), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  const keys = [];
  let refusals = 2;
  await context.route('**/holds', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    keys.push(route.request().headers()['idempotency-key']);
    if (refusals-- <= 0) return route.continue();
    return route.fulfill({ status: 503, headers: { 'retry-after': '1', 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After', 'content-type': 'application/problem+json' }, body: JSON.stringify({ status: 503, code: 'busy', title: 'Busy' }) });
  });
  await button(page, 'Buy now').click();
  await page.getByText(/Your request goes again in \d+ s \(try 2\)/).waitFor();
  assert.ok(await button(page, 'Asking…').isDisabled());
  await page.waitForURL('**/order/*');
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1, 'another key was sent');
  clean(page);
  await context.close();
});

journey('who_asks_too_fast_is_told_so_and_asks_again_after_the_given_time', async () => {
  const sale = await scene.define(scene.file('fast'), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  const asked = [];
  await context.route('**/holds', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    asked.push({ at: Date.now(), key: route.request().headers()['idempotency-key'] });
    if (asked.length > 1) return route.continue();
    return route.fulfill({ status: 429, headers: { 'retry-after': '2', 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After', 'content-type': 'application/problem+json' }, body: JSON.stringify({ status: 429, code: 'rate_limited', title: 'Too many requests', limit: 'account' }) });
  });
  await button(page, 'Buy now').click();
  await page.getByText(/That was faster than one person or one network may ask\. Your request goes again in \d+ s \(try 2\)/).waitFor();
  await page.waitForURL('**/order/*');
  assert.equal(asked.length, 2);
  assert.equal(asked[0].key, asked[1].key, 'another key was sent');
  assert.ok(asked[1].at - asked[0].at >= 1_990, 'asked again before the given time');
  clean(page);
  await context.close();
});

journey('a_sale_for_the_app_only_says_where_to_get_it', async () => {
  const admission = { channels: ['app'], channel_links: { download: 'https://app.example.test/get' } };
  const sale = await scene.define(scene.file('gate', { admission }), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await page.goto(`${server.general}/s/${sale}`);
  await page.getByText('This sale is not open on the web.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Get the app' }).getAttribute('href'), admission.channel_links.download);
  assert.equal(await button(page, 'Buy now').count(), 0);
  const open = await scene.define(scene.file('gate', { admission: { channels: ['web'] } }), 'announce', 'open');
  await scene.signIn(page, await scene.buyer(), `/s/${open}`);
  await button(page, 'Buy now').click();
  await page.waitForURL('**/order/*');
  clean(page);
  await context.close();
});

journey('quantity_goes_up_to_the_limit', async () => {
  const sale = await scene.define(scene.file('many', { per_buyer: 3, items: [{ item: 'ticket', title: 'Ticket', stock: 50, price: 2500 }] }), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  const more = button(page, 'One more');
  await more.click();
  await more.click();
  assert.ok(await more.isDisabled(), 'more than the limit can be chosen');
  await button(page, 'Buy now').click();
  await button(page, /^Pay €75/).waitFor();
  assert.equal((await scene.sale(sale)).items[0].held, 3);
  clean(page);
  await context.close();
});

journey('a_declined_payment_can_be_tried_again_and_an_abandoned_one_goes_on', async () => {
  const sale = await scene.define(scene.file('declined', { decline_ends_hold: false }), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  await button(page, 'Buy now').click();
  await button(page, /^Pay €45/).click();
  await page.locator('button[value=decline]').click();
  await page.getByText('The payment was declined. You can try again until the time is up.').waitFor({ timeout: 25_000 });
  await button(page, /^Pay €45/).click();
  await page.locator('button[value=abandon]').click();
  await page.getByRole('heading', { name: 'Waiting for the payment provider' }).waitFor();
  assert.deepEqual((await scene.sale(sale)).items.map((item) => [item.held, item.paid]), [[1, 0]]);
  await button(page, 'Go back to payment').click();
  await page.locator('button[value=pay]').click();
  await page.getByRole('heading', { name: 'It is yours' }).waitFor({ timeout: 25_000 });
  const { items, money } = await scene.sale(sale);
  assert.deepEqual(items.map((item) => [item.held, item.paid]), [[0, 1]]);
  assert.equal(money.captured, 4500);
  clean(page);
  await context.close();
});

journey('a_declined_payment_ends_the_hold_where_the_sale_says_so', async () => {
  const sale = await scene.define(scene.file('strict'), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  await button(page, 'Buy now').click();
  await button(page, /^Pay €45/).click();
  await page.locator('button[value=decline]').click();
  await page.getByText('The hold has ended. You were not charged.').waitFor({ timeout: 25_000 });
  assert.deepEqual((await scene.sale(sale)).items.map((item) => [item.free, item.held]), [[5, 0]]);
  clean(page);
  await context.close();
});

journey('the_language_is_switched_and_remembered', async () => {
  const sale = await scene.define(scene.file('words'), 'announce');
  const context = await browser.visitor({ viewport: { width: 360, height: 740 } });
  const page = await watched(context);
  await page.goto(`${server.general}/s/${sale}`);
  await page.getByRole('heading', { name: 'Midnight drop' }).waitFor();
  await button(page, '中文').click();
  await page.getByRole('heading', { name: '零点限量' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-Hans');
  await page.reload();
  await page.getByRole('link', { name: '登录后抢购' }).waitFor();
  const chinese = await browser.visitor({ locale: 'zh-CN' });
  const other = await watched(chinese);
  await other.goto(`${server.general}/s/${sale}`);
  await other.getByRole('heading', { name: '零点限量' }).waitFor();
  clean(page, other);
  await context.close();
  await chinese.close();
});

journey('a_booking_is_confirmed_without_money', async () => {
  const sale = await scene.define(scene.file('booking', { payment: 'confirmation' }), 'announce', 'open');
  const context = await browser.visitor();
  const page = await watched(context);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  await button(page, 'Buy now').click();
  await button(page, 'Confirm the booking').click();
  await page.getByText('Your booking is confirmed.').waitFor();
  assert.equal((await scene.sale(sale)).items[0].paid, 1);
  clean(page);
  await context.close();
});

journey('staff_find_and_refund_an_order', async () => {
  const sale = await scene.define(scene.file('refund'), 'announce', 'open');
  const shopper = await browser.visitor();
  const page = await watched(shopper);
  await scene.signIn(page, await scene.buyer(), `/s/${sale}`);
  await button(page, 'Buy now').click();
  await button(page, /^Pay €45/).click();
  await page.locator('button[value=pay]').click();
  await page.getByRole('heading', { name: 'It is yours' }).waitFor({ timeout: 25_000 });
  const order = new URL(page.url()).pathname.split('/').pop();
  const staff = await browser.visitor();
  const desk = await watched(staff);
  await scene.signInStaff(desk);
  await desk.getByRole('link', { name: 'Orders' }).click();
  await desk.getByRole('searchbox', { name: 'Search' }).fill(order);
  await desk.getByRole('link', { name: order }).click();
  await desk.getByRole('heading', { name: `Order ${order}` }).waitFor();
  await desk.locator('.head .chip', { hasText: 'Paid' }).waitFor();
  await button(desk, 'Refund').click();
  await desk.fill('input[name=reason]', 'damaged in the post');
  await button(desk, 'Refund this order').click();
  await desk.locator('.head .chip', { hasText: 'Refunded' }).waitFor();
  await page.getByRole('heading', { name: 'Refunded' }).waitFor({ timeout: 25_000 });
  assert.equal((await scene.sale(sale)).items[0].free, 5);
  clean(page, desk);
  await shopper.close();
  await staff.close();
});

journey('a_loopback_server_works_by_the_name_localhost_too', async () => {
  const local = (url) => url.replace('//127.0.0.1:', '//localhost:');
  const sale = await scene.define(scene.file('local'), 'announce', 'open');
  const { email, password } = await scene.buyer();
  const context = await browser.visitor();
  const page = await watched(context);
  await page.goto(`${local(server.general)}/sign-in?next=/s/${sale}`);
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await button(page, 'Buy now').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.reload();
  await button(page, 'Buy now').click();
  await page.waitForURL('**/order/*');
  const desk = await watched(context);
  await desk.goto(`${local(server.admin)}/`);
  await desk.fill('input[name=email]', server.owner.email);
  await desk.fill('input[name=password]', server.owner.password);
  await desk.click('button[type=submit]');
  await desk.getByRole('navigation').waitFor();
  await desk.reload();
  await desk.getByRole('navigation').waitFor();
  // The console's session did not take the shop's away: the same host, two cookies.
  await page.reload();
  await button(page, /^Pay €45/).waitFor();
  clean(page, desk);
  await context.close();
});

journey('no_page_has_an_accessibility_violation_or_scrolls_sideways', async () => {
  const long = { en: 'The Extraordinarily-Long-Named Limited Anniversary Collector’s Edition Box Set', zh: '二十周年纪念限量典藏版超长名称豪华礼盒套装（含签名海报与黑胶唱片）' };
  const items = [{ item: 'box', title: long, description: long, stock: 10_000_000, price: 123_456_789 }, { item: 'one', title: 'One', stock: 1, price: 1 }];
  const open = await scene.define(scene.file('wide', { title: long, description: long, items, per_buyer: 3, hold_seconds: 3600 }), 'announce', 'open');
  const soon = await scene.define(scene.file('soon'), 'announce');
  const buyer = await scene.buyer();
  const { order } = await scene.hold(buyer, open, 'box');
  await scene.hold(await scene.buyer(), open, 'one');
  for (const [width, colorScheme, locale] of [[360, 'light', 'en-GB'], [360, 'dark', 'zh-CN'], [1280, 'dark', 'en-GB'], [1280, 'light', 'zh-CN']]) {
    const context = await browser.visitor({ viewport: { width, height: 740 }, colorScheme, locale, reducedMotion: 'reduce' });
    const page = await watched(context);
    const check = async (path, ready, origin = server.general) => {
      if (path !== null && origin === server.admin) await visit(page, path);
      else if (path !== null) await page.goto(origin + path);
      await page.locator(ready).first().waitFor();
      await noViolations(page, `${path} ${width} ${colorScheme} ${locale}`);
      await noSidewaysScroll(page, `${path} ${width} ${locale}`);
    };
    await check('/', '.sale-card');
    await check(`/s/${soon}`, '.countdown');
    await check('/sign-in', 'form');
    await check('/orders', '.empty');
    await scene.signIn(page, buyer, `/s/${open}`);
    await check(null, '.panel-held');
    await check(`/order/${order}`, '.ring');
    await page.locator('.checkout .button').first().click();
    await check(null, 'button[value=pay]');
    await page.locator('button[value=abandon]').click();
    await page.waitForURL(`**/order/${order}*`);
    await check('/orders', '.order-row');
    await page.goto(`${server.admin}/`);
    await check(null, 'form');
    await scene.signInStaff(page);
    await check('/', 'tbody tr', server.admin);
    await check(`/sales/${open}`, '.bigs', server.admin);
    await page.locator('.buttons .danger').first().click();
    await check(null, 'input[name=typed]');
    for (const [path, ready] of [['/new', '.phone'], ['/orders', 'tbody tr'], [`/orders/${order}`, '.facts'], ['/acts', 'tbody tr'], ['/staff', 'tbody tr']]) await check(path, ready, server.admin);
    clean(page);
    await context.close();
  }
});

consoleJourneys(journey, { server, browser, scene, watched });
ruleChecks(journey);
frontDoorJourneys({ journey, server, browser, scene, button, watched, clean, noViolations, noSidewaysScroll });
besideTheCrowd(programJourney, { browser, watched, button, clean, binary, root: kRoot });

let passed = 0;
let failed = 0;
const wanted = process.argv.slice(2);
let skipped = 0;
for (const { name, run, skip } of journeys) {
  if (skip || (wanted.length > 0 && !wanted.some((word) => name.includes(word)))) {
    skipped += 1;
    continue;
  }
  const started = Date.now();
  try {
    await run();
    passed += 1;
    console.log(`ok   ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error.stack ?? error}`);
  }
}
await browser.stop();
// Stopping is a check of its own: exit code 0, and an audit that finds nothing.
try {
  await server.stop();
} catch (error) {
  failed += 1;
  console.log(`FAIL stop_and_audit: ${error.message}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
