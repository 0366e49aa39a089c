// Gives the reader a file to keep.

import { h } from '../shared/dom';

export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = h('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
