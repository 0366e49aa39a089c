// Pictures of every page, at 360×740 and 1280×800, in both languages, light and (the main ones) dark,
// into build/screenshots. Words as arguments choose pictures by name. With ONRUSH_BINARY: of the program
// itself, with a synthetic crowd in one of its sales; else of the stand-in.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Scene, findServer, kRoot, startBrowser, visit } from './lab.mjs';
import { setFrontDoor, shootFrontDoor } from './screenshots_front_door.mjs';

const folder = join(kRoot, 'build', 'screenshots');
const wanted = process.argv.slice(2);
if (wanted.length === 0) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const server = await findServer();
const browser = await startBrowser();
const scene = new Scene(server);

const phone = { item: 'phone', title: { en: 'Phone, 256 GB', zh: '手机 256 GB' }, description: { en: 'This year’s model, at half the price.', zh: '今年新款，半价。' }, stock: 2, price: 199900 };
const power = { sale: scene.id('618'), title: { en: '618 midnight sale', zh: '618 零点秒杀' }, description: { en: 'A thousand power banks and two phones. One per person.', zh: '一千个充电宝，两部手机。每人限购一件。' },
  currency: 'CNY', hold_seconds: 1800, per_buyer: 1, opens_at: '+3h', closes_at: '+9h', items: [
    { item: 'power-bank', title: { en: 'Power bank 20,000 mAh', zh: '充电宝 20000 毫安时' }, description: { en: 'Two ports, 65 W.', zh: '双接口，65 瓦。' }, stock: 1000, price: 9900 }, phone] };
const single = { sale: scene.id('concert'), title: { en: 'Harbour Nights, closing concert', zh: '港湾之夜 · 闭幕音乐会' }, description: { en: 'General admission, Saturday, doors at seven.', zh: '周六晚七点入场，不对号入座。' }, currency: 'EUR', hold_seconds: 600, per_buyer: 4,
  opens_at: '+50m', closes_at: '+9h', items: [{ item: 'ga', title: { en: 'General admission', zh: '普通入场券' }, description: { en: 'Standing, in front of the stage. Up to four for you and your friends.', zh: '站席，舞台前区域。最多可购四张。' }, stock: 1500, price: 4800 }] };
const over = { ...scene.file('over'), title: { en: 'Spring drop', zh: '春季限量' } };
const paused = { ...scene.file('paused'), title: { en: 'Sneaker raffle leftovers', zh: '球鞋余量' } };
const gone = { ...scene.file('gone'), title: { en: 'Last ten posters', zh: '最后十张海报' }, standby: false };
const rush = { ...scene.file('rush'), title: { en: 'Lunch box rush', zh: '午餐盒抢购' }, description: { en: 'Two hundred boxes, while the crowd is at it.', zh: '两百份，正在抢购。' }, hold_seconds: 20, items: [
  { item: 'box', title: { en: 'Lunch box', zh: '午餐盒' }, stock: 200, price: 1200 }, { item: 'soup', title: { en: 'Soup of the day', zh: '每日例汤' }, stock: 60, price: 450 }] };
await scene.define(single, 'announce');
for (const file of [power, over, paused, gone]) await scene.define(file, 'announce', 'open');
const drafted = { ...scene.file('draft'), line: { mode: 'draw', rate: 20 }, admission: { registration: 'optional', questions: [{ question: { en: 'How many watts?', zh: '多少瓦？' }, answers: ['65 W', '65'] }], proof_of_work: { max_number: 50_000 } } };
const lined = { ...scene.file('lined'), opens_at: '+20m', lobby_at: '+1s', line: { mode: 'draw', rate: 20 } };
await scene.define(drafted);
await scene.define(lined, 'announce');
const crowd = await Promise.all(Array.from({ length: 32 }, () => scene.buyer()));
const [phone_holder, , waiting, buyer, payer, , over_buyer, nobody] = crowd;
for (const [i, one] of crowd.slice(8).entries()) await scene.hold(one, power.sale, i < 2 ? 'phone' : 'power-bank');
await scene.hold(phone_holder, power.sale, 'phone');
await scene.hold(waiting, power.sale, 'phone');
await scene.hold(buyer, power.sale, 'power-bank');
for (const one of crowd.slice(8, 13)) await scene.hold(one, gone.sale, 'poster');
const paid = await scene.hold(over_buyer, over.sale, 'poster');
await scene.pay(over_buyer, paid.order);
const bought = await scene.hold(payer, power.sale, 'power-bank');
await scene.pay(payer, bought.order);
await scene.hold(payer, single.sale, 'ga').catch(() => {});
await scene.act(over.sale, { act: 'close', reason: 'Sold enough' });
await scene.act(paused.sale, { act: 'pause', reason: 'Checking the price' });

// A sale in the middle of its rush: the crowd stays as long as the pictures take.
await scene.define({ ...rush, opens_at: '+3s' }, 'announce');
const shoppers = server.flags && spawn(process.env.ONRUSH_BINARY, ['crowd', '--sale', rush.sale, '--shoppers', '300', '--listeners', '20', '--ramp-ms', '40000', '--seconds-max', '120', '--admin', server.admin, ...server.flags], { stdio: 'ignore' });

