/**
 * Something one can enter: a button that selects an object or a component. Entries are not tab stops
 * of their own; the canvas is one, and arrow keys move between entries (see navigation.ts).
 */
import type { ReactNode } from 'react';
import { selectComponent, selectObject, useSession } from '../session/session.ts';
import { classNames } from '../kit/class-names.ts';

interface EntryProps {
  readonly className?: string;
  /** Accessible name. */
  readonly label: string;
  readonly title?: string;
  readonly children: ReactNode;
}

/** |mark| puts `data-component` on the button itself; boxes carry it themselves. */
export function ComponentEntry(props: EntryProps & { component: string; mark?: boolean }) {
  const { component, mark = false, className, label, title, children } = props;
  const selected = useSession(
    (s) => s.selection?.type === 'component' && s.selection.name === component,
  );
  return (
    <button
      type="button"
      className={classNames('kg-entry', className)}
      data-component={mark ? component : undefined}
      data-entry=""
      tabIndex={-1}
      aria-label={label}
      aria-pressed={selected}
      title={title}
      onClick={() => selectComponent(component)}
    >
      {children}
    </button>
  );
}

export function ObjectEntry(props: EntryProps & { object: string; mark?: boolean }) {
  const { object, mark = true, className, label, title, children } = props;
  const selected = useSession((s) => s.selection?.type === 'object' && s.selection.ref === object);
  return (
    <button
      type="button"
      className={classNames('kg-entry', className)}
      data-object={mark ? object : undefined}
      data-entry=""
      tabIndex={-1}
      aria-label={label}
      aria-pressed={selected}
      title={title}
      onClick={() => selectObject(object)}
    >
      {children}
    </button>
  );
}
