/**
 * Looks whether the names of a CustomResourceDefinition are free, and establishes it when they are.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/controller/status naming_controller.go,
 *             pkg/controller/establish establishing_controller.go (v1.36)
 * Watches:    CustomResourceDefinitions
 * Writes:     their status
 * Simplified: both controllers are one; a definition is established with its names accepted
 */
import { CustomResourceDefinition } from '../../api/kinds/custom-resource-definition.ts';
import {
  withEstablished,
  withNames,
} from '../../api/kinds/custom-resource-definition/conditions.ts';
import type { CustomResourceDefinition as Definition } from '../../api/generated/types.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { type ControllerDefinition, defineController } from '../client/controller.ts';

export function definitionNamesController(): ControllerDefinition {
  return defineController<Definition>({
    name: 'crd-naming-condition-controller',
    primary: CustomResourceDefinition,
    workers: 1,
    *reconcile(key, context) {
      const { client, informers, kernel } = context;
      const definition = context.get(CustomResourceDefinition, key);
      if (!definition) return;
      const now = rfc3339(kernel.nowMs);
      const others = [...informers.for(CustomResourceDefinition).all()];
      let status = withNames(definition, others, now);
      if (status !== definition.status) {
        yield* client.updateStatus(CustomResourceDefinition, { ...definition, status });
        return;
      }
      status = withEstablished(definition, now);
      if (status === definition.status) return;
      yield* client.updateStatus(CustomResourceDefinition, { ...definition, status });
    },
  }) as unknown as ControllerDefinition;
}
