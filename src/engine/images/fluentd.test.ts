/** A DaemonSet that reads the logs of its node, as the documentation has it. */
import { expect, it } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import { programsFor } from '../../kubectl/programs.ts';
import type { RunConfig } from '../../port/protocol.ts';
import { Session } from '../session.ts';

const CONFIG: RunConfig = {
  seed: 7,
  epoch: '2026-01-01T00:00:00Z',
  nodes: [{ name: 'node-1', cpu: '4', memory: '8Gi', pods: 110, zone: 'a' }],
  stopped: [],
};
const SECOND_US = 1_000_000;

const TALKER = `apiVersion: v1
kind: Pod
metadata: { name: talker }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: c, image: 'busybox:1.36', command: [sh, -c, 'echo early; echo bad >&2; sleep 30; echo late; sleep 600'] }
`;
const READER = `apiVersion: v1
kind: Pod
metadata: { name: fluentd }
spec:
  containers:
  - name: fluentd
    image: quay.io/fluentd_elasticsearch/fluentd:v5.0.1
    volumeMounts: [{ name: varlog, mountPath: /var/log }]
  volumes: [{ name: varlog, hostPath: { path: /var/log } }]
`;

it('logs of containers are files of the node for those who mount them', () => {
  const session = new Session(CONFIG, programsFor(kinds), { freeze: true });
  const pass = (seconds: number): void => {
    const { kernel } = session.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND_US);
  };
  const read = (): string =>
    session.cluster
      .logs('default/fluentd', 'fluentd')
      .map((line) => line.text)
      .join('\n');
  session.give({ type: 'apply', file: 't.yaml', text: TALKER });
  pass(5);
  session.give({ type: 'apply', file: 'f.yaml', text: READER });
  pass(15);
  expect(read()).toMatch(
    /#0 following tail of \/var\/log\/containers\/talker_default_c-[0-9a-f]{64}\.log\n/,
  );
  expect(read()).toMatch(
    /2026-01-01 00:00:0\d\.0+ \+0000 kubernetes\.var\.log\.containers\.talker_default_c-\S+: \{"stream":"stdout","log":"early","kubernetes":\{"pod_name":"talker","namespace_name":"default","container_name":"c"\}\}/,
  );
  expect(read()).toMatch(/"stream":"stderr","log":"bad"/);
  expect(read()).not.toMatch(/"log":"late"/);
  pass(20);
  expect(read()).toMatch(/"log":"late"/);
  const { files } = [...session.cluster.machines.values()][0] ?? {};
  expect(files?.list('/var/log/containers')).toHaveLength(2);
  session.give({ type: 'delete', object: 'Pod/default/talker', graceSeconds: 0 });
  pass(10);
  expect(files?.list('/var/log/containers')).toHaveLength(1);
});
