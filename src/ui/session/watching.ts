/**
 * Keeps the engine told what the page looks into: the object that is selected, how it works, and its
 * inside if it is a Pod.
 */
import { keepWhole } from '../mirror/store.ts';
import { tell } from './actions.ts';
import { selectedRef, session, type SessionState } from './session.ts';

/** Kinds of which the engine can tell how they work. */
const WITH_WORKINGS: ReadonlySet<string> = new Set([
  'CronJob',
  'Deployment',
  'HorizontalPodAutoscaler',
  'Job',
  'Node',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'StatefulSet',
  'StorageClass',
  'VolumeAttachment',
]);

export function hasWorkings(kind: string): boolean {
  return WITH_WORKINGS.has(kind);
}

/** Begins, and asks at once for what is selected already; returns how to end it. */
export function watchSelection(): () => void {
  const send = (ref: string | null): void => {
    const refs = ref === null ? [] : [ref];
    keepWhole(refs);
    void tell({ type: 'watch', refs });
  };
  const study = (ref: string | null): void => {
    void tell(ref === null ? { type: 'close-workings' } : { type: 'open-workings', ref });
  };
  const look = (pod: string | null): void => {
    void tell(pod === null ? { type: 'close-pod' } : { type: 'open-pod', pod });
  };
  send(selectedRef(session.getState()));
  const first = lookedInto(session.getState());
  if (first !== null) look(first);
  const studied = studiedRef(session.getState());
  if (studied !== null) study(studied);
  return session.subscribe((state, before) => {
    const ref = selectedRef(state);
    if (ref !== selectedRef(before)) send(ref);
    const pod = lookedInto(state);
    if (pod !== lookedInto(before)) look(pod);
    const worked = studiedRef(state);
    if (worked !== studiedRef(before)) study(worked);
  });
}

/** The Pod that is open, or else the one that is selected. */
function lookedInto(state: SessionState): string | null {
  const ref = state.openPod ?? selectedRef(state);
  return ref?.startsWith('Pod/') === true ? ref : null;
}

function studiedRef(state: SessionState): string | null {
  const ref = selectedRef(state);
  return ref !== null && hasWorkings(ref.slice(0, ref.indexOf('/'))) ? ref : null;
}
