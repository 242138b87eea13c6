/** What one run of a probe has come to. Models: pkg/probe/probe.go Result (v1.36). */
export type ProbeOutcome =
  | { readonly kind: 'success' }
  /** It counts as success, but somebody should know. */
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'failure'; readonly message: string }
  /** It could not be run: it counts for nothing. */
  | { readonly kind: 'error'; readonly message: string };
