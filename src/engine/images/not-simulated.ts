/**
 * Well-known servers that are there in name: a container of them says so and fails.
 *
 * Models: names, tags and sizes of the images in their registries.
 * Simplified: MongoDB, Cassandra, ZooKeeper, RabbitMQ, Elasticsearch, Kafka, memcached, HAProxy,
 * Prometheus and Grafana do not run.
 */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { absent, type Base, buildImage } from './build.ts';

interface Row {
  readonly repository: string;
  readonly what: string;
  readonly program: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** What `latest` is. */
  readonly latest?: string;
  readonly base?: Base;
}

const ROWS: readonly Row[] = [
  {
    repository: 'docker.io/library/mongo',
    what: 'MongoDB',
    program: '/usr/bin/mongod',
    sizes: { '4.0': 170_000_000, '6.0': 246_000_000, '7.0': 268_000_000, '8.0': 289_000_000 },
    latest: '8.0',
    base: 'ubuntu-22.04',
  },
  {
    repository: 'gcr.io/google-samples/cassandra',
    what: 'Cassandra',
    program: '/run.sh',
    sizes: { v13: 147_000_000, v14: 148_000_000 },
  },
  {
    repository: 'docker.io/library/cassandra',
    what: 'Cassandra',
    program: '/usr/sbin/cassandra',
    sizes: { '4.1': 119_000_000, '5.0': 125_000_000 },
    latest: '5.0',
  },
  {
    repository: 'registry.k8s.io/kubernetes-zookeeper',
    what: 'ZooKeeper',
    program: '/usr/bin/start-zookeeper',
    sizes: { '1.0-3.4.10': 102_000_000 },
  },
  {
    repository: 'docker.io/library/rabbitmq',
    what: 'RabbitMQ',
    program: '/usr/sbin/rabbitmq-server',
    sizes: { '3.13': 87_000_000, '4.1': 92_000_000 },
    latest: '4.1',
  },
  {
    repository: 'docker.io/library/memcached',
    what: 'memcached',
    program: '/usr/local/bin/memcached',
    sizes: { '1.4.36': 22_000_000, '1.6': 31_800_000 },
    latest: '1.6',
  },
  {
    repository: 'docker.io/library/elasticsearch',
    what: 'Elasticsearch',
    program: '/usr/share/elasticsearch/bin/elasticsearch',
    sizes: { '8.15.0': 647_000_000, '9.1.0': 680_000_000 },
  },
  {
    repository: 'docker.io/library/haproxy',
    what: 'HAProxy',
    program: '/usr/local/sbin/haproxy',
    sizes: { '3.2': 37_000_000 },
    latest: '3.2',
  },
  {
    repository: 'docker.io/prom/prometheus',
    what: 'Prometheus',
    program: '/bin/prometheus',
    sizes: { 'v3.5.0': 118_000_000 },
    latest: 'v3.5.0',
  },
  {
    repository: 'docker.io/grafana/grafana',
    what: 'Grafana',
    program: '/run.sh',
    sizes: { '12.1.0': 205_000_000 },
    latest: '12.1.0',
  },
  {
    repository: 'docker.io/library/jenkins',
    what: 'Jenkins',
    program: '/usr/local/bin/jenkins.sh',
    sizes: { '2.60.3': 319_000_000 },
    latest: '2.60.3',
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/sample-apiserver',
    what: 'the sample API server',
    program: '/sample-apiserver',
    sizes: { '1.17.7': 24_000_000, '1.29.2': 26_300_000 },
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/volume/nfs',
    what: 'an NFS server',
    program: '/usr/local/bin/run_nfs.sh',
    sizes: { '1.4': 95_800_000, '1.6.0': 97_000_000 },
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/volume/iscsi',
    what: 'an iSCSI server',
    program: '/usr/local/bin/run_iscsi_target.sh',
    sizes: { '2.6': 110_000_000, '2.7': 112_000_000 },
  },
  {
    repository: 'registry.k8s.io/e2e-test-images/regression-issue-74839',
    what: 'a server that injects TCP packets',
    program: '/regression-issue-74839',
    sizes: { '1.2': 1_700_000, '1.4': 1_800_000 },
  },
  {
    repository: 'registry.k8s.io/sig-storage/nfs-provisioner',
    what: 'an NFS provisioner',
    program: '/nfs-provisioner',
    sizes: { 'v4.0.8': 160_000_000 },
  },
];

export const notSimulatedImages: readonly ImageDefinition[] = ROWS.map((row) =>
  buildImage({
    repository: row.repository,
    sizes: row.sizes,
    ...(row.latest === undefined ? {} : { aliases: { latest: row.latest } }),
    ...(row.base === undefined ? {} : { base: row.base }),
    cmd: [row.program],
    programs: { [row.program]: absent(row.what) },
  }),
);