const front_door = await setFrontDoor(scene);

const views = [[360, 740, 'light'], [1280, 800, 'light'], [360, 740, 'dark'], [1280, 800, 'dark']];
for (const locale of ['en-GB', 'zh-CN']) {
  for (const [width, height, colorScheme] of views) {
    const context = await browser.visitor({ viewport: { width, height }, colorScheme, locale, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const shot = async (name, path, ready, { dark = true, origin = server.general, act } = {}) => {
      if (!dark && colorScheme === 'dark') return;
      if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) return;
      if (path !== null && page.url().startsWith(origin) && origin === server.admin) await visit(page, path);
      else if (path !== null) await page.goto(origin + path);
      await page.locator(ready).first().waitFor();
      await page.mouse.move(0, 0);   // nothing is hovered over by chance
      await act?.();
      await page.waitForTimeout(350);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}-${locale.slice(0, 2)}.png`), fullPage: true });
    };
    const as = async (one, sale) => {
      await context.clearCookies();
      await page.goto(`${server.general}/sign-in`);
      await page.evaluate(() => localStorage.removeItem('onrush.session'));
      await scene.signIn(page, one, `/s/${sale}`);
    };
    await shot('sales', '/', '.sale-card');
    await shot('sale-before', `/s/${single.sale}`, '.countdown');
    await shot('sale-over', `/s/${over.sale}`, '.moment-closed, .moment-settled', { dark: false });
    await shot('sale-paused', `/s/${paused.sale}`, '.moment-paused', { dark: false });
    await shot('sign-in', '/sign-in', 'form', { dark: false });
    await as(nobody, power.sale);
    await shot('sale-open', `/s/${power.sale}`, '.item .button');
    await shot('sale-gone', `/s/${gone.sale}`, '.item', { dark: false });
    await shot('sale-rush', `/s/${rush.sale}`, '.item', { dark: false });
    await as(waiting, power.sale);
    await shot('sale-standby', `/s/${power.sale}`, '.position');
    await as(buyer, power.sale);
    await shot('sale-held', `/s/${power.sale}`, '.panel-held');
    const mine = await page.locator('.panel-held a').getAttribute('href');
    await shot('order', mine, '.ring');
    await shot('orders', '/orders', '.order-row', { dark: false });
    await shot('hosted', mine, '.ring', { dark: false, act: async () => {
      await page.locator('.checkout .button').first().click();
      await page.locator('button[value=pay]').waitFor();
    } });
    await as(payer, power.sale);
    await shot('order-paid', `/order/${bought.order}`, '.result');
    await shootFrontDoor({ scene, page, shot, as, ...front_door });
    await shot('setup', '/setup?token=x', 'form', { dark: false, origin: server.admin });
    await shot('staff-sign-in', '/', 'form', { dark: false, origin: server.admin });
    await scene.signInStaff(page);
    await shot('console-sales', '/', 'tbody tr', { origin: server.admin });
    await shot('console-rush', `/sales/${rush.sale}`, '.bigs', { origin: server.admin, act: () => page.waitForTimeout(6_000) });
    await shot('console-sale', `/sales/${power.sale}`, '.bigs', { dark: false, origin: server.admin, act: () => page.locator('.buttons .button').first().click() });
    await shot('console-form', `/sales/${drafted.sale}/edit`, '.phone', { origin: server.admin });
    page.on('dialog', (dialog) => void dialog.accept());
    await shot('console-faults', '/new', '.phone', { dark: false, origin: server.admin, act: async () => {
      await page.locator('.editor-foot .actions button').first().click();
      await page.locator('.faults').waitFor();
    } });
    await shot('console-apply', '/new', '.editor', { dark: false, origin: server.admin, act: async () => {
      const file = JSON.stringify({ ...single, items: [{ ...single.items[0], stock: 0 }] }, null, 2);
      await page.locator('.editor-tools .tab').nth(1).click();
      await page.locator('#file').fill(file);
      await page.locator('.editor-foot button').first().click();
      await page.locator('#file-said .notice').waitFor();
    } });
    await shot('console-line', `/sales/${lined.sale}`, '.line-card', { origin: server.admin, act: () => page.waitForTimeout(4_000) });
    await shot('console-orders', '/orders', 'tbody tr', { dark: false, origin: server.admin });
    await shot('console-order', `/orders/${paid.order}`, '.facts', { dark: false, origin: server.admin });
    await shot('console-acts', '/acts', 'tbody tr', { dark: false, origin: server.admin });
    await shot('console-staff', '/staff', 'tbody tr', { dark: false, origin: server.admin });
    await context.close();
  }
}
shoppers?.kill?.('SIGTERM');
await browser.stop();
await server.stop();
console.log(`pictures are in ${folder}`);
process.exit(0);
