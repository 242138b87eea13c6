/**
 * Specs of claims as the API server's internal types marshal them: messages about immutable specs
 * show them so.
 *
 * Models: pkg/apis/resource types.go through encoding/json (v1.36)
 */
import type {
  DeviceSelector,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../generated/types.ts';

/** nil slices, maps and pointers. */
const orNull = <T, R>(value: T | null | undefined, make: (value: T) => R): R | null =>
  value === undefined || value === null ? null : make(value);

function selectors(list: readonly DeviceSelector[] | undefined): unknown {
  return orNull(list, (all) =>
    all.map(({ cel }) => ({ CEL: orNull(cel, (c) => ({ Expression: c.expression })) })),
  );
}

function tolerations(list: readonly DeviceToleration[] | undefined): unknown {
  return orNull(list, (all) =>
    all.map((t) => ({
      Key: t.key ?? '',
      Operator: t.operator ?? '',
      Value: t.value ?? '',
      Effect: t.effect ?? '',
      TolerationSeconds: t.tolerationSeconds ?? null,
    })),
  );
}

function capacity(value: ExactDeviceRequest['capacity']): unknown {
  return orNull(value, ({ requests }) => ({ Requests: requests ?? null }));
}

export function internalClaimSpec({ devices }: ResourceClaimSpec): unknown {
  return {
    Devices: {
      Requests: orNull(devices.requests, (all) =>
        all.map((request) => ({
          Name: request.name,
          Exactly: orNull(request.exactly, (exactly) => ({
            DeviceClassName: exactly.deviceClassName,
            Selectors: selectors(exactly.selectors),
            AllocationMode: exactly.allocationMode ?? '',
            Count: exactly.count ?? 0,
            AdminAccess: exactly.adminAccess ?? null,
            Tolerations: tolerations(exactly.tolerations),
            Capacity: capacity(exactly.capacity),
          })),
          FirstAvailable: orNull(request.firstAvailable, (subs) =>
            subs.map((sub) => ({
              Name: sub.name,
              DeviceClassName: sub.deviceClassName,
              Selectors: selectors(sub.selectors),
              AllocationMode: sub.allocationMode ?? '',
              Count: sub.count ?? 0,
              Tolerations: tolerations(sub.tolerations),
              Capacity: capacity(sub.capacity),
            })),
          ),
        })),
      ),
      Constraints: orNull(devices.constraints, (all) =>
        all.map((constraint) => ({
          Requests: constraint.requests ?? null,
          MatchAttribute: constraint.matchAttribute ?? null,
          DistinctAttribute: constraint.distinctAttribute ?? null,
        })),
      ),
      Config: orNull(devices.config, (all) =>
        all.map(({ requests, opaque }) => ({
          Requests: requests ?? null,
          Opaque: orNull(opaque, ({ driver, parameters }) => ({
            Driver: driver,
            Parameters: parameters,
          })),
        })),
      ),
    },
  };
}
