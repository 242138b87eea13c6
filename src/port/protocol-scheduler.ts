/** What the person tells the scheduler: plain data, part of a run. */

export interface SchedulerSettings {
  /** A KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1), as its file says it. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Of kube-scheduler; those that are not simulated are refused by name. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
}
