import { h, patch } from '../shared/dom';
import type { OpenPage } from './context';
import { empty } from './parts';
import { t } from './texts';

export const openNotFound: OpenPage = (root, context) => {
  const page = {
    render() {
      context.title(t('not_found'));
      patch(root, empty(t('not_found'), t('not_found_lead'), h('a', { class: 'button', href: '/' }, t('all_sales'))));
    },
    stop() {},
  };
  page.render();
  return page;
};
