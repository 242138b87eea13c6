/** Components of the cluster as buttons, each with its state; those of nodes are seen with the nodes. */
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Icon } from '../kit/icons.tsx';
import { useMirror } from '../mirror/store.ts';
import { selectComponent } from '../session/session.ts';

/** Any other component of the control plane is a controller. */
const PROCESSES: ReadonlySet<string> = new Set([
  'kubectl',
  'kube-apiserver',
  'etcd',
  'kube-scheduler',
  'kube-controller-manager',
]);

export function Components() {
  const t = useText(inspectorText);
  const names = useControlPlane();
  return <ComponentItems title={t.components} names={names.filter((n) => PROCESSES.has(n))} />;
}

export function Controllers() {
  const t = useText(inspectorText);
  const names = useControlPlane();
  return <ComponentItems title={t.controllers} names={names.filter((n) => !PROCESSES.has(n))} />;
}

function useControlPlane(): readonly string[] {
  return useMirror((s) => s.componentNames).filter((name) => !name.includes('/'));
}

function ComponentItems({
  title,
  names,
}: {
  readonly title: string;
  readonly names: readonly string[];
}) {
  return (
    <div>
      <h3 className="section-title">{title}</h3>
      <ul className="counts">
        {names.map((name) => (
          <ComponentItem key={name} name={name} />
        ))}
      </ul>
    </div>
  );
}

function ComponentItem({ name }: { readonly name: string }) {
  const t = useText(inspectorText);
  const running = useMirror((s) => s.components.get(name)?.running !== false);
  return (
    <li>
      <button
        type="button"
        className="badge as-button"
        data-tone={running ? 'plain' : 'danger'}
        onClick={() => selectComponent(name)}
      >
        <Icon name={running ? 'running' : 'failed'} size={9} />
        {name}
        <span className="sr-only">, {running ? t.running : t.stopped}</span>
      </button>
    </li>
  );
}
