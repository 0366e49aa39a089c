// Journeys of the organiser through the console: a sale is written in the form, previewed, published, run,
// and taken away as files. Registered by journey.mjs, so that they run against the program and the stand-in alike.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { button, clean, noSidewaysScroll, noViolations } from './checks.mjs';
import { visit } from './lab.mjs';

export function consoleJourneys(journey, { server, browser, scene, watched }) {
  const staff = async (options = {}) => {
    const context = await browser.visitor(options);
    const page = await watched(context);
    await scene.signInStaff(page);
    return { context, page };
  };
  const field = (page, pointer) => page.locator(`#f${pointer.replace(/[^a-z0-9]/gi, '-')}`);
  // At one moment, as a reader's program would put it together.
  const faultOf = (page, pointer) => field(page, pointer).evaluate((node) => (node.getAttribute('aria-describedby') ?? '').split(' ')
    .filter((id) => id.endsWith('-fault')).map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
  const until = async (what, check) => {
    for (let tries = 0; tries < 100; ++tries) {
      if (await check()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(what);
  };
  const saved = async (page, act) => {
    const [download] = await Promise.all([page.waitForEvent('download'), act()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };

  journey('an_organiser_writes_a_sale_in_the_form_corrects_it_and_publishes_it', async () => {
    const { context, page } = await staff({ acceptDownloads: true });
    const id = scene.id('form');
    await page.getByRole('link', { name: 'New sale' }).click();
    await field(page, '/title').fill('Harbour nights');
    await field(page, '/title/zh').fill('港湾之夜');
    await field(page, '/items/0/title').fill('General admission');
    await field(page, '/items/0/item').fill('ga');
    await field(page, '/items/0/price').fill('48.50');
    await field(page, '/items/0/stock').fill('0');
    await field(page, '/items/0/stock').blur();
    await until('the wrong stock is not complained about', async () => /1 to 10000000/.test(await faultOf(page, '/items/0/stock')));
    assert.equal(await field(page, '/items/0/stock').getAttribute('aria-invalid'), 'true');
    assert.equal(await faultOf(page, '/sale'), '', 'a field that nobody has touched is complained about');
    await button(page, 'Save draft').click();
    await page.locator('.faults', { hasText: 'To correct: 2' }).waitFor();
    await until('the first complaint does not get the focus', async () => ['f-sale', 'f-items-0-stock'].includes(await page.evaluate(() => document.activeElement.id)));
    await field(page, '/sale').fill(id);
    await field(page, '/items/0/stock').fill('3');
    await field(page, '/items/0/stock').blur();
    await until('the corrected stock is still complained about', async () => await faultOf(page, '/items/0/stock') === '');
    assert.match(await page.locator('#f-items-0-price-hint').textContent(), /48\.50/);

    // A second item is added, moved up and taken away again.
    await button(page, 'Add an item').click();
    await field(page, '/items/1/title').fill('Balcony');
    await field(page, '/items/1/item').fill('balcony');
    await button(page, 'Move Balcony up').click();
    assert.equal(await field(page, '/items/0/item').inputValue(), 'balcony');
    assert.equal(await field(page, '/items/1/item').inputValue(), 'ga');
    await button(page, 'Remove Balcony').click();
    assert.equal(await field(page, '/items/0/item').inputValue(), 'ga');

    const preview = page.frameLocator('.phone');
    await preview.getByRole('heading', { name: 'Harbour nights' }).waitFor({ state: 'attached' });
    assert.equal(await page.locator('.phone').evaluate((frame) => frame.contentWindow.innerWidth <= 360), true);
    await preview.locator('.price', { hasText: '48.50' }).waitFor({ state: 'attached' });
    await page.locator('.preview').getByRole('button', { name: '中文' }).click();
    await preview.getByRole('heading', { name: '港湾之夜' }).waitFor({ state: 'attached' });
    await page.locator('.preview').getByRole('button', { name: 'All taken' }).click();
    await preview.locator('.moment-open').waitFor({ state: 'attached' });

    const file = await saved(page, () => button(page, 'Export file').click());
    assert.equal(file.name, `${id}.json`);
    assert.equal(JSON.parse(file.text).items[0].price, 4850);

    await button(page, 'Save and announce…').click();
    await page.locator('.sure-box').getByRole('button', { name: 'Announce' }).click();
    await page.waitForURL(`**/sales/${id}`);
    await page.locator('.head .chip', { hasText: 'Announced' }).waitFor();
    await page.getByText('0 sold + 0 held + 3 free = 3').waitFor();
    const shopper = await watched(context);
    await shopper.goto(`${server.general}/s/${id}`);
    await shopper.getByRole('heading', { name: 'Harbour nights' }).waitFor();
    clean(page, shopper);
    await context.close();
  });

  journey('a_draft_is_edited_and_unsaved_changes_are_not_lost_by_accident', async () => {
    const sale = await scene.define(scene.file('draft'));
    const { context, page } = await staff();
    await visit(page, `/sales/${sale}`);
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.waitForURL('**/edit');
    assert.equal(await field(page, '/title').inputValue(), 'Midnight drop');
    assert.ok(await field(page, '/sale').isDisabled(), 'the id of a sale can be changed');
    await field(page, '/title').fill('Midnight drop, again');
    let asked = 0;
    page.on('dialog', (dialog) => { asked += 1; void (asked === 1 ? dialog.dismiss() : dialog.accept()); });
    await page.getByRole('link', { name: 'Orders' }).click();
    await until('leaving was not asked about', () => asked === 1);
    assert.ok(page.url().endsWith('/edit'), 'the page was left');
    assert.equal(await field(page, '/title').inputValue(), 'Midnight drop, again');
    await button(page, 'Save draft').click();
    await page.locator('.notice-good').waitFor();
    await page.getByRole('link', { name: 'Orders' }).click();
    await page.waitForURL('**/orders');
    assert.equal(asked, 1, 'leaving after saving was asked about');
    const now = await scene.sale(sale);
    assert.equal(now.title.en ?? now.title, 'Midnight drop, again');
    clean(page);
    await context.close();
  });

  journey('a_sale_file_is_dropped_checked_and_its_faults_stand_at_their_fields', async () => {
    const { context, page } = await staff();
    await visit(page, '/new');
    const file = { ...scene.file('dropped'), line: { mode: 'draw', rate: 0 }, items: [{ item: 'Poster', title: 'Poster', stock: 5, price: 4500 }] };
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], 'sale.json', { type: 'application/json' }));
      document.getElementById('main').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, JSON.stringify(file));
    await page.locator('.notice', { hasText: 'sale.json is read' }).waitFor();
    assert.equal(await field(page, '/sale').inputValue(), file.sale);
    assert.ok(await page.getByRole('radio', { name: /Draw at the opening/ }).isChecked());
    await until('the id of the item is not complained about', async () => /a-z/.test(await faultOf(page, '/items/0/item')));
    await until('the rate is not complained about', async () => /1 to 100000/.test(await faultOf(page, '/line/rate')));
    await field(page, '/line/rate').fill('20');
    await field(page, '/items/0/item').fill('poster');
    await button(page, 'JSON').click();
    const text = JSON.parse(await page.locator('#file').inputValue());
    assert.deepEqual([text.line.rate, text.items[0].item], [20, 'poster']);
    await page.locator('#file').fill(JSON.stringify({ ...text, per_buyer: 4 }, null, 2));
    await page.locator('.tabs').getByRole('button', { name: 'Form' }).click();
    assert.equal(await field(page, '/per_buyer').inputValue(), '4');
    await button(page, 'Save draft').click();
    await page.locator('.notice-good').waitFor();
    assert.equal((await scene.sale(file.sale)).phase, 'draft');
    clean(page);
    await context.close();
  });

  journey('staff_take_orders_away_as_a_file_and_refund_with_a_reason', async () => {
    const sale = await scene.define(scene.file('csv'), 'announce', 'open');
    const buyer = await scene.buyer();
    const { order } = await scene.hold(buyer, sale, 'poster');
    await scene.pay(buyer, order);
    const { context, page } = await staff({ acceptDownloads: true });
    await page.getByRole('link', { name: 'Orders' }).click();
    await page.getByRole('searchbox', { name: 'Sale' }).fill(sale);
    await page.getByRole('link', { name: order }).waitFor();
    await until('the file does not say that the order is paid', async () => {
      const file = await saved(page, () => button(page, 'Download CSV').click());
      assert.equal(file.name, `orders-${sale}.csv`);
      const lines = file.text.replace('\uFEFF', '').trimEnd().split('\r\n');
      assert.equal(lines.length, 2, file.text);
      assert.ok(lines[1].startsWith(`${order},${sale},`), lines[1]);
      return lines[1].includes(',paid,');
    });
    await page.getByRole('searchbox', { name: 'Item' }).fill('nothing-like-it');
    await page.getByText('Nothing here.').waitFor();
    await page.getByRole('searchbox', { name: 'Item' }).fill('poster');
    await page.getByRole('link', { name: order }).click();
    await page.locator('.head .chip', { hasText: 'Paid' }).waitFor();
    await button(page, 'Refund').click();
    await page.fill('input[name=reason]', 'shipped to nowhere');
    await button(page, 'Refund this order').click();
    await page.locator('.head .chip', { hasText: 'Refunded' }).waitFor();
    await page.getByRole('link', { name: 'Log of acts' }).click();
    await page.getByRole('searchbox', { name: 'Sale' }).fill(sale);
    await page.getByRole('combobox', { name: 'What' }).selectOption('refund');
    await until('the log does not show the refund alone', async () => await page.locator('tbody tr').count() === 1 && /Refund/.test(await page.locator('tbody tr').textContent()));
    clean(page);
    await context.close();
  });

  journey('a_running_sale_shows_its_decisions_and_what_happened', async () => {
    const sale = await scene.define(scene.file('live'), 'announce', 'open');
    const { context, page } = await staff();
    await visit(page, `/sales/${sale}`);
    await page.getByText('0 sold + 0 held + 5 free = 5').waitFor();
    for (let i = 0; i < 5; ++i) await scene.hold(await scene.buyer(), sale, 'poster');
    await page.getByText('0 sold + 5 held + 0 free = 5').waitFor();
    await page.locator('.events li', { hasText: 'All 5 units are taken' }).waitFor();
    await page.locator('.events li', { hasText: 'Announce' }).waitFor();
    await until('no time of a decision is shown', async () => /\d ms/.test(await page.locator('.facts', { hasText: '99 % decided within' }).textContent()));
    await page.locator('.chart svg[role=img]').first().waitFor();
    await page.locator('.numbers-table summary').first().click();
    await page.locator('.numbers-table table').first().waitFor();
    await button(page, 'Pause').click();
    await page.fill('input[name=typed]', `${sale}x`);
    assert.ok(await page.locator('.details button[type=submit]').isDisabled(), 'a wrong id confirms');
    await page.fill('input[name=typed]', sale);
    await page.locator('.details .danger[type=submit]').click();
    await page.locator('.head .chip', { hasText: 'Paused' }).waitFor();
    await page.locator('.events li', { hasText: 'Now: Paused' }).waitFor();
    await page.locator('.events li', { hasText: /Pause · .*@/ }).waitFor();  // who, not his number
    clean(page);
    await context.close();
  });

  // Needs a server whose sales have a line.
  journey('staff_set_the_rate_of_the_line_and_show_a_notice', async () => {
    const sale = await scene.define(scene.file('line', { lobby_at: '+1s', line: { mode: 'draw', rate: 20 } }), 'announce');
    const { context, page } = await staff();
    await visit(page, `/sales/${sale}`);
    await page.locator('.line-card').waitFor();
    await page.fill('input[name=beacon]', '04 17 23 31 42');
    await button(page, 'Set the beacon').click();
    await page.locator('.notice', { hasText: 'The beacon is set: 04 17 23 31 42' }).waitFor();
    await page.fill('input[name=rate]', '80');
    await button(page, 'Set the rate').click();
    await page.locator('.notice', { hasText: 'The rate is set: 20 → 80 passes a second.' }).waitFor();
    assert.equal((await scene.sale(sale)).line.rate, 80);
    await page.fill('textarea[name=notice-en]', 'We open ten minutes later.');
    await page.fill('textarea[name=notice-zh]', '推迟十分钟开始。');
    await page.locator('.bubbles [lang=zh-Hans]', { hasText: '推迟十分钟' }).waitFor();
    await button(page, 'Show the notice').click();
    await page.locator('.notice', { hasText: 'The notice is shown.' }).waitFor();
    assert.equal((await scene.sale(sale)).notice.zh, '推迟十分钟开始。');
    await button(page, 'Remove it').click();
    await page.locator('.notice', { hasText: 'The notice is removed.' }).waitFor();
    assert.equal((await scene.sale(sale)).notice, null);
    clean(page);
    await context.close();
  });

  journey('a_viewer_is_offered_nothing_that_he_may_not_do', async () => {
    const email = `${scene.id('viewer')}@example.test`;
    const password = 'correct horse battery';
    await scene.addStaff({ email, password, role: 'viewer' });
    const sale = await scene.define(scene.file('looked-at'), 'announce', 'open');
    const context = await browser.visitor();
    const page = await watched(context);
    await scene.signInStaff(page, { email, password });
    assert.equal(await page.getByRole('link', { name: 'New sale' }).count(), 0);
    await visit(page, `/sales/${sale}`);
    await page.getByText('Your role may look, but not act.').waitFor();
    for (const name of ['Pause', 'Close', 'Set the rate', 'Show the notice']) assert.equal(await button(page, name).count(), 0, name);
    await visit(page, '/new');
    await page.getByText('Your role may look, but not act.').waitFor();
    for (const name of ['Save draft', 'Save and announce…']) assert.equal(await button(page, name).count(), 0, name);
    clean(page);
    await context.close();
  });

  journey('the_form_and_the_dashboard_have_no_accessibility_violation_and_fit', async () => {
    const everything = { ...scene.file('all', { per_buyer: 2 }), line: { mode: 'draw', rate: 20 }, admission: { registration: 'optional', channels: ['web', 'app'], filter: { ratio: 0.5, slot_ms: 1000 },
      questions: [{ question: { en: 'How many watts?', zh: '多少瓦？' }, answers: ['65 W'] }], proof_of_work: { max_number: 50_000 }, bucket: { rate: 1000, capacity: 5000 } } };
    const draft = await scene.define(everything);
    for (const [width, colorScheme, locale] of [[360, 'light', 'zh-CN'], [360, 'dark', 'en-GB'], [1280, 'light', 'en-GB'], [1280, 'dark', 'zh-CN']]) {
      const { context, page } = await staff({ viewport: { width, height: 740 }, colorScheme, locale, reducedMotion: 'reduce' });
      const check = async (what) => {
        await noViolations(page, `${what} ${width} ${colorScheme} ${locale}`);
        await noSidewaysScroll(page, `${what} ${width} ${locale}`);
      };
      await visit(page, `/sales/${draft}/edit`);
      await field(page, '/title').waitFor();
      await page.locator('details summary').first().click();
      await check('form');
      await field(page, '/items/0/stock').fill('none');
      await page.locator('.editor-foot .actions .button').first().click();
      await page.locator('.faults li').first().waitFor();
      await check('form with faults');
      await page.locator('.editor-tools .tab').nth(1).click();
      await page.locator('#file').waitFor();
      await check('text');
      page.on('dialog', (dialog) => void dialog.accept());
      await visit(page, `/sales/${draft}`);
      await page.locator('.chart').first().waitFor();
      await page.waitForTimeout(2_200);
      await check('dashboard');
      clean(page);
      await context.close();
    }
  });
}
