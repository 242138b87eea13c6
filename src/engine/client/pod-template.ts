/**
 * The Pod that a controller makes from the template of its object.
 *
 * Models: kubernetes pkg/controller/controller_utils.go GetPodFromTemplate (v1.36)
 */
import type { Pod, PodTemplateSpec } from '../../api/generated/types.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import { newControllerRef } from '../../api/meta/owner-references.ts';

const NAME_MAX_CHARS = 253; // prefixes longer than a name may be get no dash

export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec): Input<Pod> {
  const { name, namespace } = owner.metadata;
  const { labels, annotations, finalizers } = template.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: name.length < NAME_MAX_CHARS ? `${name}-` : name,
      namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ownerReferences: [newControllerRef(owner)],
      ...(finalizers ? { finalizers } : {}),
    },
    spec: template.spec,
  };
}
