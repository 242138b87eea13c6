/** What one can do to the selected object: scale, edit, delete; a node also stop, start, remove. */
import { useState } from 'react';
import type { ObjectRow } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { useMirror } from '../mirror/store.ts';
import {
  deleteObject,
  editObject,
  removeNode,
  scaleObject,
  startComponent,
  stopComponent,
} from '../session/actions.ts';
import { NodeFaults } from './node-faults.tsx';

/** They count nodes or successes, which nobody can set. */
const NOT_SCALED: ReadonlySet<string> = new Set(['DaemonSet', 'Job']);
/** More replicas than this the API server would refuse as well (int32). */
const MOST_REPLICAS = 2_147_483_647;

export function ObjectActions({ row }: { readonly row: ObjectRow }) {
  const t = useText(inspectorText);
  const past = useMirror((s) => s.past);
  return (
    <div>
      <div role="group" aria-label={t.actions} className="actions">
        {row.replicas === undefined || NOT_SCALED.has(row.kind) ? null : (
          <Scale key={row.ref} target={row.ref} desired={row.replicas.desired} />
        )}
        <Button title={t.editHint} onClick={() => editObject(row.ref)}>
          {t.edit}
        </Button>
        {row.kind === 'Node' ? <NodeActions name={row.name} /> : <Delete row={row} />}
      </div>
      {past ? <p className="dim small">{t.past}</p> : null}
    </div>
  );
}

function Scale({ target, desired }: { readonly target: string; readonly desired: number }) {
  const t = useText(inspectorText);
  const [wanted, setWanted] = useState<string | null>(null);
  const value = wanted ?? String(desired);
  const count = Number(value);
  const valid = /^\d+$/.test(value) && count <= MOST_REPLICAS;
  return (
    <form
      className="scale"
      onSubmit={(event) => {
        event.preventDefault();
        if (!valid) return;
        void scaleObject(target, count);
        setWanted(null);
      }}
    >
      <input
        className="field number"
        type="number"
        min={0}
        max={MOST_REPLICAS}
        aria-label={t.replicas}
        value={value}
        onChange={(event) => setWanted(event.target.value)}
      />
      <button type="submit" className="btn" disabled={!valid}>
        {t.scale}
      </button>
    </form>
  );
}

function Delete({ row }: { readonly row: ObjectRow }) {
  const t = useText(inspectorText);
  // A Pod that is being deleted already can only be hurried.
  const force = row.kind === 'Pod' && row.deleting;
  return (
    <Button
      look="danger"
      title={force ? t.forceDeleteHint : t.deleteHint}
      onClick={() => (force ? deleteObject(row.ref, 0) : deleteObject(row.ref))}
    >
      {force ? t.forceDelete : t.delete}
    </Button>
  );
}

function NodeActions({ name }: { readonly name: string }) {
  const t = useText(inspectorText);
  const kubelet = `kubelet/${name}`;
  const running = useMirror((s) => s.components.get(kubelet)?.running !== false);
  return (
    <>
      {running ? (
        <Button title={t.stopNodeHint} onClick={() => stopComponent(kubelet)}>
          {t.stopNode}
        </Button>
      ) : (
        <Button onClick={() => startComponent(kubelet)}>{t.startNode}</Button>
      )}
      <NodeFaults node={name} />
      <Button look="danger" title={t.removeNodeHint} onClick={() => removeNode(name)}>
        {t.removeNode}
      </Button>
    </>
  );
}
