/** Inside of a Pod: shown in place of the canvas while one is open. */
import { PodPane } from '../pod/pod-pane.tsx';
import { useSession } from '../session/session.ts';

export function PodPanel() {
  const target = useSession((s) => s.openPod);
  return target === null ? null : <PodPane key={target} target={target} />;
}
