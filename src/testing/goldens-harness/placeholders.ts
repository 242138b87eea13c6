/**
 * Placeholders of recordings (`<uid:1>`, `<rv>`, `<time>`): an expected text with placeholders
 * matches an actual one if each placeholder stands for a value of its sort, and the same numbered
 * placeholder for the same value within a case.
 */

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const SECONDS = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d';

/** What each sort of placeholder may stand for. */
export type Sorts = Readonly<Record<string, string>>;

const SORTS: Sorts = {
  uid: UUID,
  rv: '\\d+',
  time: `${SECONDS}Z`,
  microtime: `${SECONDS}\\.\\d{6}Z`,
  ip: '10\\.96\\.\\d{1,3}\\.\\d{1,3}',
  port: '\\d+',
  rand: '[0-9a-z]+',
  age: '[0-9a-z<> ]+',
  continue: '[A-Za-z0-9_=-]+',
  token: '[A-Za-z0-9_.-]+',
  pem: '-----BEGIN [\\s\\S]*-----END [A-Z ]+-----\\n?',
  host: '[A-Za-z0-9.:-]+',
  server: '[A-Za-z0-9.:/-]+',
  id: '[A-Za-z0-9-]+',
};

const PLACEHOLDER = /<([A-Za-z-]+)(?::(\d+))?>/g;

export class Bindings {
  readonly #values = new Map<string, string>();
  /** Latest values of placeholders without a number, for requests that send an answer back. */
  readonly #latest = new Map<string, string>();
  readonly #patterns = new Map<string, Pattern | null>();
  readonly #sorts: Sorts;

  /** |more| are further sorts, or other forms of those that all recordings have. */
  constructor(more: Sorts = {}) {
    this.#sorts = { ...SORTS, ...more };
  }

  /** What is known so far, to be tried on something. */
  copy(): Bindings {
    const copy = new Bindings(this.#sorts);
    for (const [name, value] of this.#values) copy.#values.set(name, value);
    for (const [name, value] of this.#latest) copy.#latest.set(name, value);
    return copy;
  }

  get(placeholder: string): string | undefined {
    return this.#values.get(placeholder);
  }

  /** True when |actual| is what |expected| asks for; binds the placeholders it meets. */
  matches(expected: string, actual: string): boolean {
    if (expected === actual) return true;
    const pattern = this.#pattern(expected);
    if (pattern === null) return false;
    const found = pattern.regex.exec(actual);
    if (found === null) return false;
    const added = new Map<string, string>();
    for (let i = 0; i < pattern.names.length; i++) {
      const name = pattern.names[i] as string;
      const value = found[i + 1] as string;
      // <rv> and <time> without a number are each a value of their own.
      if (!name.includes(':')) {
        this.#latest.set(name, value);
        continue;
      }
      const known = this.#values.get(name) ?? added.get(name);
      if (known !== undefined && known !== value) return false;
      added.set(name, value);
    }
    for (const [name, value] of added) this.#values.set(name, value);
    return true;
  }

  /** A request with the values that its placeholders have had so far. */
  fill(text: string): string {
    return text.replace(PLACEHOLDER, (whole, sort: string, n?: string) =>
      n === undefined
        ? (this.#latest.get(sort) ?? whole)
        : (this.#values.get(`${sort}:${n}`) ?? whole),
    );
  }

  #pattern(expected: string): Pattern | null {
    let pattern = this.#patterns.get(expected);
    if (pattern === undefined) {
      pattern = compile(expected, this.#sorts);
      this.#patterns.set(expected, pattern);
    }
    return pattern;
  }
}

interface Pattern {
  readonly regex: RegExp;
  readonly names: readonly string[];
}

/** null = there is no placeholder in |expected|. */
function compile(expected: string, sorts: Sorts): Pattern | null {
  const names: string[] = [];
  let source = '';
  let at = 0;
  for (const match of expected.matchAll(PLACEHOLDER)) {
    const sort = sorts[match[1] as string];
    if (sort === undefined) continue;
    source += literal(expected.slice(at, match.index)) + `(${sort})`;
    names.push(match[2] === undefined ? (match[1] as string) : `${match[1]}:${match[2]}`);
    at = match.index + match[0].length;
  }
  if (names.length === 0) return null;
  return { regex: new RegExp(`^${source}${literal(expected.slice(at))}$`), names };
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
