/**
 * What a new API server creates by itself (upstream's post-start hooks), in order. One line a file.
 */
import type { BootstrapObject } from './object.ts';
import { apiServices } from './api-services.ts';
import { flowControl } from './flow-control.ts';
import { namespaces } from './namespaces.ts';
import { kubernetesService } from './kubernetes-service.ts';
import { rbac } from './rbac.ts';
import { priorityClasses } from './priority-classes.ts';
import { serviceNetwork } from './service-network.ts';

export const bootstrap: readonly BootstrapObject[] = [
  ...namespaces,
  ...rbac,
  ...serviceNetwork,
  ...kubernetesService,
  ...priorityClasses,
  ...flowControl,
  ...apiServices,
];
