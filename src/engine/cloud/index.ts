/** The controllers of cloud-controller-manager; each call makes a fresh one. */
import type { ControllerDefinition } from '../client/controller.ts';
import type { PretendCloud } from './cloud.ts';
import { cloudNodeController } from './node-controller.ts';
import { cloudNodeLifecycleController } from './node-lifecycle.ts';
import { cloudRouteController } from './route-controller.ts';
import { cloudServiceController } from './service-controller.ts';

export function cloudControllers(cloud: PretendCloud): readonly (() => ControllerDefinition)[] {
  return [
    () => cloudNodeController(cloud),
    () => cloudNodeLifecycleController(cloud),
    () => cloudRouteController(cloud),
    () => cloudServiceController(cloud) as ControllerDefinition,
  ];
}
