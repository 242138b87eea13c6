/**
 * Property names as CEL identifiers: `a-b` is read as `a__dash__b`.
 *
 * Models: k8s.io/apiserver pkg/cel/escaping.go (v1.36)
 */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while'
  ).split(' '),
);

const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};
const UNESCAPES: Readonly<Record<string, string>> = {
  underscores: '__',
  dot: '.',
  dash: '-',
  slash: '/',
};

/** The identifier for |name|, or undefined when CEL cannot reach it. */
export function escapeName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[./-]/g, (match) => ESCAPES[match] ?? match);
}

/** The property that |identifier| stands for, or undefined when its escapes are wrong. */
export function unescapeName(identifier: string): string | undefined {
  if (!identifier.includes('__')) return identifier;
  let ok = true;
  const name = identifier.replace(/__([^_]+)__/g, (match, inner: string) => {
    const plain = UNESCAPES[inner];
    if (plain !== undefined) return plain;
    if (!RESERVED.has(inner) || match.length !== identifier.length) ok = false;
    return inner;
  });
  return ok ? name : undefined;
}
