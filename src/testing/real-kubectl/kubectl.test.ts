/** The real kubectl against `serve`: what an engineer does with a cluster, command by command. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG, KUSTOMIZATION, ONE_OF_EACH, WEB } from './manifests.ts';
import { KUBECTL, ServedCluster } from './served-cluster.ts';

const served = new ServedCluster();
const kubectl = served.kubectl.bind(served);
const refused = served.refused.bind(served);

describe.skipIf(KUBECTL === '')('kubectl', () => {
  beforeAll(async () => {
    await served.start();
    served.write('web.yaml', WEB);
    served.write('settings.yaml', CONFIG);
  });
  afterAll(() => served.stop());

  describe('objects', () => {
    it('are created', async () => {
      expect(await kubectl('create namespace team')).toBe('namespace/team created\n');
      expect(await kubectl('create -f settings.yaml -n team')).toBe('configmap/settings created\n');
      expect(await refused('create -f settings.yaml -n team')).toContain('(AlreadyExists)');
      await kubectl('create deployment made -n team --image=registry.k8s.io/pause:3.10');
      await kubectl('create job once -n team --image=busybox:1.36 -- true');
      await kubectl('create secret generic key -n team --from-literal=a=b');
      await kubectl('create role reader -n team --verb=get,list --resource=pods');
      await kubectl('create rolebinding reader -n team --role=reader --user=jane');
      expect(await kubectl('create token default -n team')).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(await refused('create configmap Bad_Name')).toContain('is invalid: metadata.name');
    });

    it('are applied by the client', async () => {
      expect(await kubectl('apply -f settings.yaml')).toBe('configmap/settings created\n');
      expect(await kubectl('apply -f settings.yaml')).toBe('configmap/settings unchanged\n');
      const green = CONFIG.replace('blue', 'green').replace('  size: large\n', '');
      expect(await kubectl('apply -f -', { stdin: green })).toBe('configmap/settings configured\n');
      expect(await kubectl('get cm settings -o jsonpath={.data}')).toBe('{"color":"green"}');
      const items = CONFIG.replaceAll('\n', '\n  ').trimEnd().replace('settings', 'listed');
      const list = `apiVersion: v1\nkind: List\nitems:\n- ${items}\n`;
      expect(await kubectl('apply -f -', { stdin: list })).toBe('configmap/listed created\n');
      const typo = CONFIG.replace('\ndata:', '\ndtaa:');
      expect(await refused('apply -f -', { stdin: typo })).toContain('unknown field "dtaa"');
    });

    it('are compared', async () => {
      const ran = await served.run(['diff', '-f', 'settings.yaml']);
      expect(ran.exitCode).toBe(1);
      expect(ran.stdout).toContain('-  color: green\n+  color: blue\n');
      await kubectl('apply -f settings.yaml');
      expect(await kubectl('diff -f settings.yaml')).toBe('');
    });

    it('are applied by the server, with conflicts', async () => {
      const one = 'apply --server-side --field-manager=one -f -';
      const two = 'apply --server-side --field-manager=two -f -';
      const owned = CONFIG.replace('settings', 'owned');
      expect(await kubectl(one, { stdin: owned })).toBe('configmap/owned serverside-applied\n');
      const other = owned.replace('blue', 'red');
      expect(await refused(two, { stdin: other })).toContain('conflict with "one": .data.color');
      await kubectl(`${two} --force-conflicts`, { stdin: other });
      const owners = await kubectl(
        "get cm owned --show-managed-fields -o jsonpath='{.metadata.managedFields[*].manager}'",
      );
      expect(owners.split(' ').toSorted()).toEqual(['one', 'two']);
    });

    it('are edited, patched, labelled, annotated', async () => {
      const env = { KUBE_EDITOR: 'sed -i s/blue/purple/' };
      expect(await kubectl('edit cm settings', { env })).toBe('configmap/settings edited\n');
      await kubectl(`patch cm settings --type=merge -p '{"data":{"a":"1"}}'`);
      await kubectl(`patch cm settings --type=json -p '[{"op":"remove","path":"/data/size"}]'`);
      await kubectl('label cm settings tier=front');
      await kubectl('annotate cm settings note=x');
      expect(await refused('label cm settings tier=back')).toContain('already has a value (front)');
      await kubectl('label cm settings tier-');
      const data = await kubectl('get cm settings -o jsonpath={.data}{.metadata.labels}');
      expect(data).toBe('{"a":"1","color":"purple"}');
    });
  });

  describe('workloads', () => {
    it('roll out', async () => {
      await kubectl('apply -f web.yaml');
      expect(await kubectl('rollout status deploy/web --timeout=40s')).toContain(
        'deployment "web" successfully rolled out',
      );
      await kubectl('wait deploy/web --for=condition=Available --timeout=20s');
      expect(await kubectl('get deploy web --no-headers')).toMatch(/^web +2\/2 +2 +2 /);
    });

    it('scale', async () => {
      await kubectl('scale deploy web --replicas=3');
      await kubectl('rollout status deploy/web --timeout=40s');
      expect(await kubectl('get deploy web -o jsonpath={.status.readyReplicas}')).toBe('3');
      expect(await refused('scale deploy web --replicas=1 --current-replicas=7')).toContain(
        'Expected replicas to be 7, was 3',
      );
      await kubectl('autoscale deploy web --min=1 --max=5 --cpu=80%');
      expect(await kubectl('get hpa web --no-headers')).toMatch(/^web +Deployment\/web /);
      await kubectl('delete hpa web');
    });

    it('are set, undone, paused, restarted', async () => {
      await kubectl('set image deploy/web main=registry.k8s.io/pause:3.9');
      await kubectl('annotate deploy web kubernetes.io/change-cause=older');
      await kubectl('rollout status deploy/web --timeout=40s');
      expect(await kubectl('rollout history deploy/web')).toMatch(/\n1 +<none>\n2 +older\n/);
      await kubectl('rollout undo deploy/web');
      await kubectl('rollout status deploy/web --timeout=40s');
      const image = "get deploy web -o jsonpath='{..image}'";
      expect(await kubectl(image)).toBe('registry.k8s.io/pause:3.10');
      await kubectl('rollout pause deploy/web');
      await kubectl('set env deploy/web A=b');
      expect(await kubectl('rollout status deploy/web --watch=false')).toContain('Waiting for');
      await kubectl('rollout resume deploy/web');
      await kubectl('set resources deploy/web --requests=cpu=10m');
      await kubectl('rollout restart deploy/web');
      await kubectl('rollout status deploy/web --timeout=40s');
    });

    it('are exposed', async () => {
      expect(await kubectl('expose deploy web --port=80')).toBe('service/web exposed\n');
      expect(await kubectl('get svc web --no-headers')).toMatch(/^web +ClusterIP +10\.96\./);
    });
  });

  describe('nodes', () => {
    it('are cordoned, drained, tainted', async () => {
      await kubectl('cordon node-1');
      const asked = await kubectl('drain node-1 --ignore-daemonsets --force --timeout=40s');
      expect(asked).toContain('node/node-1 drained');
      const left = 'get pods --field-selector=spec.nodeName=node-1 -o name';
      expect(await kubectl(left)).toBe('');
      await kubectl('uncordon node-1');
      await kubectl('taint node node-2 reserved=yes:NoSchedule');
      expect(await kubectl('describe node node-2')).toContain('reserved=yes:NoSchedule');
      await kubectl('taint node node-2 reserved-');
    });
  });

  describe('looking', () => {
    it('explains, lists kinds and rights', async () => {
      expect(await kubectl('explain pod.spec.containers')).toContain(
        'FIELD: containers <[]Container>',
      );
      expect(await kubectl('api-resources')).toMatch(
        /^deployments +deploy +apps\/v1 +true +Deployment$/m,
      );
      expect(await kubectl('api-versions')).toContain('apps/v1\n');
      expect(await kubectl('auth can-i --list')).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
      expect(await kubectl('auth can-i create pods')).toBe('yes\n');
      expect((await served.run(['auth', 'can-i', 'get', 'pods', '--as=jane'])).stdout).toBe('no\n');
      expect(await kubectl('auth can-i get pods -n team --as=jane')).toBe('yes\n');
      expect(await kubectl('auth whoami')).toContain('kubernetes-admin');
      expect(await kubectl('version')).toContain('Server Version: v1.36.3');
      expect(await kubectl('cluster-info')).toContain('Kubernetes control plane');
    });

    it.each([
      ['wide', /NODE +NOMINATED NODE/],
      ['json', /^\{\n {4}"apiVersion": "v1",/],
      ['yaml', /^apiVersion: v1\nitems:\n/],
      ['kyaml', /^---\n\{\n {2}apiVersion: "v1",/],
      ['name', /^pod\/web-/],
      ["jsonpath='{.items[*].kind}'", /^Pod Pod/],
      ["jsonpath-as-json='{.items[0].kind}'", /^\[\n {4}"Pod"\n\]/],
      ["go-template='{{len .items}}'", /^\d$/],
      ['custom-columns=N:.metadata.name', /^N\nweb-/],
    ])('gets with -o %s', async (form, text) => {
      expect(await kubectl(`get pods -l app=web -o ${form}`)).toMatch(text);
    });

    it('watches', async () => {
      const watching = served.run(['get', 'cm', '-w', '--output-watch-events', '-l', 'seen=yes'], {
        until: /DELETED/,
      });
      const table = served.run(['get', 'pods', '-w', '-l', 'app=web'], { until: /web-/ });
      await new Promise((resolve) => setTimeout(resolve, 500));
      await kubectl('create cm seen');
      await kubectl('label cm seen seen=yes');
      await kubectl('label cm seen more=yes');
      await kubectl('delete cm seen');
      const events = (await watching).stdout.split('\n').map((line) => line.split(/ +/)[0]);
      expect(events.slice(0, 4)).toEqual(['EVENT', 'ADDED', 'MODIFIED', 'DELETED']);
      expect((await table).stdout).toMatch(/^NAME +READY +STATUS/);
    });

    it('describes every kind', async () => {
      await kubectl('apply -f -', { stdin: ONE_OF_EACH });
      const kinds = (await kubectl('api-resources --verbs=list -o name')).trim().split('\n');
      expect(kinds.length).toBeGreaterThan(50);
      for (const kind of kinds) {
        const ran = await served.run(['describe', kind, '-A']);
        expect({ kind, ...ran }).toMatchObject({ kind, exitCode: 0 });
      }
      const all = await kubectl('get all -A');
      expect(all).toContain('statefulset.apps/each');
    }, 120_000);

    it('sorts, selects, counts', async () => {
      await kubectl('get events --sort-by=.metadata.creationTimestamp -A');
      await kubectl('events -A');
      expect(await kubectl('get cm -A --field-selector=metadata.name=settings -o name')).toBe(
        'configmap/settings\nconfigmap/settings\n',
      );
      expect(await kubectl('get pods -A --chunk-size=2 --no-headers')).toContain('web-');
      expect(await kubectl('get --raw /readyz')).toBe('ok');
    });
  });

  describe('ending', () => {
    it('cascades in the background, in the foreground, or not at all', async () => {
      for (const cascade of ['background', 'foreground', 'orphan']) {
        await kubectl('apply -f web.yaml');
        await kubectl('rollout status deploy/web --timeout=40s');
        expect(await kubectl(`delete deploy web --cascade=${cascade} --timeout=40s`)).toBe(
          'deployment.apps "web" deleted from default namespace\n',
        );
        const rest = 'get rs -l app=web -o name';
        if (cascade === 'orphan') {
          expect(await kubectl(rest)).toMatch(/^replicaset\.apps\/web-/);
        } else {
          await kubectl('wait --for=delete pod -l app=web --timeout=40s');
          expect(await kubectl(rest)).toBe('');
        }
      }
      await kubectl('delete rs -l app=web');
    });

    it('takes everything with a namespace', async () => {
      await kubectl('delete namespace team --timeout=40s');
      expect(await refused('get cm settings -n team')).toContain('(NotFound)');
    });
  });

  it('applies a kustomization', async () => {
    served.write('kustomization.yaml', KUSTOMIZATION);
    expect(await kubectl('apply -k .')).toMatch(
      /^configmap\/k-made-\w+ created\nconfigmap\/k-settings created\ndeployment.apps\/k-web created\n$/,
    );
    await kubectl('rollout status deploy/k-web --timeout=40s');
    await kubectl('delete -k . --timeout=40s');
    expect(await kubectl('get cm -l team=blue -o name')).toBe('');
  });
});
