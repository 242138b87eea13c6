/**
 * The examples that everybody begins with, word for word, with the real kubectl: init containers that
 * wait for Services, a static Pod, a Pod from a private registry.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTL, ServedCluster } from './served-cluster.ts';

const served = new ServedCluster({ nodes: 2, complete: true });
const kubectl = served.kubectl.bind(served);

const MYAPP_POD = `
apiVersion: v1
kind: Pod
metadata:
  name: myapp-pod
  labels:
    app.kubernetes.io/name: MyApp
spec:
  containers:
  - name: myapp-container
    image: busybox:1.28
    command: ['sh', '-c', 'echo The app is running! && sleep 3600']
  initContainers:
  - name: init-myservice
    image: busybox:1.28
    command: ['sh', '-c', "until nslookup myservice; do echo waiting for myservice; sleep 2; done"]
  - name: init-mydb
    image: busybox:1.28
    command: ['sh', '-c', "until nslookup mydb; do echo waiting for mydb; sleep 2; done"]
`;

function service(name: string, targetPort: number): string {
  return `
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  ports:
  - protocol: TCP
    port: 80
    targetPort: ${targetPort}
`;
}

const STATIC_WEB = `apiVersion: v1
kind: Pod
metadata:
  name: static-web
  labels:
    role: myrole
spec:
  containers:
    - name: web
      image: nginx
      ports:
        - name: web
          containerPort: 80
          protocol: TCP
`;

const PRIVATE = `
apiVersion: v1
kind: Pod
metadata:
  name: private-image-test-1
spec:
  restartPolicy: Never
  imagePullSecrets:
    - name: regcred
  containers:
    - name: uses-private-image
      image: your.private.registry.example.com/janedoe/jdoe-private:v1
      imagePullPolicy: Always
      command: [ "echo", "SUCCESS" ]
`;

/** Waits until |line| prints what |wanted| describes; time runs as fast as it can meanwhile. */
async function until(line: string, wanted: RegExp): Promise<string> {
  const deadline = performance.now() + 40_000;
  for (;;) {
    const { stdout, stderr } = await served.run(line.split(' '));
    if (wanted.test(stdout + stderr)) return stdout + stderr;
    if (performance.now() > deadline) {
      throw new Error(`${line} never printed ${String(wanted)} but\n${stdout}${stderr}`);
    }
  }
}

describe.skipIf(KUBECTL === '')('the classic examples', () => {
  beforeAll(() => served.start());
  afterAll(() => served.stop());

  it('myapp-pod waits for its Services, one after the other', async () => {
    await kubectl('apply -f -', { stdin: MYAPP_POD });
    await until('get pod myapp-pod', /Init:0\/2/);
    const waits = await until('logs myapp-pod -c init-myservice', /waiting for myservice/);
    expect(waits).toContain('Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n');
    expect(waits).toContain("** server can't find myservice.default.svc.cluster.local: NXDOMAIN");
    const described = await kubectl('describe pod myapp-pod');
    expect(described).toMatch(/init-myservice:\n[^]*State: {10}Running/);
    expect(described).toMatch(/init-mydb:\n[^]*Reason: {7}PodInitializing/);
    await kubectl('apply -f -', { stdin: service('myservice', 9376) });
    await until('get pod myapp-pod', /Init:1\/2/);
    await until('logs myapp-pod -c init-mydb', /waiting for mydb/);
    await kubectl('apply -f -', { stdin: service('mydb', 9377) });
    await until('get pod myapp-pod', /1\/1 +Running/);
    await until('logs myapp-pod', /The app is running!/);
  });

  it('static-web runs because of a file, comes back, and goes with the file', async () => {
    const manifest = '/etc/kubernetes/manifests/static-web.yaml';
    served.writeNodeFile('node-1', manifest, STATIC_WEB);
    await until('get pods', /static-web-node-1 +1\/1 +Running/);
    const uid = await kubectl('get pod static-web-node-1 -o jsonpath={.metadata.uid}');
    await kubectl('delete pod static-web-node-1');
    await until('get pods', /static-web-node-1 +1\/1 +Running/);
    expect(await kubectl('get pod static-web-node-1 -o jsonpath={.metadata.uid}')).not.toBe(uid);
    served.writeNodeFile('node-1', manifest, null);
    await until('get pod static-web-node-1', /NotFound/);
  });

  it('private-image-test-1 runs once its Secret is there', async () => {
    await kubectl('apply -f -', { stdin: PRIVATE });
    await until('get pod private-image-test-1', /ErrImagePull|ImagePullBackOff/);
    expect(await kubectl('describe pod private-image-test-1')).toContain(
      'FailedToRetrieveImagePullSecret',
    );
    const account = '--docker-username=janedoe --docker-password=xxxxxxxxxxx';
    const server = '--docker-server=your.private.registry.example.com';
    await kubectl(`create secret docker-registry regcred ${server} ${account}`);
    // Waiting for the end of the back-off would take minutes on the wall.
    await kubectl('replace --force -f -', { stdin: PRIVATE });
    await until('get pod private-image-test-1', /Completed/);
    expect(await kubectl('logs private-image-test-1')).toBe('SUCCESS\n');
  });
});
