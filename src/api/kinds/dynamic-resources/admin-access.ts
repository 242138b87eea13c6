/**
 * Devices that are in use by others may be claimed only in namespaces that are marked for it.
 *
 * Models: pkg/registry/resource utils.go AuthorizedForAdmin (v1.36)
 */
import type { ResourceClaimSpec } from '../../generated/types.ts';
import type { AdmissionContext } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { invalid } from '../../meta/status.ts';

const LABEL = 'resource.kubernetes.io/admin-access';

export function checkAdminAccess(
  spec: ResourceClaimSpec,
  name: string,
  context: AdmissionContext,
): void {
  const requests = spec.devices.requests ?? [];
  const i = requests.findIndex((request) => request.exactly?.adminAccess === true);
  if (i < 0) return;
  const namespace = context.lookup('', 'namespaces', '', context.namespace);
  if (namespace?.metadata.labels?.[LABEL] === 'true') return;
  const errors = new FieldErrors();
  errors.forbidden(
    `spec.devices.requests[${i}].adminAccess`,
    `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`,
  );
  throw invalid(context.kind, name, errors.list);
}
