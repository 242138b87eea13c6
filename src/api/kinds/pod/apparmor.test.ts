import { expect, it } from 'vitest';
import { apparmorFieldsFromAnnotations } from './apparmor.ts';

const KEY = 'container.apparmor.security.beta.kubernetes.io/c';

it.each([
  ['runtime/default', { appArmorProfile: { type: 'RuntimeDefault' } }],
  ['nonsense', undefined],
])('annotation %s', (annotation, securityContext) => {
  const container = { name: 'c' };
  const pod = {
    metadata: { annotations: { [KEY]: annotation } },
    spec: { containers: [container] },
  };
  const warnings: string[] = [];
  apparmorFieldsFromAnnotations(pod as never, (text) => warnings.push(text));
  expect(container).toEqual(securityContext ? { name: 'c', securityContext } : { name: 'c' });
  expect(warnings).toEqual([
    `metadata.annotations[${KEY}]: deprecated since v1.30; ` +
      'use the "appArmorProfile" field instead',
  ]);
});
