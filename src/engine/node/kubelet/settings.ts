/**
 * The kubelet's configuration file, as far as it can be changed here.
 *
 * Models: pkg/kubelet/apis/config (KubeletConfiguration), pkg/kubelet/eviction/helpers.go (v1.36)
 */
import { bytes } from '../../../api/meta/quantity.ts';
import type { NodeSpec } from '../../../port/protocol.ts';
import type { KubeletSettings } from '../../../port/protocol-node.ts';

/** Of the recorded machines, which keep back half of what upstream's default would. */
const EVICTION_HARD = { 'memory.available': '100Mi', 'nodefs.available': '5%' };
/** pkg/kubelet/apis/config/v1beta1/defaults.go. */
const TRANSITION_PERIOD_SECONDS = 300;

export function settingsOf(spec: NodeSpec): KubeletSettings {
  return {
    maxPods: spec.pods,
    maxParallelImagePulls: spec.parallelPulls ?? 1,
    evictionHard: EVICTION_HARD,
    evictionSoft: {},
    evictionSoftGracePeriodSeconds: {},
    evictionMaxPodGracePeriodSeconds: 0,
    evictionPressureTransitionPeriodSeconds: TRANSITION_PERIOD_SECONDS,
    shutdownGracePeriodSeconds: 0,
    shutdownGracePeriodCriticalPodsSeconds: 0,
    ...spec.kubelet,
  };
}

/** Bytes that a threshold keeps back of |total|: `100Mi`, or `5%` as a 32-bit float. */
export function reservedOf(threshold: string, total: number): number {
  if (!threshold.endsWith('%')) return bytes(threshold);
  return Math.floor(total * Math.fround(Math.fround(Number(threshold.slice(0, -1))) / 100));
}
