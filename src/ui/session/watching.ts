/** Keeps the engine told which whole objects the page needs: the one that is selected. */
import { keepWhole } from '../mirror/store.ts';
import { tell } from './actions.ts';
import { selectedRef, session } from './session.ts';

/** Begins, and asks at once for what is selected already; returns how to end it. */
export function watchSelection(): () => void {
  const send = (ref: string | null): void => {
    const refs = ref === null ? [] : [ref];
    keepWhole(refs);
    void tell({ type: 'watch', refs });
  };
  send(selectedRef(session.getState()));
  return session.subscribe((state, before) => {
    const ref = selectedRef(state);
    if (ref !== selectedRef(before)) send(ref);
  });
}
