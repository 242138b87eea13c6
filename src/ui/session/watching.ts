/** Keeps the engine told what the page looks into: the object that is selected, and its inside if it is a Pod. */
import { keepWhole } from '../mirror/store.ts';
import { tell } from './actions.ts';
import { selectedRef, session, type SessionState } from './session.ts';

/** Begins, and asks at once for what is selected already; returns how to end it. */
export function watchSelection(): () => void {
  const send = (ref: string | null): void => {
    const refs = ref === null ? [] : [ref];
    keepWhole(refs);
    void tell({ type: 'watch', refs });
  };
  const look = (pod: string | null): void => {
    void tell(pod === null ? { type: 'close-pod' } : { type: 'open-pod', pod });
  };
  send(selectedRef(session.getState()));
  const first = lookedInto(session.getState());
  if (first !== null) look(first);
  return session.subscribe((state, before) => {
    const ref = selectedRef(state);
    if (ref !== selectedRef(before)) send(ref);
    const pod = lookedInto(state);
    if (pod !== lookedInto(before)) look(pod);
  });
}

/** The Pod that is open, or else the one that is selected. */
function lookedInto(state: SessionState): string | null {
  const ref = state.openPod ?? selectedRef(state);
  return ref?.startsWith('Pod/') === true ? ref : null;
}
