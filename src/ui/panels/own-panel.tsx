/** Own controllers: written, started and watched beside the canvas. Closed with Escape. */
import { useEffect } from 'react';
import { OwnPane } from '../own/own-pane.tsx';
import { session } from '../session/session.ts';

export function OwnPanel() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      const types = target instanceof Element && target.closest('input, textarea, .monaco-editor');
      if (event.key === 'Escape' && !event.defaultPrevented && !types) close();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return <OwnPane onClose={close} />;
}

function close(): void {
  session.setState({ ownOpen: false });
}
