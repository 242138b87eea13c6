/**
 * HorizontalPodAutoscaler (autoscaling/v2): as many replicas as the load wants.
 *
 * Models:     pkg/registry/autoscaling/horizontalpodautoscaler strategy.go, pkg/apis/autoscaling/v2
 *             defaults.go, conversion.go, pkg/apis/autoscaling/validation (v1.36)
 * Simplified: nothing known
 */
import type { AutoscalingV2HorizontalPodAutoscaler as AutoscalerType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import { keepPart } from '../meta/kind-parts.ts';
import { AUTOSCALER_COLUMNS } from './horizontal-pod-autoscaler/columns.ts';
import { emptyStatus, setDefaults } from './horizontal-pod-autoscaler/defaults.ts';
import {
  validateAutoscaler,
  validateAutoscalerStatus,
} from './horizontal-pod-autoscaler/validation.ts';

export type HorizontalPodAutoscaler = AutoscalerType;

export const HorizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',

  defaults: setDefaults,
  prepareForCreate(hpa) {
    hpa.status = emptyStatus();
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate(hpa, errors) {
    validateAutoscaler(hpa, undefined, errors);
  },
  validateUpdate: validateAutoscaler,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate(next, _old, errors) {
      validateAutoscalerStatus(next, errors);
    },
  },
  columns: AUTOSCALER_COLUMNS,
});
