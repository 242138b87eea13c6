/** Controllers that run inside kube-apiserver. One line a file. */
import type { ControllerDefinition } from '../client/controller.ts';
import { definitionCleanupController } from './definition-cleanup.ts';
import { definitionNamesController } from './definition-names.ts';
import { legacyTokenTrackingController } from './legacy-token-tracking.ts';

export const postStart: readonly (() => ControllerDefinition)[] = [
  definitionNamesController,
  definitionCleanupController,
  legacyTokenTrackingController as () => ControllerDefinition,
];
