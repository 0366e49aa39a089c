// A person in a browser beside the crowd of `onrush demo`. Its sale gets one item more that the crowd does
// not ask for: the person buys it, and the demo, which wants every unit paid for, ends well only then.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kShoppers = 1_000;   // the demo’s smallest crowd
const kAnswers = [[/watts/, '65'], [/ports/, '2']];
const kStartMs = 60_000;
const kPlayMs = 150_000;

// The demo with a small sale, in a folder of its own. `said` waits until it has printed what matches.
function startDemo(binary, root) {
  const folder = mkdtempSync(join(tmpdir(), 'onrush-beside-'));
  const examples = join(folder, 'examples');
  mkdirSync(examples);
  const sale = JSON.parse(readFileSync(join(root, 'examples', '618.json'), 'utf8'));
  sale.items.find(({ item }) => item === 'power-bank').stock = 100;
  sale.items.find(({ item }) => item === 'phone').stock = 5;
  sale.items.push({ item: 'case', title: { en: 'Travel case', zh: '旅行收纳盒' }, stock: 1, price: 2900 });
  writeFileSync(join(examples, '618.json'), JSON.stringify(sale));
  copyFileSync(join(root, 'examples', 'concert-general.json'), join(examples, 'concert-general.json'));
  const child = spawn(binary, ['demo', '--data-dir', join(folder, 'data'), '--examples', examples, '--shoppers', String(kShoppers)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let end = null;
  const wakers = new Set();
  const wake = () => { for (const waker of wakers) waker(); };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += data; wake(); });
  child.on('error', (error) => { end = error.message; wake(); });
  child.on('exit', (code, signal) => { end = signal ?? code; wake(); });
  const kill = () => { if (end === null) child.kill('SIGKILL'); };
  process.on('exit', kill);
  const until = (found, ms, what) => new Promise((resolve, reject) => {
    const settle = (act, value) => { wakers.delete(look); clearTimeout(timer); act(value); };
    const look = () => {
      const value = found();
      if (value !== null) settle(resolve, value);
      else if (end !== null) settle(reject, new Error(`the demo ended (${end}) before ${what}:\n${output.slice(-3000)}`));
    };
    const timer = setTimeout(() => settle(reject, new Error(`no ${what} in ${ms} ms:\n${output.slice(-3000)}`)), ms);
    wakers.add(look);
    look();
  });
  return {
    said: (pattern, ms) => until(() => pattern.exec(output), ms, String(pattern)),
    // As Ctrl-C does; gives how it ended.
    async interrupt() {
      child.kill('SIGINT');
      return until(() => (end === null ? null : { end }), 30_000, 'an end');
    },
    stop() {
      kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function passCheck(page, button) {
  await button(page, 'Do it now').click();
  const field = page.locator('.check input');
  await field.waitFor();
  const question = await page.locator('.check label').innerText();
  const answer = kAnswers.find(([pattern]) => pattern.test(question))?.[1];
  assert.ok(answer, `an unknown question: ${question}`);
  await field.fill(answer);
  await button(page, 'Answer').click();
  await page.getByText('The check is done.').first().waitFor();
}

export function besideTheCrowd(journey, { browser, watched, button, clean, binary, root }) {
  journey('a_person_beside_the_crowd_gets_the_last_unit_and_checks_the_draw', async () => {
    const demo = startDemo(binary, root);
    try {
      const [, address] = await demo.said(/Be one of them at (\S+)/, kStartMs);
      const context = await browser.visitor({ viewport: { width: 360, height: 740 } });
      const page = await watched(context);
      const heading = (name) => page.getByRole('heading', { name, exact: true });
      await page.goto(address);
      await page.getByRole('link', { name: 'Sign in and join the lobby' }).click();
      await button(page, /Create an account/).click();
      await page.fill('input[name=email]', 'beside@example.test');
      await page.fill('input[name=password]', 'correct horse battery');
      await page.click('button[type=submit]');
      await heading('You are in the lobby').waitFor();
      await passCheck(page, button);
      const fingerprint = await page.locator('.fingerprint code').textContent();

      // Nothing is touched until it is this person's turn.
      await page.getByRole('timer', { name: /left to buy/ }).waitFor({ timeout: 60_000 });
      const place = Number((await page.locator('.line-claimed .number').innerText()).replace(/\D/g, ''));
      assert.ok(place >= 1 && place <= kShoppers + 1, `drawn place ${place}`);
      await page.locator('.item', { hasText: 'Travel case' }).getByRole('button', { name: 'Buy now' }).click();
      await page.waitForURL('**/order/*');
      await button(page, /^Pay/).click();
      await page.locator('button[value=pay]').click();
      await heading('It is yours').waitFor({ timeout: 25_000 });

      // The demo agrees: everything is paid for, the draw is right, the audit finds nothing.
      await demo.said(/Still serving/, kPlayMs);
      await page.goto(`${address}/draw`);
      await page.getByText('Everything that was checked is right.').waitFor();
      assert.equal(await page.locator('.proof code').nth(1).textContent(), fingerprint, 'another fingerprint than in the lobby');
      await page.locator('.checks li.is-good', { hasText: 'The fingerprint is the one that this browser saw before the opening' }).waitFor();
      await page.locator('.checks li.is-good', { hasText: `the place ${place}, which is yours` }).waitFor();
      await button(page, 'Check everything').click();
      await page.locator('.checks li.is-good', { hasText: 'All entries fit the digest' }).waitFor();
      clean(page);
      await context.close();
      assert.deepEqual(await demo.interrupt(), { end: 0 });
    } finally {
      demo.stop();
    }
  });
}
