/** A component of the cluster: is it running, what waits in its queue, stop and start. */
import { inspectorText } from '../i18n/inspector.ts';
import { narrationText } from '../i18n/narration.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { momentText } from '../kit/format.ts';
import { narrate } from '../mirror/narration.ts';
import { nodeOfComponent, podOfComponent } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { startComponent, stopComponent } from '../session/actions.ts';
import { explainSpan } from '../session/session.ts';
import { useRecentOf } from '../mirror/use-recent.ts';
import { Controllers } from './component-list.tsx';
import { type Fact, Facts } from './facts.tsx';
import { Heading } from './heading.tsx';
import { ObjectLink } from './object-link.tsx';
import { StoredObjects } from './stored-list.tsx';

const MANAGER = 'kube-controller-manager';

export function ComponentView({ name }: { readonly name: string }) {
  const t = useText(inspectorText);
  const row = useMirror((s) => s.components.get(name));
  const node = nodeOfComponent(name);
  const pod = useMirror((s) => podOfComponent(s.byKind.get('Pod'), name));
  const running = row?.running !== false;
  const facts: Fact[] = [
    {
      name: t.status,
      value: <Badge tone={running ? 'ok' : 'danger'}>{running ? t.running : t.stopped}</Badge>,
    },
    { name: t.queue, value: row?.queue ?? 0 },
  ];
  if (node !== null) facts.push({ name: t.node, value: <ObjectLink target={`Node//${node}`} /> });
  if (pod !== undefined) facts.push({ name: 'Pod', value: <ObjectLink target={pod} /> });
  for (const [key, value] of Object.entries(row?.detail ?? {})) {
    facts.push({ name: key, value: String(value) });
  }
  return (
    <>
      <Heading title={name} below="" />
      <Facts facts={facts} />
      <div role="group" aria-label={t.actions} className="actions">
        {running ? (
          <Button look="danger" onClick={() => stopComponent(name)}>
            {t.stop}
          </Button>
        ) : (
          <Button onClick={() => startComponent(name)}>{t.start}</Button>
        )}
      </div>
      {name === MANAGER ? <Controllers /> : null}
      {name === 'etcd' ? <StoredObjects /> : null}
      <Recent name={name} />
    </>
  );
}

function Recent({ name }: { readonly name: string }) {
  const narration = useText(narrationText);
  const spans = useRecentOf(name);
  return (
    <ul className="plain-list recent">
      {spans.map((span) => (
        <li key={span.id}>
          <button
            type="button"
            className="btn link"
            onClick={() => explainSpan(span.id, span.object)}
          >
            {narrate(span, narration)}
          </button>
          <small className="mono dim">{momentText(span.start)}</small>
        </li>
      ))}
    </ul>
  );
}
