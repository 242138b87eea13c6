/** All containers on a node's runtime: those of Pods, and those that Kubernetes knows nothing of. */
import { useCallback, useEffect, useState } from 'react';
import type { NodeContainerRow } from '../../port/protocol-node.ts';
import { type MachineText, machineText } from '../i18n/machines.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { refWords } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { runCommand, tell } from '../session/actions.ts';

/** How often it looks again, in microseconds of the cluster's time. */
const LOOK_US = 2_000_000;

export function NodeContainers({ node }: { readonly node: string }) {
  const t = useText(machineText);
  const past = useMirror((s) => s.past);
  const look = useMirror((s) => Math.floor(s.at / LOOK_US));
  const [rows, setRows] = useState<readonly NodeContainerRow[]>([]);
  const read = useCallback(() => {
    void tell({ type: 'node-containers', node }).then((found) => {
      if (found !== null) setRows(found);
    });
  }, [node]);
  useEffect(read, [read, look]);
  const remove = (name: string): void => {
    void runCommand({ type: 'remove-alien-container', node, name }).then(read);
  };
  return (
    <div>
      <h3 className="section-title" title={t.containersHint}>
        {t.containers}
      </h3>
      {rows.length === 0 ? <p className="dim small">{t.noContainers}</p> : null}
      <ul className="plain-list" aria-label={t.containers}>
        {rows.map((row) => (
          <li key={`${row.namespace}/${row.id}`} className="owned">
            <span className="mono">{row.name}</span>
            <span className="dim small">
              {whose(row, t)} · {row.state}
            </span>
            {row.pod === '' ? (
              <Button
                look="link"
                label={t.remove(row.name)}
                disabled={past}
                onClick={() => remove(row.name)}
              >
                {t.removeWord}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </div>
  );
}

function whose({ pod }: NodeContainerRow, t: MachineText): string {
  return pod === '' ? t.nobodys : refWords(pod);
}
