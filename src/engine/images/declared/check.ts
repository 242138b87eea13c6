/**
 * Whether something is the declaration of an image, in words for whoever wrote it. It comes from a
 * file or a form: it may be anything.
 */
import { quantitySign, tryParseQuantity } from '../../../api/meta/quantity.ts';
import type { ImageDeclaration } from '../../../port/protocol-image.ts';
import { parseImageName } from '../../node/runtime/image-name.ts';

/** A day: a run does not last longer by itself. */
const MAX_SECONDS = 86_400;
const MAX_PORT = 65_535;
const MAX_ENTRIES = 100;
const MAX_TEXT_LENGTH = 100_000;
const TAG = /^\w[\w.-]{0,127}$/;

type Json = Readonly<Record<string, unknown>>;
/** Adds to |problems| what is wrong with |value|; |where| names it. */
type Check = (value: unknown, where: string, problems: string[]) => void;

/** What is wrong with |value|; nothing: it is a declaration. */
export function declarationProblems(value: unknown): readonly string[] {
  const problems: string[] = [];
  record({ name: imageName }, OPTIONAL)(value, 'the image', problems);
  return problems;
}

/** The declaration; throws the words of what is wrong. */
export function readDeclaration(value: unknown): ImageDeclaration {
  const problems = declarationProblems(value);
  if (problems.length === 0) return value as ImageDeclaration;
  throw new Error(problems.join('; '));
}

const text: Check = (value, where, problems) => {
  if (typeof value !== 'string') problems.push(`${where} must be text`);
  else if (value.length > MAX_TEXT_LENGTH) problems.push(`${where} is too long`);
};

const truth: Check = (value, where, problems) => {
  if (typeof value !== 'boolean') problems.push(`${where} must be true or false`);
};

function number(least: number, most: number, whole: boolean): Check {
  return (value, where, problems) => {
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return;
    const kind = whole ? 'a whole number' : 'a number';
    problems.push(`${where} must be ${kind} from ${least} to ${most}`);
  };
}

const seconds = number(0, MAX_SECONDS, false);
/** Shorter than this is a loop that does nothing else. */
const interval = number(0.01, MAX_SECONDS, false);

const quantity: Check = (value, where, problems) => {
  const given = typeof value === 'number' ? String(value) : value;
  const good =
    typeof given === 'string' &&
    typeof tryParseQuantity(given) !== 'string' &&
    quantitySign(given) > 0;
  if (!good) problems.push(`${where} must be an amount such as 64Mi or 250m`);
};

const imageName: Check = (value, where, problems) => {
  if (typeof value !== 'string' || value === '') {
    problems.push(`${where} must be the name of an image such as shop/web`);
    return;
  }
  const name = parseImageName(value);
  if ('error' in name) problems.push(`${where} "${value}" is no image name: ${name.error}`);
  else if (name.digest !== '') problems.push(`${where} "${value}" must not have a digest`);
  else if (/:[^/]*$/.test(value.replace(/^[^/]*\//, ''))) {
    problems.push(`${where} "${value}" must not have a tag: tags are a list of their own`);
  }
};

const tag: Check = (value, where, problems) => {
  if (typeof value === 'string' && TAG.test(value)) return;
  problems.push(`${where} must be a tag such as 1.0`);
};

function list(of: Check): Check {
  return (value, where, problems) => {
    if (!Array.isArray(value)) problems.push(`${where} must be a list`);
    else if (value.length > MAX_ENTRIES)
      problems.push(`${where} has more than ${MAX_ENTRIES} entries`);
    else for (const [i, entry] of value.entries()) of(entry, `${where}[${i}]`, problems);
  };
}

function record(
  needed: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>>,
): Check {
  return (value, where, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push(`${where} must be a set of fields`);
      return;
    }
    const fields = value as Json;
    const nameOf = (field: string): string => (where === 'the image' ? field : `${where}.${field}`);
    for (const [field, check] of Object.entries(needed)) {
      if (fields[field] === undefined) problems.push(`${nameOf(field)} is missing`);
      else check(fields[field], nameOf(field), problems);
    }
    for (const [field, content] of Object.entries(fields)) {
      if (Object.hasOwn(needed, field)) continue;
      const check = Object.hasOwn(optional, field) ? optional[field] : undefined;
      if (check) check(content, nameOf(field), problems);
      else problems.push(`${nameOf(field)} is not known; there are ${known(needed, optional)}`);
    }
  };
}

function known(...fields: readonly object[]): string {
  return fields.flatMap((f) => Object.keys(f)).join(', ');
}

const BEHAVIOUR: Readonly<Record<string, Check>> = {
  startSeconds: seconds,
  exitAfterSeconds: seconds,
  exitCode: number(0, 255, true),
  crashEverySeconds: seconds,
  serve: list(
    record(
      { port: number(1, MAX_PORT, true) },
      { text, status: number(200, 599, true), delaySeconds: seconds },
    ),
  ),
  memory: quantity,
  memoryOverSeconds: seconds,
  cpu: quantity,
  lines: list(record({ text }, { everySeconds: interval, stderr: truth })),
  stopAfterSeconds: seconds,
  ignoreTerm: truth,
};

const behaviour: Check = (value, where, problems) => {
  record({}, BEHAVIOUR)(value, where, problems);
  const { exitAfterSeconds, crashEverySeconds } = (value ?? {}) as Json;
  if (exitAfterSeconds !== undefined && crashEverySeconds !== undefined) {
    problems.push(`${where} can have exitAfterSeconds or crashEverySeconds, not both`);
  }
};

const OPTIONAL: Readonly<Record<string, Check>> = {
  tags: list(tag),
  size: quantity,
  user: text,
  credentials: list(record({ username: text, password: text }, {})),
  behaviour,
};
