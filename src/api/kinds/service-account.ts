/**
 * ServiceAccount: who a Pod is to the API server.
 *
 * Models: pkg/registry/core/serviceaccount strategy.go and storage/token.go,
 *         pkg/apis/core/validation ValidateServiceAccount* (v1.36)
 */
import type { ServiceAccount as ServiceAccountType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { Draft } from '../meta/object.ts';
import { createToken } from './service-account/token-request.ts';

export type ServiceAccount = ServiceAccountType;

const MOUNTABLE_ANNOTATION = 'kubernetes.io/enforce-mountable-secrets';

/** Of the Secrets only the names are kept. */
function keepSecretNames(account: Draft<ServiceAccount>): void {
  if (account.secrets === undefined) return;
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

export const ServiceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  metaOnUpdate: 'both',
  prepareForCreate: keepSecretNames,
  prepareForUpdate(next) {
    keepSecretNames(next);
  },
  warnings(account, old) {
    const set = (a: ServiceAccount | null): boolean =>
      a?.metadata.annotations?.[MOUNTABLE_ANNOTATION] !== undefined;
    if (set(old) || !set(account)) return [];
    return [
      `metadata.annotations[${MOUNTABLE_ANNOTATION}]: deprecated in v1.32+; prefer separate ` +
        'namespaces to isolate access to mounted secrets',
    ];
  },
  actions: {
    token: {
      bodyGroup: 'authentication.k8s.io',
      bodyVersion: 'v1',
      bodyKind: 'TokenRequest',
      bodySchema: 'io.k8s.api.authentication.v1.TokenRequest',
      create: (body, account, context) => ({
        changed: false,
        answer: createToken(body, account, context),
      }),
    },
  },
  deleteReturnsObject: true,
  columns: [NAME_COLUMN, AGE_COLUMN],
});
