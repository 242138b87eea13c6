/** What admission may ask a program in a Pod for, and what comes back: the little of HTTP it takes. */

export interface ServiceCall {
  /** `webhook.default.svc`, for the trace. */
  readonly to: string;
  readonly address: string;
  readonly port: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutUs: number;
}

export type ServiceAnswer =
  | {
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly failure: 'refused' | 'timeout' | 'unreachable' | 'deadline' | 'reset' };
