/**
 * What a learner sees when an image cannot be had: every way of it, in a cluster, with its reason,
 * its Events and its texts; and that it heals.
 */
import { describe, expect, it } from 'vitest';
import type { Event, Pod } from '../../../api/generated/types.ts';
import { kinds } from '../../../api/kinds/index.ts';
import { programsFor } from '../../../kubectl/programs.ts';
import type { Command, CommandResult, RunConfig } from '../../../port/protocol.ts';
import { Session } from '../../session.ts';

const CONFIG: RunConfig = {
  seed: 7,
  epoch: '2026-01-01T00:00:00Z',
  nodes: [{ name: 'node-1', cpu: '4', memory: '8Gi', pods: 110, zone: 'a' }],
  stopped: [],
};
const SECOND_US = 1_000_000;

function begin(config: RunConfig = CONFIG): Session {
  return new Session(config, programsFor(kinds), { freeze: true });
}

function give(session: Session, command: Command): CommandResult {
  const results: CommandResult[] = [];
  session.give(command, (result) => results.push(result));
  session.cluster.kernel.runUntil(() => results.length > 0, {
    maxTime: session.cluster.kernel.now + 60 * SECOND_US,
  });
  const [result] = results;
  if (!result) throw new Error(`${command.type} did not end`);
  return result;
}

interface Wish {
  readonly image: string;
  readonly name?: string;
  readonly policy?: string;
  readonly secret?: string;
}

function apply(session: Session, { image, name = 'p', policy, secret }: Wish): void {
  const pull = policy === undefined ? '' : `, imagePullPolicy: ${policy}`;
  const secrets = secret === undefined ? '' : `\n  imagePullSecrets: [{ name: ${secret} }]`;
  const text = `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:${secrets}
  containers: [{ name: c, image: '${image}', command: [sleep, '3600']${pull} }]
`;
  give(session, { type: 'apply', file: 'p.yaml', text });
}

function secret(session: Session, name: string, auths: object): void {
  const json = JSON.stringify({ auths });
  const text = `apiVersion: v1
kind: Secret
metadata: { name: ${name} }
type: kubernetes.io/dockerconfigjson
stringData: { .dockerconfigjson: '${json}' }
`;
  expect(give(session, { type: 'apply', file: 's.yaml', text }).stderr).toBe('');
}

function run(session: Session, seconds: number): void {
  const { kernel } = session.cluster;
  kernel.runUntil(kernel.now + seconds * SECOND_US);
}

function stateOf(session: Session, name = 'p'): { reason: string; message: string } {
  const pods = session.cluster.server.store.range(`/registry/pods/default/${name}`);
  const pod = pods[0]?.value.object as Pod | undefined;
  const state = pod?.status.containerStatuses?.[0]?.state;
  if (state?.running) return { reason: 'Running', message: '' };
  return { reason: state?.waiting?.reason ?? '', message: state?.waiting?.message ?? '' };
}

function events(session: Session, name = 'p'): readonly string[] {
  return session.cluster.server.store
    .range('/registry/events/default/')
    .map((kv) => kv.value.object as unknown as Event)
    .filter((e) => e.involvedObject.name === name)
    .map((e) => `${e.type} ${e.reason} ${e.message}`);
}

const HUB = 'http://172.30.0.2:5000/v2';
const FAILED = 'failed to pull and unpack image';

