/** Inspect: the selected object or component, or the cluster as a whole. */
import { lazy, Suspense } from 'react';
import { Overview } from '../inspector/overview.tsx';
import { useSession } from '../session/session.ts';

/** Loaded with the first selection. */
const ObjectView = lazy(() =>
  import('../inspector/object-view.tsx').then((m) => ({ default: m.ObjectView })),
);
const ComponentView = lazy(() =>
  import('../inspector/component-view.tsx').then((m) => ({ default: m.ComponentView })),
);

export function InspectPanel() {
  const selection = useSession((s) => s.selection);
  return (
    <div className="insp">
      <Suspense>
        {selection === null ? (
          <Overview />
        ) : selection.type === 'object' ? (
          <ObjectView key={selection.ref} target={selection.ref} container={selection.container} />
        ) : (
          <ComponentView key={selection.name} name={selection.name} />
        )}
      </Suspense>
    </div>
  );
}
