/** What is known of the selected object at a glance, by kind. */
import type { ContainerRow, ObjectRow } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { ageText, bytesText, milliText } from '../kit/format.ts';
import { useMirror } from '../mirror/store.ts';
import { selectObject } from '../session/session.ts';
import { type Fact, Facts } from './facts.tsx';
import { ObjectLink } from './object-link.tsx';
import { Status, statusOf } from './status.tsx';

/** More names than this are counted, not listed. */
const OWNED_SHOWN = 8;

export function ObjectFacts({ row }: { readonly row: ObjectRow }) {
  const t = useText(inspectorText);
  const ageMs = useMirror((s) => {
    const seconds = Math.floor((s.epochMs + s.at / 1_000 - row.createdMs) / 1_000);
    return seconds * 1_000;
  });
  const status = statusOf(row);
  const facts: Fact[] = [
    { name: t.status, value: status === '' ? '–' : <Status text={status} /> },
    { name: t.age, value: ageText(ageMs) },
    { name: t.revision, value: row.revision },
  ];
  if (row.namespace !== '') facts.push({ name: t.namespace, value: row.namespace });
  if (row.owner !== undefined) {
    facts.push({ name: t.owner, value: <ObjectLink target={row.owner} /> });
  }
  if (row.pod !== undefined) facts.push(...podFacts(row.pod, t));
  if (row.node !== undefined) facts.push(...nodeFacts(row.node, t));
  return (
    <>
      <Facts facts={facts} />
      {row.node === undefined ? null : <NodeLoad name={row.name} node={row.node} />}
      {row.pod === undefined ? null : <Containers pod={row.ref} rows={row.pod.containers} />}
      <Owned target={row.ref} />
    </>
  );
}

type Words = (typeof inspectorText)['en'];

function podFacts(pod: NonNullable<ObjectRow['pod']>, t: Words): readonly Fact[] {
  const node = pod.node === '' ? t.none : <ObjectLink target={`Node//${pod.node}`} />;
  return [
    { name: t.node, value: node },
    { name: t.ip, value: pod.ip === '' ? t.none : pod.ip },
    { name: t.restarts, value: pod.restarts },
    { name: t.requested, value: `${milliText(pod.cpuMilli)} · ${bytesText(pod.memoryBytes)}` },
  ];
}

function nodeFacts(node: NonNullable<ObjectRow['node']>, t: Words): readonly Fact[] {
  return [
    { name: t.ready, value: node.ready },
    { name: t.zone, value: node.zone === '' ? t.none : node.zone },
    { name: t.capacity, value: `${milliText(node.cpuMilli)} · ${bytesText(node.memoryBytes)}` },
    { name: t.taints, value: node.taints.length === 0 ? t.none : node.taints.join(', ') },
  ];
}

function NodeLoad(props: { readonly name: string; readonly node: NonNullable<ObjectRow['node']> }) {
  const { name, node } = props;
  const t = useText(inspectorText);
  const pods = useMirror((s) => s.podsByNode.get(name).length);
  const cpu = useMirror((s) => sumPods(s.podsByNode.get(name), s.objects, 'cpuMilli'));
  const memory = useMirror((s) => sumPods(s.podsByNode.get(name), s.objects, 'memoryBytes'));
  return (
    <div className="meters">
      <Meter label={t.cpu} used={cpu} of={node.cpuMilli} text={milliText(cpu)} />
      <Meter label={t.memory} used={memory} of={node.memoryBytes} text={bytesText(memory)} />
      <Meter label={t.pods} used={pods} of={node.podCapacity} text={String(pods)} />
    </div>
  );
}

function sumPods(
  refs: readonly string[],
  objects: ReadonlyMap<string, ObjectRow>,
  field: 'cpuMilli' | 'memoryBytes',
): number {
  return refs.reduce((sum, ref) => sum + (objects.get(ref)?.pod?.[field] ?? 0), 0);
}

function Meter(props: {
  readonly label: string;
  readonly used: number;
  readonly of: number;
  readonly text: string;
}) {
  const share = props.of === 0 ? 0 : Math.min(props.used / props.of, 1);
  return (
    <div className="meter">
      <span>{props.label}</span>
      <meter aria-label={props.label} min={0} max={1} high={0.9} value={share} />
      <span className="mono">
        {props.text} · {Math.round(share * 100)}%
      </span>
    </div>
  );
}

function Containers({
  pod,
  rows,
}: {
  readonly pod: string;
  readonly rows: readonly ContainerRow[];
}) {
  const t = useText(inspectorText);
  const init = rows.filter((row) => row.init);
  const main = rows.filter((row) => !row.init);
  return (
    <>
      {init.length > 0 ? <ContainerList title={t.initContainers} pod={pod} rows={init} /> : null}
      {main.length > 0 ? <ContainerList title={t.containers} pod={pod} rows={main} /> : null}
    </>
  );
}

function ContainerList(props: {
  readonly title: string;
  readonly pod: string;
  readonly rows: readonly ContainerRow[];
}) {
  return (
    <div>
      <h3 className="section-title">{props.title}</h3>
      <ul className="containers">
        {props.rows.map((row) => (
          <ContainerItem key={row.name} pod={props.pod} row={row} />
        ))}
      </ul>
    </div>
  );
}

function ContainerItem({ pod, row }: { readonly pod: string; readonly row: ContainerRow }) {
  const t = useText(inspectorText);
  const pulled = row.pulledPercent === null ? '' : ` ${Math.round(row.pulledPercent)}%`;
  const exit = row.exitCode === null ? '' : ` · ${t.exitCode} ${row.exitCode}`;
  return (
    <li className="container-item">
      <Button row={row} pod={pod} />
      <Status text={`${containerWord(row)}${pulled}`} />
      <span className="mono small dim">
        {row.image}
        {exit}
        {row.restarts > 0 ? ` · ${t.restarts} ${row.restarts}` : ''}
      </span>
    </li>
  );
}

function Button({ pod, row }: { readonly pod: string; readonly row: ContainerRow }) {
  return (
    <button
      type="button"
      className="btn link"
      data-container={row.name}
      onClick={() => selectObject(pod, row.name)}
    >
      <span className="mono">{row.name}</span>
    </button>
  );
}

function containerWord(row: ContainerRow): string {
  if (row.reason !== '') return row.reason;
  return { waiting: 'Waiting', running: 'Running', terminated: 'Terminated' }[row.state];
}

function Owned({ target }: { readonly target: string }) {
  const t = useText(inspectorText);
  const refs = useMirror((s) => s.byOwner.get(target));
  if (refs.length === 0) return null;
  return (
    <div>
      <h3 className="section-title">{t.owned}</h3>
      <ul className="plain-list">
        {refs.slice(0, OWNED_SHOWN).map((ref) => (
          <li key={ref} className="owned">
            <ObjectLink target={ref} />
            <OwnedStatus target={ref} />
          </li>
        ))}
      </ul>
      {refs.length > OWNED_SHOWN ? (
        <p className="dim small">{t.moreItems(refs.length - OWNED_SHOWN)}</p>
      ) : null}
    </div>
  );
}

function OwnedStatus({ target }: { readonly target: string }) {
  const status = useMirror((s) => statusOf(s.objects.get(target)));
  return status === '' ? null : <Status text={status} />;
}
