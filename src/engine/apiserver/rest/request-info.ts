/**
 * From a path to what it asks for.
 *
 * Models: k8s.io/apiserver pkg/endpoints/request/requestinfo.go (v1.36)
 */

export interface RequestInfo {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
  /** The path begins with `watch/`: an old way to ask for a watch. */
  readonly isWatch: boolean;
  /** No path of any resource goes on like this. */
  readonly isTooLong: boolean;
}

/** What was last asked about: authorization and routing look at the same path. */
let last: { readonly path: string; readonly info: RequestInfo | null } | null = null;

/** null when the path is not one of a resource. */
export function requestInfo(path: string): RequestInfo | null {
  if (last?.path !== path) last = { path, info: parse(path) };
  return last.info;
}

function parse(path: string): RequestInfo | null {
  const parts = path
    .split('/')
    .filter((p) => p !== '')
    .map(unescapePath);
  let rest: string[];
  let group = '';
  let version: string;
  if (parts[0] === 'api' && parts.length >= 3) {
    version = parts[1] as string;
    rest = parts.slice(2);
  } else if (parts[0] === 'apis' && parts.length >= 4) {
    group = parts[1] as string;
    version = parts[2] as string;
    rest = parts.slice(3);
  } else {
    return null;
  }
  const isWatch = rest[0] === 'watch' && rest.length > 1;
  if (isWatch) rest = rest.slice(1);
  const { namespace, rest: inside } = namespaced(rest);
  const [plural = '', name = '', subresource = ''] = inside;
  // What comes after is the business of the proxy.
  const isTooLong = inside.length > 3 && subresource !== 'proxy';
  return { group, version, namespace, plural, name, subresource, isWatch, isTooLong };
}

function namespaced(rest: readonly string[]): {
  readonly namespace: string;
  readonly rest: readonly string[];
} {
  if (rest[0] !== 'namespaces') return { namespace: '', rest };
  const namespace = rest[1] ?? '';
  // /namespaces/NAME[/status|finalize] is the namespace itself; deeper paths are inside of it.
  const isItself =
    rest.length < 3 || (rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize'));
  return { namespace, rest: isItself ? rest : rest.slice(2) };
}

function unescapePath(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
