/**
 * ValidatingWebhookConfiguration: webhooks that may refuse what is written.
 *
 * Models: pkg/registry/admissionregistration/validatingwebhookconfiguration strategy.go, pkg/apis/
 *         admissionregistration validation (v1.36)
 */
import type { ValidatingWebhookConfiguration as ValidatingWebhookConfigurationType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { equalJson } from '../meta/json.ts';
import { raiseGeneration } from '../meta/kind-parts.ts';
import { ADMISSION_GROUP, staticSuffixWarnings } from './admission-registration/rules.ts';
import {
  defaultWebhook,
  unservedWebhookWarnings,
  validateWebhooks,
} from './admission-registration/webhooks.ts';

export type ValidatingWebhookConfiguration = ValidatingWebhookConfigurationType;

const COLUMNS: readonly Column<ValidatingWebhookConfiguration>[] = [
  NAME_COLUMN,
  {
    name: 'Webhooks',
    type: 'integer',
    description: 'Webhooks indicates the number of webhooks registered in this configuration',
    cell: ({ webhooks = [] }) => webhooks.length,
  },
  AGE_COLUMN,
];

export const ValidatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  ownMeta: 'generic',
  metaOnUpdate: 'whole',
  updateNeedsVersion: true,
  defaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      defaultWebhook(webhook);
    }
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    raiseGeneration(next, old, !equalJson(next.webhooks, old.webhooks));
  },
  validate({ webhooks }, errors) {
    validateWebhooks(webhooks, null, errors);
  },
  validateUpdate(next, old, errors) {
    validateWebhooks(next.webhooks, old.webhooks ?? [], errors);
  },
  warnings: (next, old) => [
    ...staticSuffixWarnings(next),
    ...(old ? [] : unservedWebhookWarnings(next)),
  ],
  columns: COLUMNS,
});
