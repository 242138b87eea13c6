/** The programs to begin with, as files that also run by themselves: src/examples. */
import podGroup from '../../examples/pod-group/controller.ts?raw';
import podGroupSample from '../../examples/pod-group/sample.yaml?raw';
import podGroupSetup from '../../examples/pod-group/setup.yaml?raw';
import website from '../../examples/website/controller.ts?raw';
import websiteSample from '../../examples/website/sample.yaml?raw';
import websiteSetup from '../../examples/website/setup.yaml?raw';
import type { Program } from './programs.ts';

export type OwnExampleId = 'pod-group' | 'website' | 'empty';

export interface OwnExample {
  readonly id: OwnExampleId;
  readonly program: Program;
  /** For the manifest editor. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

const EMPTY = `export default defineController({
  for: 'v1/ConfigMap',

  async reconcile(request, { client, log }) {
    const map = await client.get('v1/ConfigMap', request);
    log(request.namespace, request.name, map ? 'is there' : 'is gone');
  },
});
`;

const RIGHTS = `# What the controller may do: read all ConfigMaps.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: my-controller
  namespace: default
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: my-controller
rules:
  - apiGroups: ['']
    resources: [configmaps]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: my-controller
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: my-controller
subjects:
  - kind: ServiceAccount
    name: my-controller
    namespace: default
`;

function program(name: string, source: string, example: OwnExampleId): Program {
  return { name, language: 'typescript', serviceAccount: `default/${name}`, source, example };
}

export const OWN_EXAMPLES: readonly OwnExample[] = [
  {
    id: 'pod-group',
    program: program('pod-group-controller', podGroup, 'pod-group'),
    files: [
      { name: 'pod-group-setup.yaml', text: podGroupSetup },
      { name: 'pod-group-sample.yaml', text: podGroupSample },
    ],
  },
  {
    id: 'website',
    program: program('website-controller', website, 'website'),
    files: [
      { name: 'website-setup.yaml', text: websiteSetup },
      { name: 'website-sample.yaml', text: websiteSample },
    ],
  },
  {
    id: 'empty',
    program: program('my-controller', EMPTY, 'empty'),
    files: [{ name: 'my-controller-rights.yaml', text: RIGHTS }],
  },
];
