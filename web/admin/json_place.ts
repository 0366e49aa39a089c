// Where in a JSON text something stands: for pointing at the place that an error names.

export interface Place {
  offset: number;
  line: number;
  column: number;
}

export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { offset, line, column: offset - before.lastIndexOf('\n') };
}

// Finds the value (or, failing that, its nearest parent) of a path such as "items[1].stock" in a JSON text
// that parses. Null: not even the first step is there.
export function findPlace(text: string, path: string): Place | null {
  const steps = path.match(/[^.[\]]+/g) ?? [];
  let at = skip(text, 0);
  let found: number | null = null;
  for (const step of steps) {
    const next = text[at] === '[' ? element(text, at, Number(step)) : text[at] === '{' ? member(text, at, step) : null;
    if (next === null) break;
    found = at = next;
  }
  return found === null ? null : placeAt(text, found);
}

function skip(text: string, at: number): number {
  while (at < text.length && /[\s,:]/.test(text[at]!)) at += 1;
  return at;
}

// The end of the value that starts at `at`.
function end(text: string, at: number): number {
  if (text[at] === '"') {
    for (at += 1; at < text.length && text[at] !== '"'; ++at) if (text[at] === '\\') at += 1;
    return at + 1;
  }
  if (text[at] !== '{' && text[at] !== '[') {
    while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at += 1;
    return at;
  }
  for (at = skip(text, at + 1); at < text.length && text[at] !== '}' && text[at] !== ']';) at = skip(text, end(text, at));
  return at + 1;
}

function element(text: string, at: number, index: number): number | null {
  at = skip(text, at + 1);
  for (let i = 0; at < text.length && text[at] !== ']'; ++i) {
    if (i === index) return at;
    at = skip(text, end(text, at));
  }
  return null;
}

function member(text: string, at: number, name: string): number | null {
  at = skip(text, at + 1);
  while (at < text.length && text[at] !== '}') {
    const key_end = end(text, at);
    const key: unknown = JSON.parse(text.slice(at, key_end));
    at = skip(text, key_end);
    if (key === name) return at;
    at = skip(text, end(text, at));
  }
  return null;
}
