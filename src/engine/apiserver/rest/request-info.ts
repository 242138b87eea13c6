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
}

/** null when the path is not one of a resource. */
export function requestInfo(path: string): RequestInfo | null {
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
  if (rest[0] !== 'namespaces') return info(group, version, '', rest);
  // /namespaces/NAME[/status|finalize] is the namespace itself; deeper paths are inside of it.
  if (rest.length < 3) return info(group, version, rest[1] ?? '', rest);
  if (rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize')) {
    return info(group, version, rest[1] as string, rest);
  }
  return info(group, version, rest[1] as string, rest.slice(2));
}

function info(
  group: string,
  version: string,
  namespace: string,
  rest: string[],
): RequestInfo | null {
  const [plural = '', name = '', subresource = ''] = rest;
  // What comes after is the business of the proxy.
  if (rest.length > 3 && subresource !== 'proxy') return null;
  return { group, version, namespace, plural, name, subresource };
}

function unescapePath(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
