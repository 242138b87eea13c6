/**
 * HorizontalPodAutoscaler (autoscaling/v1): the same autoscalers with a field for processor time
 * only; everything else is in annotations.
 *
 * Models:     pkg/apis/autoscaling/v1 defaults.go, conversion.go (v1.36)
 * Simplified: see horizontal-pod-autoscaler/v1-conversion.ts
 */
import type {
  AutoscalingV2HorizontalPodAutoscaler,
  HorizontalPodAutoscaler as HorizontalPodAutoscalerType,
} from '../generated/types.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { cloneJson } from '../meta/json.ts';
import type { Draft, KubeObject } from '../meta/object.ts';
import { AUTOSCALER_COLUMNS } from './horizontal-pod-autoscaler/columns.ts';
import { fromV2, toV2 } from './horizontal-pod-autoscaler/v1-conversion.ts';
import { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

export type HorizontalPodAutoscalerV1 = HorizontalPodAutoscalerType;

/** The server prints the stored version, whichever was asked for. */
const COLUMNS: readonly Column<HorizontalPodAutoscalerV1>[] = AUTOSCALER_COLUMNS.map((column) => ({
  ...column,
  cell: (hpa, nowMs) => {
    const stored = toV2(cloneJson(hpa) as Draft<HorizontalPodAutoscalerV1>);
    return column.cell(stored as AutoscalingV2HorizontalPodAutoscaler, nowMs);
  },
}));

export const HorizontalPodAutoscalerV1 = defineKind<HorizontalPodAutoscalerV1>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',

  defaults(hpa) {
    hpa.spec ??= {} as typeof hpa.spec;
    hpa.spec.minReplicas ??= 1;
  },
  storedAs: {
    kind: HorizontalPodAutoscaler,
    toStored: (hpa) => toV2(hpa) as unknown as Draft<KubeObject>,
    fromStored: (object) => fromV2(object as unknown as AutoscalingV2HorizontalPodAutoscaler),
  },
  columns: COLUMNS,
});
