/**
 * Validation of probes, lifecycle hooks and the actions they share.
 *
 * Models: pkg/apis/core/validation validation.go, validateProbe … validateLifecycle (v1.36)
 */
import type {
  HTTPGetAction,
  IntOrString,
  Lifecycle,
  LifecycleHandler,
  PodSpec,
  Probe,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath, FieldRef } from '../../meta/field-path.ts';
import { checkNonNegative, checkSupported, complain } from '../../meta/field-checks.ts';
import { isHttpHeaderName, isPortName, isPortNumber } from '../../meta/names.ts';
import { LINUX_STOP_SIGNALS, WINDOWS_STOP_SIGNALS } from './stop-signals.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> &
  Pick<LifecycleHandler, 'sleep'>;

const HTTP_SCHEMES = ['HTTP', 'HTTPS'];
const MORE_THAN_ONE_ERROR = 'may not specify more than 1 handler type';

export function validateLivenessProbe(
  probe: Probe | undefined,
  gracePeriod: number | undefined,
  path: FieldPath,
  field: 'livenessProbe' | 'startupProbe',
  errors: FieldErrors,
): void {
  if (probe === undefined) return;
  const at = path.child(field);
  validateProbe(probe, gracePeriod, at, errors);
  if (probe.successThreshold !== 1) {
    errors.invalid(at.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1');
  }
}

export function validateReadinessProbe(
  probe: Probe | undefined,
  gracePeriod: number | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (probe === undefined) return;
  const at = path.child('readinessProbe');
  validateProbe(probe, gracePeriod, at, errors);
  if (probe.terminationGracePeriodSeconds !== undefined) {
    const field = at.child('terminationGracePeriodSeconds');
    const value = probe.terminationGracePeriodSeconds;
    errors.invalid(field, value, 'must not be set for readinessProbes');
  }
}

function validateProbe(
  probe: Probe,
  gracePeriod: number | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  validateHandler(probe, gracePeriod, path, errors);
  checkNonNegative(probe.initialDelaySeconds, path.child('initialDelaySeconds'), errors);
  checkNonNegative(probe.timeoutSeconds, path.child('timeoutSeconds'), errors);
  checkNonNegative(probe.periodSeconds, path.child('periodSeconds'), errors);
  checkNonNegative(probe.successThreshold, path.child('successThreshold'), errors);
  checkNonNegative(probe.failureThreshold, path.child('failureThreshold'), errors);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.invalid(path.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0');
  }
}

/** Exactly one action; those after the first are only named. */
function validateHandler(
  handler: Handler,
  gracePeriod: number | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  let handlers = 0;
  const first = (field: string): FieldPath | undefined => {
    if (handlers++ === 0) return path.child(field);
    errors.forbidden(path.child(field), MORE_THAN_ONE_ERROR);
    return undefined;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined) {
    const at = first('exec');
    if (at && (exec.command ?? []).length === 0) errors.required(at.child('command'));
  }
  if (httpGet !== undefined) {
    const at = first('httpGet');
    if (at) validateHttpGet(httpGet, at, errors);
  }
  if (tcpSocket !== undefined) {
    const at = first('tcpSocket');
    if (at) validatePortNumberOrName(tcpSocket.port, at.child('port'), errors);
  }
  if (grpc !== undefined) {
    const at = first('grpc');
    if (at) validatePortNumberOrName(grpc.port, at.child('port'), errors);
  }
  if (sleep !== undefined) {
    const at = first('sleep');
    // An invalid grace period is reported elsewhere.
    if (at && gracePeriod !== undefined && (sleep.seconds < 0 || sleep.seconds > gracePeriod)) {
      const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
      errors.invalid(at, sleep.seconds, text);
    }
  }
  if (handlers === 0) errors.required(path, 'must specify a handler type');
}

function validateHttpGet(http: HTTPGetAction, path: FieldPath, errors: FieldErrors): void {
  if ((http.path ?? '') === '') errors.required(path.child('path'));
  validatePortNumberOrName(http.port, path.child('port'), errors);
  checkSupported(http.scheme ?? '', HTTP_SCHEMES, path.child('scheme'), errors);
  for (const { name } of http.httpHeaders ?? []) {
    complain(isHttpHeaderName(name), name, path.child('httpHeaders'), errors);
  }
}

export function validatePortNumberOrName(
  port: IntOrString,
  path: FieldRef,
  errors: FieldErrors,
): void {
  complain(typeof port === 'number' ? isPortNumber(port) : isPortName(port), port, path, errors);
}

export function validateLifecycle(
  lifecycle: Lifecycle,
  gracePeriod: number | undefined,
  path: FieldPath,
  os: PodSpec['os'],
  errors: FieldErrors,
): void {
  const { postStart, preStop, stopSignal } = lifecycle;
  if (postStart !== undefined) {
    validateHandler(postStart, gracePeriod, path.child('postStart'), errors);
  }
  if (preStop !== undefined) validateHandler(preStop, gracePeriod, path.child('preStop'), errors);
  if (stopSignal === undefined) return;
  const at = path.child('stopSignal');
  if (os === undefined) {
    errors.forbidden(at, 'may not be set for containers with empty `spec.os.name`');
  } else if (os.name === 'windows') {
    checkSupported(stopSignal, WINDOWS_STOP_SIGNALS, at, errors);
  } else if (os.name === 'linux') {
    checkSupported(stopSignal, LINUX_STOP_SIGNALS, at, errors);
  }
}
