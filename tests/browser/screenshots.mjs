// Pictures of every page, at 360×740 and 1280×800, in both languages, light and (the main ones) dark,
// into build/screenshots. Words as arguments choose pictures by name.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Scene, findServer, kRoot, startBrowser, visit } from './lab.mjs';

const folder = join(kRoot, 'build', 'screenshots');
const wanted = process.argv.slice(2);
if (wanted.length === 0) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const server = await findServer();
const browser = await startBrowser();
const scene = new Scene(server);

const power = { sale: scene.id('618'), title: { en: '618 midnight sale', zh: '618 零点秒杀' }, description: { en: 'A thousand power banks and ten phones. One per person, a minute to pay.', zh: '一千个充电宝，十部手机。每人限购一件，一分钟内付款。' },
  currency: 'CNY', hold_seconds: 1800, per_buyer: 1, opens_at: '+3h', closes_at: '+9h', items: [
    { item: 'power-bank', title: { en: 'Power bank 20,000 mAh', zh: '充电宝 20000 毫安时' }, description: { en: 'Two ports, 65 W.', zh: '双接口，65 瓦。' }, stock: 1000, price: 9900 },
    { item: 'phone', title: { en: 'Phone, 256 GB', zh: '手机 256 GB' }, description: { en: 'This year’s model, at half the price.', zh: '今年新款，半价。' }, stock: 2, price: 199900 }] };
const single = { sale: scene.id('concert'), title: { en: 'Harbour Nights, closing concert', zh: '港湾之夜 · 闭幕音乐会' }, description: { en: 'General admission, Saturday, doors at seven.', zh: '周六晚七点入场，不对号入座。' }, currency: 'EUR', hold_seconds: 600, per_buyer: 4,
  opens_at: '+50m', closes_at: '+9h', items: [{ item: 'ga', title: { en: 'General admission', zh: '普通入场券' }, description: { en: 'Standing, in front of the stage. Up to four for you and your friends.', zh: '站席，舞台前区域。最多可购四张。' }, stock: 1500, price: 4800 }] };
const over = { ...scene.file('over'), title: { en: 'Spring drop', zh: '春季限量' } };
await scene.define(single, 'announce');
await scene.define(power, 'announce', 'open');
await scene.define(over, 'announce', 'open');
const crowd = await Promise.all(Array.from({ length: 30 }, () => scene.buyer()));
for (const [i, buyer] of crowd.slice(0, 24).entries()) await scene.hold(buyer, power.sale, i < 3 ? 'phone' : 'power-bank');
const paid = await scene.hold(crowd[28], over.sale, 'poster');
await scene.act(over.sale, { act: 'close', reason: 'Sold enough' });
const buyer = crowd[3];
const order = (await scene.hold(buyer, power.sale, 'power-bank').catch(async () => null))?.order;
const waiting = crowd[2];

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
      await act?.();
      await page.waitForTimeout(350);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}-${locale.slice(0, 2)}.png`), fullPage: true });
    };
    await shot('sales', '/', '.sale-card');
    await shot('sale-before', `/s/${single.sale}`, '.countdown');
    await shot('sale-over', `/s/${over.sale}`, '.moment-closed', { dark: false });
    await shot('sign-in', '/sign-in', 'form', { dark: false });
    await scene.signIn(page, crowd[27], `/s/${power.sale}`);
    await shot('sale-open', `/s/${power.sale}`, '.item .button');
    await context.clearCookies();
    await scene.signIn(page, waiting, `/s/${power.sale}`).catch(() => {});
    await shot('sale-standby', `/s/${power.sale}`, '.item');
    await context.clearCookies();
    await page.evaluate(() => localStorage.removeItem('onrush.session'));
    await scene.signIn(page, buyer, `/s/${power.sale}`);
    await shot('sale-held', `/s/${power.sale}`, '.panel-held');
    const mine = await page.evaluate(() => document.querySelector('.panel-held a')?.getAttribute('href') ?? null);
    await shot('order', mine ?? `/order/${order}`, '.ring');
    await shot('orders', '/orders', '.order-row', { dark: false });
    await shot('setup', '/setup?token=x', 'form', { dark: false, origin: server.admin });
    await scene.signInStaff(page);
    await shot('console-sales', '/', 'tbody tr', { origin: server.admin });
    await shot('console-sale', `/sales/${power.sale}`, '.bigs', { origin: server.admin, act: async () => {
      await page.waitForTimeout(2500);
      await page.locator('.buttons .button').first().click();
    } });
    await shot('console-apply', '/new', 'textarea', { dark: false, origin: server.admin, act: async () => {
      await page.locator('.editor-tools button').click();
      await page.locator('.editor-foot button').click();
      await page.locator('.notice').waitFor();
    } });
    await shot('console-orders', '/orders', 'tbody tr', { dark: false, origin: server.admin });
    await shot('console-order', `/orders/${paid.order}`, '.facts', { dark: false, origin: server.admin });
    await shot('console-acts', '/acts', 'tbody tr', { dark: false, origin: server.admin });
    await shot('console-staff', '/staff', 'tbody tr', { dark: false, origin: server.admin });
    await context.close();
  }
}
await browser.stop();
await server.stop();
console.log(`pictures are in ${folder}`);
process.exit(0);
