/** The command line of curl: short options in one word, long ones with their value behind or after =. */

export interface CurlOptions {
  readonly urls: readonly string[];
  readonly outputs: readonly string[];
  readonly method: string | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly data: string | null;
  readonly account: string;
  readonly agent: string;
  /** `host:port` → address. */
  readonly resolve: ReadonlyMap<string, string>;
  /** 0: none. */
  readonly connectSeconds: number;
  readonly maxSeconds: number;
  readonly retries: number;
  readonly retryRefused: boolean;
  readonly writeOut: string;
  readonly silent: boolean;
  readonly showError: boolean;
  readonly fail: boolean;
  readonly follow: boolean;
  readonly head: boolean;
  readonly include: boolean;
  readonly verbose: boolean;
  readonly remoteName: boolean;
}

const AGENT = 'curl/8.14.1';

/** Options with a value. */
const VALUED: Readonly<Record<string, string>> = {
  A: 'user-agent',
  H: 'header',
  X: 'request',
  d: 'data',
  m: 'max-time',
  o: 'output',
  u: 'user',
  w: 'write-out',
};
const VALUED_LONG = [
  ...Object.values(VALUED),
  'cacert',
  'cert',
  'connect-timeout',
  'data-binary',
  'data-raw',
  'interface',
  'key',
  'resolve',
  'retry',
  'retry-delay',
  'retry-max-time',
  'url',
];

const SWITCHES: Readonly<Record<string, string>> = {
  '4': 'ipv4',
  I: 'head',
  L: 'location',
  O: 'remote-name',
  S: 'show-error',
  f: 'fail',
  g: 'globoff',
  i: 'include',
  k: 'insecure',
  N: 'no-buffer',
  q: 'disable',
  s: 'silent',
  v: 'verbose',
};
const SWITCHES_LONG = [
  ...Object.values(SWITCHES),
  'http1.1',
  'no-keepalive',
  'no-progress-meter',
  'progress-bar',
  'retry-all-errors',
  'retry-connrefused',
];

/** A text is what is wrong. */
export function readCurlOptions(args: readonly string[]): CurlOptions | string {
  const values = new Map<string, string[]>();
  const switches = new Set<string>();
  const urls: string[] = [];
  const words = [...args];
  const valueOf = (name: string, given: string | undefined): string | null => {
    const value = given ?? words.shift();
    if (value === undefined) return `option ${name}: requires parameter`;
    const known = values.get(name.replace(/^-+/, ''));
    if (known) known.push(value);
    else values.set(name.replace(/^-+/, ''), [value]);
    return null;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    let problem: string | null = null;
    if (word.startsWith('--')) problem = longOption(word, valueOf, switches);
    else if (word.startsWith('-') && word !== '-') problem = shortOptions(word, valueOf, switches);
    else urls.push(word);
    if (problem !== null) return problem;
  }
  urls.push(...(values.get('url') ?? []));
  if (urls.length === 0) return '(2) no URL specified';
  return options(urls, values, switches);
}

type TakeValue = (name: string, given: string | undefined) => string | null;

function longOption(word: string, valueOf: TakeValue, switches: Set<string>): string | null {
  const [name = '', given] = word.slice(2).split(/=(.*)/s, 2);
  if (VALUED_LONG.includes(name)) return valueOf(name, given);
  if (!SWITCHES_LONG.includes(name)) return `option ${word}: is unknown`;
  switches.add(name);
  return null;
}

function shortOptions(word: string, valueOf: TakeValue, switches: Set<string>): string | null {
  for (let i = 1; i < word.length; i++) {
    const letter = word[i] ?? '';
    const valued = VALUED[letter];
    if (valued !== undefined) {
      const rest = word.slice(i + 1);
      return valueOf(valued, rest === '' ? undefined : rest);
    }
    const known = SWITCHES[letter];
    if (known === undefined) return `option ${word}: is unknown`;
    switches.add(known);
  }
  return null;
}

function options(
  urls: readonly string[],
  values: ReadonlyMap<string, readonly string[]>,
  switches: ReadonlySet<string>,
): CurlOptions {
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const data = ['data', 'data-binary', 'data-raw'].flatMap((name) => values.get(name) ?? []);
  return {
    urls,
    outputs: values.get('output') ?? [],
    method: last('request') ?? null,
    headers: (values.get('header') ?? []).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const;
    }),
    data: data.length === 0 ? null : data.join('&'),
    account: last('user') ?? '',
    agent: last('user-agent') ?? AGENT,
    resolve: new Map(
      (values.get('resolve') ?? []).map((entry) => {
        const [host = '', port = '', address = ''] = entry.split(':');
        return [`${host}:${port}`, address] as const;
      }),
    ),
    connectSeconds: Number(last('connect-timeout') ?? 0),
    maxSeconds: Number(last('max-time') ?? 0),
    retries: Math.min(Number(last('retry') ?? 0), MAX_RETRIES),
    retryRefused: switches.has('retry-connrefused') || switches.has('retry-all-errors'),
    writeOut: last('write-out') ?? '',
    silent: switches.has('silent'),
    showError: switches.has('show-error'),
    fail: switches.has('fail'),
    follow: switches.has('location'),
    head: switches.has('head'),
    include: switches.has('include'),
    verbose: switches.has('verbose'),
    remoteName: switches.has('remote-name'),
  };
}

const MAX_RETRIES = 100;
