/** Kinds that a CustomResourceDefinition makes, as the page's commands and questions meet them. */
import { describe, expect, it } from 'vitest';
import { FakePage } from '../../testing/page/fake-page.ts';

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: tomatoes.farm.example }
spec:
  group: farm.example
  scope: Namespaced
  names: { plural: tomatoes, singular: tomato, kind: Tomato }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { scale: { specReplicasPath: .spec.size, statusReplicasPath: .status.size } }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: { type: integer, minimum: 1 }
                tags: { type: array, items: { type: string } }
            status: { type: object, properties: { size: { type: integer } } }
`;
const tomato = (spec: string): string => `apiVersion: farm.example/v1
kind: Tomato
metadata: { name: big }
spec: ${spec}
`;
const BIG = 'Tomato/default/big';

function withDefinition(): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: 'max' });
  expect(page.apply(DEFINITION)).toMatchObject({ exitCode: 0 });
  page.until(() => page.now.settled);
  return page;
}

const specOf = (page: FakePage): unknown =>
  (page.objects.get(BIG) as { spec: unknown } | undefined)?.spec;

describe('a custom kind', () => {
  it('is applied, changed, scaled and deleted like any other', () => {
    const page = withDefinition();
    page.ask({ type: 'watch', refs: [BIG] });
    const stdout = (text: string): string => page.apply(text).stdout;
    expect(stdout(tomato('{ size: 5, tags: [a, b] }'))).toBe('tomato.farm.example/big created\n');
    expect(stdout(tomato('{ size: 5, tags: [a, b] }'))).toBe('tomato.farm.example/big unchanged\n');
    expect(stdout(tomato('{ tags: [c] }'))).toBe('tomato.farm.example/big configured\n');
    page.sendFrame();
    expect(specOf(page)).toEqual({ tags: ['c'] });
    expect(page.run({ type: 'scale', object: BIG, replicas: 3 })).toMatchObject({ exitCode: 0 });
    page.sendFrame();
    expect(specOf(page)).toEqual({ size: 3, tags: ['c'] });
    expect(page.run({ type: 'delete', object: BIG }).stdout).toBe(
      'tomato.farm.example "big" deleted from default namespace\n',
    );
  });

  it('has its values checked, and the problem has a place', () => {
    const page = withDefinition();
    const { problems } = page.apply(tomato('{ size: 0 }'));
    expect(problems).toMatchObject([{ severity: 'error', line: 4, column: 9 }]);
    expect(problems[0]?.message).toContain('should be greater than or equal to 1');
  });

  it('is found by the next apply when its definition stands in the same file', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    const both = `${DEFINITION}---\n${tomato('{ size: 5 }')}`;
    expect(page.apply(both).stderr).toContain('ensure CRDs are installed first');
    page.until(() => page.now.settled);
    expect(page.apply(both)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('is compared with what the cluster holds, and a saved run has it', () => {
    const page = withDefinition();
    page.apply(tomato('{ size: 5, tags: [a, b] }'));
    const diff = page.ask({ type: 'diff', file: 'a.yaml', text: tomato('{ size: 5, tags: [c] }') });
    expect(diff.problems).toEqual([]);
    expect(diff.text).toContain('-  - a\n-  - b\n+  - c\n');
    const run = page.ask({ type: 'save' });
    const again = FakePage.started();
    expect(again.ask({ type: 'open', run }).hash).toBe(run.hash);
    again.catchUp();
    expect(again.rows.has(BIG)).toBe(true);
  });
});

describe('export', () => {
  it('leaves out what every cluster has from its start', () => {
    const page = withDefinition();
    page.apply(`${tomato('{ size: 5 }')}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: picker }
rules: [{ apiGroups: [farm.example], resources: [tomatoes], verbs: [get] }]
`);
    const text = page.ask({ type: 'export' });
    const roles = text.split(/^---\n/m).filter((t) => /^kind: ClusterRole$/m.test(t));
    expect(roles).toHaveLength(1);
    expect(roles[0]).toContain('name: picker');
    expect(text).toContain('kind: Tomato');
    expect(text).not.toMatch(/^kind: (FlowSchema|APIService|ClusterRoleBinding)$/m);
  });
});

describe('diff', () => {
  it('compares in the version that the manifest is written in', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    const scaler = (max: number): string => `apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  maxReplicas: ${max}
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  targetCPUUtilizationPercentage: 50
`;
    expect(page.apply(scaler(3))).toMatchObject({ exitCode: 0 });
    const { text } = page.ask({ type: 'diff', file: 'a.yaml', text: scaler(4) });
    expect(text.split('\n').filter((line) => /^[-+] /.test(line))).toEqual([
      '-  maxReplicas: 3',
      '+  maxReplicas: 4',
    ]);
  });
});
