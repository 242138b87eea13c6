/**
 * What the API server asks the kubelet of a node for, and what that answers: the little of HTTP that
 * goes between the two.
 *
 * Models: the kubelet's own API (kubernetes pkg/kubelet/server/server.go, v1.36)
 */

export interface NodeRequest {
  readonly node: string;
  /** `/containerLogs/default/web/nginx`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface NodeAnswer {
  readonly code: number;
  readonly text: string;
  /** More may come: |write| is called with each piece, |end| after the last; the answer stops it. */
  readonly follow?: (write: (text: string) => void, end: () => void) => () => void;
}

/** Reaches a kubelet; null = nobody answers there. */
export type NodeDial = (request: NodeRequest) => NodeAnswer | null;
