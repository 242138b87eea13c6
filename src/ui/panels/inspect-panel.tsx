/** Inspect: the selected object or component, what can be done to it, and why it is as it is. */
import { useState } from 'react';
import type { ObjectRow } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { ComponentView } from '../inspector/component-view.tsx';
import { Goal } from '../inspector/goal.tsx';
import { ObjectActions } from '../inspector/object-actions.tsx';
import { ObjectFacts } from '../inspector/object-facts.tsx';
import { Overview } from '../inspector/overview.tsx';
import { Why } from '../inspector/why.tsx';
import { refParts } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { clearSelection, useSession } from '../session/session.ts';

export function InspectPanel() {
  const selection = useSession((s) => s.selection);
  if (selection === null) {
    return (
      <div className="insp">
        <Overview />
      </div>
    );
  }
  return (
    <div className="insp">
      {selection.type === 'object' ? (
        <ObjectView key={selection.ref} target={selection.ref} container={selection.container} />
      ) : (
        <>
          <Heading title={selection.name} below="" />
          <ComponentView key={selection.name} name={selection.name} />
        </>
      )}
    </div>
  );
}

function Heading({ title, below }: { readonly title: string; readonly below: string }) {
  const t = useText(inspectorText);
  return (
    <div className="insp-head">
      <div>
        <h2 className="insp-title mono">{title}</h2>
        {below === '' ? null : <p className="dim mono small">{below}</p>}
      </div>
      <Button look="ghost" icon label={t.clear} onClick={clearSelection}>
        <Icon name="close" size={12} />
      </Button>
    </div>
  );
}

interface ObjectViewProps {
  readonly target: string;
  readonly container: string | undefined;
}

function ObjectView({ target, container }: ObjectViewProps) {
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
      {shown === undefined ? null : <ObjectFacts row={shown} />}
      {row === undefined ? null : <Goal target={target} />}
      <Why question={question} />
    </>
  );
}
