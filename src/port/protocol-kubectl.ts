/** Commands that are one line of kubectl each. Those of `protocol.ts` came first; these join them. */

export type KubectlCommand =
  /** `kubectl cordon` and `kubectl uncordon`. */
  | { readonly type: 'cordon'; readonly node: string; readonly on: boolean }
  /** `kubectl drain --ignore-daemonsets --delete-emptydir-data`. */
  | {
      readonly type: 'drain';
      readonly node: string;
      /** Pods that no controller brings back go as well. */
      readonly force?: boolean;
      /** After so long it gives up; never when absent. */
      readonly timeoutSeconds?: number;
    }
  /** `kubectl rollout restart|pause|resume|undo` of a Deployment. */
  | { readonly type: 'rollout'; readonly act: RolloutAct; readonly object: string }
  /** `kubectl set image`. */
  | {
      readonly type: 'set-image';
      readonly object: string;
      readonly container: string;
      readonly image: string;
    };

export type RolloutAct = 'restart' | 'pause' | 'resume' | 'undo';

/** What a program over the API asks for beside requests: to be woken after a while. */
export interface Pause {
  readonly sleepMs: number;
}
