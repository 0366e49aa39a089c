// What journeys check on every page: no script errors, nothing that the policy refused, no requests to other hosts,
// no accessibility violations, no sideways scrolling.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe_source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const button = (page, name) => page.getByRole('button', { name });

// Opens a page that fails the journey on script errors, refused styles or scripts, and foreign requests.
export function watcher(server) {
  return async (context) => {
    const page = await context.newPage();
    const hosts = new Set([server.general, server.admin].map((url) => new URL(url).hostname).concat('localhost'));
    page.faults = [];
    page.on('pageerror', (error) => page.faults.push(`script error: ${error.message}`));
    page.on('console', (message) => { if (/Content Security Policy|Refused to/.test(message.text())) page.faults.push(message.text()); });
    page.on('request', (request) => { if (!hosts.has(new URL(request.url()).hostname) && !request.url().startsWith('data:')) page.faults.push(`foreign request: ${request.url()}`); });
    return page;
  };
}

export function clean(...pages) {
  for (const page of pages) assert.deepEqual(page.faults, []);
}

export async function noViolations(page, what) {
  // Through the debugger, so that the pages' own policy stays in force for everything else.
  await page.evaluate(axe_source);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(found.violations.map((violation) => `${what}: ${violation.id}: ${violation.nodes.map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`), []);
}

export async function noSidewaysScroll(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${what} is ${wide} px too wide`);
}
