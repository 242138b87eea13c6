/** Command-line flags of the headless programs: `--name value`, some repeatable, some without value. */

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface FlagSpec {
  /** Shown when the usage is wrong. */
  readonly usage: string;
  /** Flags with one value. */
  readonly values: readonly string[];
  readonly repeatable?: readonly string[];
  readonly switches?: readonly string[];
  /** Whether bare words are allowed. */
  readonly words?: boolean;
}

export interface Flags {
  readonly words: readonly string[];
  one(name: string): string | undefined;
  all(name: string): readonly string[];
  has(name: string): boolean;
  integer(name: string, fallback: number, min: number, max: number): number;
}

export function parseFlags(argv: readonly string[], spec: FlagSpec): Flags {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (!arg.startsWith('--')) {
      if (!spec.words) throw new UsageError(`unexpected argument "${arg}"`);
      words.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    if (spec.switches?.includes(name)) {
      values.set(name, ['true']);
      continue;
    }
    const repeatable = spec.repeatable?.includes(name) ?? false;
    if (!repeatable && !spec.values.includes(name)) throw new UsageError(`unknown flag --${name}`);
    const value = equals < 0 ? argv[++i] : arg.slice(equals + 1);
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    const list = values.get(name) ?? [];
    if (list.length > 0 && !repeatable) throw new UsageError(`--${name} was given twice`);
    list.push(value);
    values.set(name, list);
  }
  return {
    words,
    one: (name) => values.get(name)?.[0],
    all: (name) => values.get(name) ?? [],
    has: (name) => values.has(name),
    integer: (name, fallback, min, max) => {
      const text = values.get(name)?.[0];
      if (text === undefined) return fallback;
      const n = Number(text);
      if (!/^-?\d+$/.test(text) || n < min || n > max) {
        throw new UsageError(
          `--${name} must be a whole number from ${min} to ${max}, not "${text}"`,
        );
      }
      return n;
    },
  };
}

/** `90s`, `5m`, `1h`, `250ms`, `1m30s` → microseconds. */
export function parseDuration(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text) {
    throw new UsageError(`"${text}" is not a duration such as 90s, 5m or 1h`);
  }
  return Math.round(
    parts.reduce((sum, p) => sum + Number(p[1]) * (units[p[2] as string] as number), 0),
  );
}

/** 90 s or 30 min: what `parseDuration` reads, for a person. */
export function durationText(us: number): string {
  const seconds = us / 1e6;
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** Runs a program; bad usage is exit 2, a failure exit 1, and neither prints a stack. */
export function runMain(usage: string, main: () => number): void {
  if (printHelp(usage)) return;
  try {
    process.exitCode = main();
  } catch (error) {
    complain(usage, error);
  }
}

/** The same for a program that goes on until something outside ends it. */
export async function runLasting(usage: string, main: () => Promise<number>): Promise<void> {
  if (printHelp(usage)) return;
  try {
    process.exitCode = await main();
  } catch (error) {
    complain(usage, error);
  }
}

function printHelp(usage: string): boolean {
  if (!process.argv.includes('--help')) return false;
  process.stdout.write(`${usage}\n`);
  return true;
}

function complain(usage: string, error: unknown): void {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n${usage}\n`);
    process.exitCode = 2;
    return;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
