/** The selected object: what can be done to it, what it is, and why it is so. */
import { lazy, Suspense, useState } from 'react';
import type { ObjectRow } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { refParts } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { useSession } from '../session/session.ts';
import { hasWorkings } from '../session/watching.ts';
import { Goal } from './goal.tsx';
import { Heading } from './heading.tsx';
import { Inside } from './inside.tsx';
import { Manifests } from './manifests.tsx';
import { NodeContainers } from './node-containers.tsx';
import { ObjectActions } from './object-actions.tsx';
import { ObjectFacts } from './object-facts.tsx';
import { Why } from './why.tsx';

const Workings = lazy(() =>
  import('../workings/workings.tsx').then((m) => ({ default: m.Workings })),
);

interface ObjectViewProps {
  readonly target: string;
  readonly container: string | undefined;
}

export function ObjectView({ target, container }: ObjectViewProps) {
  const t = useText(inspectorText);
  const whySpan = useSession((s) => s.whySpan);
  const row = useMirror((s) => s.objects.get(target));
  const past = useMirror((s) => s.past);
  // What was last seen stays readable when the object goes while it is open.
  const [last, setLast] = useState<ObjectRow | undefined>(row);
  if (row !== undefined && row !== last) setLast(row);
  const shown = row ?? last;
  const { kind, namespace, name } = refParts(target);
  const below = [kind, namespace, container].filter((part) => part !== undefined && part !== '');
  const question =
    whySpan !== null
      ? { span: whySpan }
      : { ref: target, ...(container === undefined ? {} : { container }) };
  return (
    <>
      <Heading title={name} below={below.join(' · ')} />
      {row === undefined ? (
        <p role="status" className="gone">
          <b>{shown === undefined || past ? t.neverSeen : t.gone}</b>{' '}
          {shown === undefined || past ? '' : t.goneHint}
        </p>
      ) : (
        <ObjectActions row={row} />
      )}
      {kind === 'Pod' ? <Inside target={target} /> : null}
      {row !== undefined && hasWorkings(kind) ? (
        <Suspense>
          <Workings target={target} />
        </Suspense>
      ) : null}
      {shown === undefined ? null : <ObjectFacts row={shown} />}
      {row?.kind === 'Node' ? <Manifests node={row.name} /> : null}
      {row?.kind === 'Node' ? <NodeContainers node={row.name} /> : null}
      {row === undefined ? null : <Goal target={target} />}
      <Why question={question} />
    </>
  );
}
