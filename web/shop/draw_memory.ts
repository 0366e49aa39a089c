// The commitment to the draw that this browser saw before the opening: what is revealed later must match it.

function key(sale: string): string {
  return `onrush.draw.${sale}`;
}

// The first one counts: a changed one is what has to be noticed.
export function rememberCommitment(sale: string, commitment: string): void {
  try {
    if (localStorage.getItem(key(sale)) === null) localStorage.setItem(key(sale), commitment);
  } catch {
    // storage is switched off: the check says that there is nothing to compare with
  }
}

export function seenCommitment(sale: string): string | null {
  try {
    return localStorage.getItem(key(sale));
  } catch {
    return null;
  }
}
