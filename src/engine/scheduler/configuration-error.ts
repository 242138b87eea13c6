/** A KubeSchedulerConfiguration that kube-scheduler would not start with. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
