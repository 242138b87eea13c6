/**
 * What the proxy's subresource may be asked for: `web`, `web:80`, `https:web:443`.
 *
 * Models: k8s.io/apimachinery pkg/util/net util.go SplitSchemeNamePort (v1.36)
 */
export interface ProxyTarget {
  readonly name: string;
  /** A number or a name; '' = none was given. */
  readonly port: string;
}

const SCHEMES: readonly string[] = ['', 'http', 'https'];
/** Ports by the names that every machine knows (/etc/services). */
const NAMED_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** null for what is none. */
export function proxyTarget(id: string): ProxyTarget | null {
  const parts = id.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !name || !SCHEMES.includes(scheme ?? '')) return null;
  return { name, port: port ?? '' };
}

export function portNumber(port: string): number | undefined {
  return /^\d+$/.test(port) ? Number(port) : NAMED_PORTS[port];
}
