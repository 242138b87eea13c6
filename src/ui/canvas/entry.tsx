/**
 * Something one can enter: a button that selects an object or a component. Entries are not tab stops
 * of their own; the canvas is one, and arrow keys move between entries (see navigation.ts).
 */
import type { ReactNode } from 'react';
import { openPod, selectComponent, selectObject, useSession } from '../session/session.ts';
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
  const { component, mark = false, ...rest } = props;
  const selected = useSession(
    (s) => s.selection?.type === 'component' && s.selection.name === component,
  );
  return (
    <Entry
      {...rest}
      data-component={mark ? component : undefined}
      selected={selected}
      onClick={() => selectComponent(component)}
    />
  );
}

export function ObjectEntry(props: EntryProps & { object: string; mark?: boolean }) {
  const { object, mark = true, ...rest } = props;
  const selected = useSession((s) => s.selection?.type === 'object' && s.selection.ref === object);
  return (
    <Entry
      {...rest}
      data-object={mark ? object : undefined}
      selected={selected}
      onClick={() => selectObject(object)}
      onDoubleClick={object.startsWith('Pod/') ? () => openPod(object) : undefined}
    />
  );
}

interface EntryButtonProps extends EntryProps {
  readonly selected: boolean;
  readonly onClick: () => void;
  readonly onDoubleClick?: (() => void) | undefined;
  readonly 'data-component'?: string | undefined;
  readonly 'data-object'?: string | undefined;
}

function Entry({ selected, className, label, ...rest }: EntryButtonProps) {
  return (
    <button
      type="button"
      className={classNames('kg-entry', className)}
      data-entry=""
      tabIndex={-1}
      aria-label={label}
      aria-pressed={selected}
      {...rest}
    />
  );
}
