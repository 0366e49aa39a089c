// A page whose script is loaded when somebody goes there.

import { h, patch } from '../shared/dom';
import type { OpenPage, Page } from './context';
import { notice, skeleton } from './parts';
import { t } from './texts';

export function later(load: () => Promise<{ open: OpenPage }>): OpenPage {
  return (root, context, argument) => {
    let page: Page | null = null;
    let stopped = false;
    let failed = false;
    const render = () => (page === null ? patch(root, failed
      ? notice('warn', t('load_failed'), ' ', h('button', { class: 'link', type: 'button', onclick: attempt }, t('try_again'))) : skeleton()) : page.render());
    function attempt(): void {
      failed = false;
      render();
      load().then((script) => {
        if (!stopped) page = script.open(root, context, argument);
      }, () => {
        failed = true;
        if (!stopped) render();
      });
    }
    attempt();
    return {
      render,
      account: () => (page?.account ? page.account() : render()),
      stop: () => {
        stopped = true;
        page?.stop();
      },
    };
  };
}
