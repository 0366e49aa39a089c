// A "no" of the stand-in, as docs/http_api.md has it.
export class Refusal extends Error {
  constructor(status, code, detail, more = {}) {
    super(detail);
    Object.assign(this, { status, code, detail, more });
  }
}
