/** A reference one can click: selects the object. */
import { Button } from '../kit/button.tsx';
import { refWords } from '../mirror/refs.ts';
import { selectObject } from '../session/session.ts';

export function ObjectLink({ target }: { readonly target: string }) {
  return (
    <Button look="link" onClick={() => selectObject(target)}>
      <span className="mono">{refWords(target)}</span>
    </Button>
  );
}