const ROWS: readonly (readonly [string, Wish, string, string])[] = [
  [
    'a misspelt name',
    { image: 'ngnix' },
    'ErrImagePull',
    `rpc error: code = NotFound desc = ${FAILED} "docker.io/library/ngnix:latest": failed to resolve image: docker.io/library/ngnix:latest: not found`,
  ],
  [
    'a tag that is not there',
    { image: 'nginx:1.99' },
    'ErrImagePull',
    `rpc error: code = NotFound desc = ${FAILED} "docker.io/library/nginx:1.99": failed to resolve image: docker.io/library/nginx:1.99: not found`,
  ],
  [
    'a private image',
    { image: 'acme/private:1' },
    'ErrImagePull',
    `${FAILED} "docker.io/acme/private:1": failed to resolve image: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
  ],
  [
    'too many pulls',
    { image: 'limited/app:1' },
    'ErrImagePull',
    `${FAILED} "docker.io/limited/app:1": failed to resolve image: unexpected status from HEAD request to ${HUB}/limited/app/manifests/1?ns=docker.io: 429 Too Many Requests`,
  ],
  [
    'a registry that nobody has heard of',
    { image: 'registry.invalid/app:1' },
    'ErrImagePull',
    `${FAILED} "registry.invalid/app:1": failed to resolve image: failed to do request: Head "https://registry.invalid/v2/app/manifests/1": dial tcp: lookup registry.invalid on 172.30.0.2:53: no such host`,
  ],
];

describe('an image that cannot be had', () => {
  it.each(ROWS)('%s', (_name, wish, reason, message) => {
    const session = begin();
    apply(session, wish);
    run(session, 5);
    expect(stateOf(session)).toEqual({ reason, message });
    run(session, 15);
    const { image } = wish;
    expect(events(session)).toEqual(
      expect.arrayContaining([
        `Warning Failed Failed to pull image "${image}": ${message}`,
        'Warning Failed Error: ErrImagePull',
        `Normal BackOff Back-off pulling image "${image}"`,
        'Warning Failed Error: ImagePullBackOff',
      ]),
    );
    expect(['ErrImagePull', 'ImagePullBackOff']).toContain(stateOf(session).reason);
  });

  it('a name that is none', () => {
    const session = begin();
    apply(session, { image: 'Nginx:1' });
    run(session, 5);
    const message =
      'Failed to apply default image tag "Nginx:1": couldn\'t parse image name "Nginx:1": ' +
      'invalid reference format: repository name (library/Nginx) must be lowercase';
    expect(stateOf(session)).toEqual({ reason: 'InvalidImageName', message });
    expect(events(session)).toContain(`Warning InspectFailed ${message}`);
  });

  it('an image that is not there and must not be pulled', () => {
    const session = begin();
    apply(session, { image: 'nginx:1.27', policy: 'Never' });
    run(session, 5);
    const message = 'Container image "nginx:1.27" is not present with pull policy of Never';
    expect(stateOf(session)).toEqual({ reason: 'ErrImageNeverPull', message });
    expect(events(session)).toContain(`Warning ErrImageNeverPull ${message}`);
  });

  it('an image for another processor', () => {
    const session = begin();
    apply(session, { image: 'arm64v8/busybox:1.36' });
    run(session, 10);
    const lines = session.cluster.logs('default/p', 'c').map((line) => line.text);
    expect(lines.at(-1)).toBe('exec /bin/sleep: exec format error');
    run(session, 200);
    expect(events(session)).toContainEqual(
      expect.stringMatching(
        /^Warning BackOff Back-off restarting failed container c in pod p_default/,
      ),
    );
  });

  it('a back-off that doubles, and the words of the last failure', () => {
    const session = begin();
    apply(session, { image: 'nginx:1.99' });
    run(session, 16);
    expect(stateOf(session).message).toMatch(
      /^(rpc error|Back-off pulling image "nginx:1\.99": ErrImagePull: rpc error)/,
    );
    run(session, 600);
    const pulls = session.cluster.server.store
      .range('/registry/events/default/')
      .map((kv) => kv.value.object as unknown as Event)
      .find((e) => e.reason === 'Pulling');
    // 10, 20, 40, 80, 160 and 300 s with up to half more each: 6 or 7 pulls in ten minutes.
    expect(pulls?.count).toBeGreaterThanOrEqual(5);
    expect(pulls?.count).toBeLessThanOrEqual(7);
  });
});

describe('private images', () => {
  const account = (password: string): object => ({
    'https://index.docker.io/v1/': { username: 'acme', password },
  });

  it('come with the credentials of a Secret', () => {
    const session = begin();
    secret(session, 'regcred', account('acme-secret'));
    apply(session, { image: 'acme/private:1', secret: 'regcred' });
    run(session, 5);
    expect(stateOf(session).reason).toBe('Running');
    // Who has no credentials does not get it either, although it is on the node.
    apply(session, { image: 'acme/private:1', name: 'other' });
    run(session, 5);
    expect(stateOf(session, 'other').message).toMatch(/pull access denied/);
  });

  it('the example of the documentation, with a ServiceAccount that has the Secret', () => {
    const session = begin();
    secret(session, 'regcred', {
      'your.private.registry.example.com': { username: 'janedoe', password: 'xxxxxxxxxxx' },
    });
    const text = `apiVersion: v1
kind: ServiceAccount
metadata: { name: puller }
imagePullSecrets: [{ name: regcred }]
---
apiVersion: v1
kind: Pod
metadata: { name: private-image-test-1 }
spec:
  serviceAccountName: puller
  restartPolicy: Never
  containers:
  - name: uses-private-image
    image: your.private.registry.example.com/janedoe/jdoe-private:v1
    imagePullPolicy: Always
    command: [ "echo", "SUCCESS" ]
`;
    expect(give(session, { type: 'apply', file: 'p.yaml', text }).stderr).toBe('');
    run(session, 10);
    const lines = session.cluster.logs('default/private-image-test-1', 'uses-private-image');
    expect(lines.map((line) => line.text)).toEqual(['SUCCESS']);
  });

  it('do not come with a wrong password', () => {
    const session = begin();
    secret(session, 'regcred', account('wrong'));
    apply(session, { image: 'acme/private:1', secret: 'regcred' });
    run(session, 5);
    expect(stateOf(session).message).toBe(
      `${FAILED} "docker.io/acme/private:1": failed to resolve image: failed to authorize: failed to fetch oauth token: unexpected status from GET request to http://172.30.0.2:5000/token?scope=repository%3Aacme%2Fprivate%3Apull&service=docker.io: 401 Unauthorized`,
    );
  });

  it('a Secret that is missing is told', () => {
    const session = begin();
    apply(session, { image: 'acme/private:1', secret: 'regcred' });
    run(session, 5);
    expect(events(session)).toContain(
      'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
    );
  });
});

