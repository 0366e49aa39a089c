// Builds and patches DOM trees. Text only ever becomes text nodes: nothing here parses markup, so nothing
// that a server or a sale file says can become script.

export type Child = Node | string | number | false | null | undefined | Child[];

type Handlers = {
  onclick?: (event: MouseEvent) => void;
  oninput?: (event: Event) => void;
  onchange?: (event: Event) => void;
  onsubmit?: (event: SubmitEvent) => void;
};

export type Props = Handlers & {
  // Custom properties and styles, set through CSSOM, which a strict style-src permits.
  css?: Record<string, string>;
  [attribute: string]: unknown;
};

const kHandlers = ['onclick', 'oninput', 'onchange', 'onsubmit'] as const;
const kSvg = 'http://www.w3.org/2000/svg';

function build(node: Element, props: Props | null, children: Child[]): void {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'css') {
      for (const [property, text] of Object.entries(value as Record<string, string>)) {
        (node as HTMLElement).style.setProperty(property, text);
      }
    } else if (typeof value === 'function') {
      (node as unknown as Record<string, unknown>)[name] = value;
    } else {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  append(node, children);
}

function append(node: Node, children: Child[]): void {
  for (const child of children) {
    if (child === false || child === null || child === undefined) continue;
    if (Array.isArray(child)) append(node, child);
    else node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, props?: Props | null, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  build(node, props ?? null, children);
  return node;
}

export function svg(tag: string, props?: Props | null, ...children: Child[]): SVGElement {
  const node = document.createElementNS(kSvg, tag);
  build(node, props ?? null, children);
  return node as SVGElement;
}

// Makes the children of `target` look like `children` with as few changes as possible, so that focus,
// scroll position, what was typed and running animations survive a re-render.
export function patch(target: Element, ...children: Child[]): void {
  const wanted = document.createDocumentFragment();
  append(wanted, children);
  patchChildren(target, wanted);
}

function keyOf(node: Node): string {
  return node instanceof Element ? node.nodeName + (node.getAttribute('data-key') ?? '') : node.nodeName;
}

function patchChildren(target: Node, wanted: Node): void {
  let old = target.firstChild;
  for (let fresh = wanted.firstChild; fresh !== null;) {
    const next_fresh: ChildNode | null = fresh.nextSibling;
    let match: ChildNode | null = old;
    while (match !== null && keyOf(match) !== keyOf(fresh)) match = match.nextSibling;
    if (match === null) {
      target.insertBefore(fresh, old);
    } else {
      while (old !== match && old !== null) {
        const gone: ChildNode = old;
        old = old.nextSibling;
        gone.remove();
      }
      old = match.nextSibling;
      patchNode(match, fresh);
    }
    fresh = next_fresh;
  }
  while (old !== null) {
    const gone: ChildNode = old;
    old = old.nextSibling;
    gone.remove();
  }
}

function patchNode(old: Node, fresh: Node): void {
  if (!(old instanceof Element) || !(fresh instanceof Element)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    // `open` belongs to the reader: a re-render must not shut what he has opened.
    if (name !== 'style' && name !== 'open' && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (name !== 'style' && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const style = (old as HTMLElement).style;
  const fresh_style = (fresh as HTMLElement).style;
  if (style.cssText !== fresh_style.cssText) style.cssText = fresh_style.cssText;
  const from = fresh as unknown as Record<string, unknown>;
  const to = old as unknown as Record<string, unknown>;
  for (const name of kHandlers) to[name] = from[name] ?? null;
  if (old.getAttribute('data-own') === null) patchChildren(old, fresh);
}

// A live region that speaks at most once in `interval_ms`, and then says the newest thing only.
export class Announcer {
  private said = '';
  private wanted = '';
  private timer: number | undefined;
  constructor(private readonly region: HTMLElement, private readonly interval_ms = 5000) {}

  say(text: string): void {
    this.wanted = text;
    if (this.timer !== undefined) return;
    this.speak();
  }

  private speak(): void {
    this.timer = undefined;
    if (this.wanted === this.said) return;
    this.said = this.wanted;
    this.region.textContent = this.said;
    this.timer = window.setTimeout(() => this.speak(), this.interval_ms);
  }
}
