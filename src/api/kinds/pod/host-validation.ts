/**
 * Validation of what a Pod shares with its host: network, users, name.
 *
 * Models: pkg/apis/core/validation validation.go, validatePodHostNetworkDeps, validateHostUsers,
 *         validatePodHostName (v1.36)
 */
import type { PodSpec } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkDnsSubdomain } from '../../meta/field-checks.ts';
import { byteLength } from '../../meta/go-text.ts';
import type { PodValidationOptions } from './options.ts';
import { visitContainers } from './visit.ts';

const HOSTNAME_MAX_BYTES = 64;

/** On the host's network a container port is a host port; templates may still leave it out. */
export function validateHostNetworkPorts(
  spec: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (spec.hostNetwork !== true) return;
  (spec.containers ?? []).forEach((container, c) => {
    container.ports?.forEach(({ hostPort = 0, containerPort }, p) => {
      if (!options.isPod && hostPort === 0) return;
      if (hostPort === containerPort) return;
      const at = path.child('containers').index(c).child('ports').index(p).child('hostPort');
      errors.invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true');
    });
  });
}

export function validateHostUsers(
  spec: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (spec.hostUsers ?? true) return;
  const text = 'when `hostUsers` is false';
  if (spec.hostNetwork === true && !options.allowUserNamespaceOnHostNetwork) {
    errors.forbidden(path.child('hostNetwork'), text);
  }
  if (spec.hostPID === true) errors.forbidden(path.child('HostPID'), text);
  if (spec.hostIPC === true) errors.forbidden(path.child('HostIPC'), text);
  if (options.allowUserNamespaceVolumeDevices) return;
  visitContainers(spec, path, (container, at) => {
    if ((container.volumeDevices ?? []).length === 0) return;
    errors.forbidden(at().child('volumeDevices'), text);
  });
}

export function validateHostName(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  const name = spec.hostnameOverride;
  if (name === undefined) return;
  const at = path.child('hostnameOverride');
  if (spec.setHostnameAsFQDN === true) {
    errors.forbidden(at, 'may not be specified when setHostnameAsFQDN is true');
  }
  if (spec.hostNetwork === true) {
    errors.forbidden(at, 'may not be specified when hostNetwork is true');
  }
  if (byteLength(name) > HOSTNAME_MAX_BYTES) errors.tooLong(at, HOSTNAME_MAX_BYTES);
  checkDnsSubdomain(name, at, errors);
}
