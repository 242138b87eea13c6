/** A form for another machine: name, CPU, memory, zone. */
import { type FormEvent, useState } from 'react';
import type { NodeSpec } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { mirror, useMirror } from '../mirror/store.ts';
import { addNode } from '../session/actions.ts';
import { selectObject } from '../session/session.ts';

/** Pods a kubelet takes by default (kubelet configuration maxPods). */
const DEFAULT_MAX_PODS = 110;
const QUANTITY = /^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;
const NODE_NAME = /^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$/;

export function AddNode() {
  const t = useText(inspectorText);
  const [trouble, setTrouble] = useState('');
  const suggested = useMirror((s) => freeNodeName(s.byKind.get('Node')));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const node = readNode(new FormData(form));
    const wrong = whatIsWrong(node, t);
    setTrouble(wrong);
    if (wrong !== '') return;
    void addNode(node).then((result) => {
      if (result?.exitCode === 0) selectObject(`Node//${node.name}`);
    });
  };
  return (
    <details className="add-node">
      <summary>{t.addNode}</summary>
      <form onSubmit={submit} noValidate>
        <label className="label">
          {t.nodeName}
          <input key={suggested} className="field mono" name="name" defaultValue={suggested} />
        </label>
        <label className="label">
          {t.cpu}
          <input className="field mono" name="cpu" defaultValue="4" />
        </label>
        <label className="label">
          {t.memory}
          <input className="field mono" name="memory" defaultValue="8Gi" />
        </label>
        <label className="label">
          {t.zone}
          <input className="field mono" name="zone" defaultValue="" />
        </label>
        <p role="alert" className="form-trouble">
          {trouble}
        </p>
        <button type="submit" className="btn">
          {t.addNode}
        </button>
      </form>
    </details>
  );
}

function readNode(data: FormData): NodeSpec {
  const text = (key: string): string => String(data.get(key) ?? '').trim();
  return {
    name: text('name'),
    cpu: text('cpu'),
    memory: text('memory'),
    zone: text('zone'),
    pods: DEFAULT_MAX_PODS,
  };
}

function whatIsWrong(node: NodeSpec, t: (typeof inspectorText)['en']): string {
  const taken = mirror.getState().objects.has(`Node//${node.name}`);
  if (!NODE_NAME.test(node.name) || taken) return t.badName(node.name);
  if (!QUANTITY.test(node.cpu)) return t.badQuantity(t.cpu);
  return QUANTITY.test(node.memory) ? '' : t.badQuantity(t.memory);
}

function freeNodeName(refs: readonly string[]): string {
  let n = refs.filter((ref) => ref.startsWith('Node//node-')).length + 1;
  while (refs.includes(`Node//node-${n}`)) n++;
  return `node-${n}`;
}
