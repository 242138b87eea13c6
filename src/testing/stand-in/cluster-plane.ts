/** A whole cluster whose kubelets are stand-ins: real API server, controllers and scheduler. */
import { Namespace } from '../../api/kinds/namespace.ts';
import { Cluster, type ClusterOptions } from '../../engine/cluster.ts';
import type { RunConfig } from '../../port/protocol.ts';
import { Plane } from './plane.ts';

const EPOCH = '2026-01-01T00:00:00Z';

export interface ClusterPlaneOptions extends ClusterOptions {
  readonly seed: number;
  readonly config?: Partial<RunConfig>;
}

export class ClusterPlane extends Plane {
  readonly cluster: Cluster;

  constructor({ seed, config = {}, ...options }: ClusterPlaneOptions) {
    const cluster = new Cluster(
      { seed, epoch: EPOCH, nodes: [], stopped: [], ...config },
      { traceCapacity: 400_000, ...options },
    );
    super(cluster.server);
    this.cluster = cluster;
  }

  /** Makes a namespace that is not there yet. */
  namespace(name: string): void {
    if (this.read(this.admin.get(Namespace, '', name)) === undefined) {
      this.do(this.admin.create(Namespace, { metadata: { name } }));
    }
  }
}
