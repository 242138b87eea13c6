/**
 * JSONPath as printer columns use it: fields, indexes, slices, wildcards, filters.
 *
 * Models:     k8s.io/client-go/util/jsonpath (v1.36)
 * Simplified: no unions, no recursive descent, no {range}
 */
import { equalJson } from './json.ts';

type Step = (values: readonly unknown[]) => readonly unknown[];

const steps = new Map<string, readonly Step[] | null>();
const MAX_KEPT = 1000;

/** Everything that |path| (`.spec.size`, `.status.conditions[?(@.type=="Ready")].status`) finds. */
export function jsonPath(path: string, object: unknown): readonly unknown[] {
  let list = steps.get(path);
  if (list === undefined) {
    list = compile(path);
    if (steps.size > MAX_KEPT) steps.clear();
    steps.set(path, list);
  }
  if (list === null) return [];
  return list.reduce<readonly unknown[]>((values, step) => step(values), [object]);
}

const STEP =
  /^(?:\.?\[\?\((?<filter>[^)]*)\)\]|\.?\[(?<inside>[^\]]*)\]|\.(?<name>(?:\\.|[^.[\]\\])+)|(?<bare>(?:\\.|[^.[\]\\])+))/;

/** null = not a path. */
function compile(path: string): readonly Step[] | null {
  let rest = path.replace(/^\{|\}$/g, '');
  if (rest === '.') return [];
  const out: Step[] = [];
  while (rest !== '') {
    const { groups, 0: whole } = STEP.exec(rest) ?? {};
    if (groups === undefined || whole === undefined) return null;
    const { filter, inside, name, bare } = groups;
    if (filter !== undefined) out.push(filterStep(filter));
    else if (inside !== undefined) out.push(insideStep(inside));
    else out.push(fieldStep((name ?? bare ?? '').replace(/\\(.)/g, '$1')));
    rest = rest.slice(whole.length);
  }
  return out;
}

function fieldStep(name: string): Step {
  if (name === '*') return (values) => values.flatMap(childrenOf);
  if (name === '@' || name === '$') return (values) => values;
  return (values) => values.flatMap((value) => childOf(value, name));
}

function childOf(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : [];
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function insideStep(text: string): Step {
  const quoted = /^\s*(?:'([^']*)'|"([^"]*)")\s*$/.exec(text);
  if (quoted) return fieldStep(quoted[1] ?? quoted[2] ?? '');
  if (text.trim() === '*') return (values) => values.flatMap(childrenOf);
  const slice = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(\d+)\s*)?$/.exec(text);
  if (slice) {
    const [, from = '', to = '', by = ''] = slice;
    return (values) =>
      values.flatMap((value) => {
        if (!Array.isArray(value)) return [];
        const part = value.slice(
          from === '' ? 0 : Number(from),
          to === '' ? undefined : Number(to),
        ) as unknown[];
        const step = Math.max(1, Number(by || 1));
        return part.filter((_, i) => i % step === 0);
      });
  }
  const index = Number(text);
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value) || !Number.isInteger(index)) return [];
      const at = index < 0 ? value.length + index : index;
      return at in value ? [value[at] as unknown] : [];
    });
}

function filterStep(text: string): Step {
  const { groups } =
    /^\s*(?<left>.+?)\s*(?:(?<op>==|!=|<=|>=|<|>)\s*(?<right>.+?))?\s*$/.exec(text) ?? {};
  const left = operand(groups?.['left'] ?? '');
  const right = groups?.['right'] === undefined ? null : operand(groups['right']);
  const op = groups?.['op'] ?? '';
  return (values) =>
    values.flatMap(childrenOf).filter((item) => {
      const a = left(item);
      if (right === null) return a.length > 0;
      const b = right(item);
      return a.length > 0 && b.length > 0 && compare(a[0], b[0], op);
    });
}

function operand(text: string): (item: unknown) => readonly unknown[] {
  if (text.startsWith('@')) {
    const path = text.slice(1);
    return path === '' ? (item) => [item] : (item) => jsonPath(path, item);
  }
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(text);
  if (quoted) return () => [quoted[1] ?? quoted[2] ?? ''];
  if (text === 'true' || text === 'false') return () => [text === 'true'];
  const number = Number(text);
  return () => [Number.isNaN(number) ? text : number];
}

function compare(a: unknown, b: unknown, op: string): boolean {
  if (op === '==') return equalJson(a, b);
  if (op === '!=') return !equalJson(a, b);
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false;
  const [x, y] = [a, b as typeof a];
  if (op === '<') return x < y;
  if (op === '<=') return x <= y;
  return op === '>' ? x > y : x >= y;
}