describe('a registry that is down', () => {
  it('refuses connections until it is back', () => {
    const session = begin();
    give(session, { type: 'set-registry', domain: 'docker.io', down: true });
    apply(session, { image: 'busybox:1.36' });
    run(session, 5);
    expect(stateOf(session)).toEqual({
      reason: 'ErrImagePull',
      message: `${FAILED} "docker.io/library/busybox:1.36": failed to resolve image: failed to do request: Head "${HUB}/library/busybox/manifests/1.36?ns=docker.io": dial tcp 172.30.0.2:5000: connect: connection refused`,
    });
    give(session, { type: 'set-registry', domain: 'docker.io', down: false });
    run(session, 40);
    expect(stateOf(session).reason).toBe('Running');
  });

  it('must be one that there is', () => {
    const session = begin();
    const { stderr } = give(session, { type: 'set-registry', domain: 'nowhere', down: true });
    expect(stderr).toMatch(/^error: there is no registry "nowhere"; there are: docker\.io, /);
  });
});

describe('images of the reader', () => {
  it('are pulled like others, and replayed', () => {
    const session = begin();
    const image = { name: 'shop.example/web', tags: ['1'], behaviour: { exitAfterSeconds: 1 } };
    expect(give(session, { type: 'declare-image', image }).stdout).toBe(
      'image shop.example/web:1 declared\n',
    );
    apply(session, { image: 'shop.example/web:1' });
    run(session, 5);
    expect(events(session).some((e) => e.includes('Successfully pulled image'))).toBe(true);
    const again = Session.open(session.save(), programsFor(kinds), { freeze: true });
    expect(again.cluster.kernel.trace.hash).toBe(session.cluster.kernel.trace.hash);
  });

  it('are refused in words', () => {
    const image = { name: 'Web' };
    expect(give(begin(), { type: 'declare-image', image }).stderr).toMatch(
      /^error: name "Web" is no image name/,
    );
  });
});
