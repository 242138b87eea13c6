/**
 * What a new API server creates by itself (upstream's post-start hooks), in order. One line a file.
 */
import type { BootstrapObject } from './object.ts';
import { namespaces } from './namespaces.ts';
import { kubernetesService } from './kubernetes-service.ts';

export const bootstrap: readonly BootstrapObject[] = [...namespaces, ...kubernetesService];
