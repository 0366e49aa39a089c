// Calls of the HTTP API: JSON in, JSON out, a deadline on each, problems as values of one type.

export interface Problem {
  code: string;            // the API's stable code, or "offline" when no answer came
  status: number;          // 0: no answer
  detail: string;
  retry_after_ms: number;  // 0: not said
  trace_id: string;
  body: Record<string, unknown>;
}

export type Answer<T> = { ok: true; status: number; value: T; sent_ms: number } | { ok: false; problem: Problem };

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  json?: unknown;
  body?: string;           // JSON text that is sent as it is
  key?: string;            // Idempotency-Key
  headers?: Record<string, string>;
  anonymous?: boolean;     // no token, and no refresh of it
  deadline_ms?: number;
}

export interface Tokens {
  // A token that is still good, renewed first if that is needed; null: not signed in.
  current(): Promise<string | null>;
  // The token was refused: get another one. Null: signed out.
  renew(refused: string): Promise<string | null>;
}

const kDeadlineMs = 15_000;

export class Api {
  constructor(private readonly tokens: Tokens, public origin = '') {}

  async call<T>(path: string, options: Call = {}): Promise<Answer<T>> {
    const token = options.anonymous ? null : await this.tokens.current();
    const answer = await this.send<T>(path, options, token);
    if (answer.ok || answer.problem.status !== 401 || token === null) return answer;
    const fresh = await this.tokens.renew(token);
    return fresh === null ? answer : this.send<T>(path, options, fresh);
  }

  // A file: its bytes as they are. Problems are JSON as everywhere.
  async file(path: string): Promise<Answer<Blob>> {
    const token = await this.tokens.current();
    const sent_ms = Date.now();
    try {
      const ask = (with_token: string | null) => fetch(this.origin + path, {
        headers: with_token === null ? {} : { authorization: `Bearer ${with_token}` }, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(120_000) });
      let response = await ask(token);
      const fresh = response.status === 401 && token !== null ? await this.tokens.renew(token) : null;
      if (fresh !== null) response = await ask(fresh);
      if (response.ok) return { ok: true, status: response.status, value: await response.blob(), sent_ms };
      return { ok: false, problem: toProblem(response, (await response.json()) as Record<string, unknown>) };
    } catch {
      return { ok: false, problem: { code: 'offline', status: 0, detail: '', retry_after_ms: 0, trace_id: '', body: {} } };
    }
  }

  private async send<T>(path: string, options: Call, token: string | null): Promise<Answer<T>> {
    const headers: Record<string, string> = { ...options.headers, accept: 'application/json' };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    const body = options.body ?? (options.json === undefined ? null : JSON.stringify(options.json));
    if (body !== null) headers['content-type'] = 'application/json';
    if (options.key !== undefined) headers['idempotency-key'] = options.key;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), options.deadline_ms ?? kDeadlineMs);
    const sent_ms = Date.now();
    try {
      const response = await fetch(this.origin + path, {
        method: options.method ?? 'GET',
        headers,
        body,
        cache: 'no-cache',
        credentials: 'same-origin',
        referrerPolicy: 'same-origin',
        signal: abort.signal,
      });
      const text = await response.text();
      const value: unknown = text === '' ? {} : JSON.parse(text);
      if (response.ok) return { ok: true, status: response.status, value: value as T, sent_ms };
      return { ok: false, problem: toProblem(response, value as Record<string, unknown>) };
    } catch {
      return { ok: false, problem: { code: 'offline', status: 0, detail: '', retry_after_ms: 0, trace_id: '', body: {} } };
    } finally {
      clearTimeout(timer);
    }
  }
}

function toProblem(response: Response, body: Record<string, unknown>): Problem {
  const seconds = Number(response.headers.get('retry-after') ?? body['retry_after_seconds'] ?? 0);
  return {
    code: typeof body['code'] === 'string' ? body['code'] : `http_${response.status}`,
    status: response.status,
    detail: typeof body['detail'] === 'string' ? body['detail'] : '',
    retry_after_ms: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0,
    trace_id: typeof body['trace_id'] === 'string' ? body['trace_id'] : '',
    body,
  };
}

// A key that names one attempt: the same one goes with each repeat of it.
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
