/** Manifest files on a node's own disk: what its kubelet runs as static Pods. */
import { useCallback, useEffect, useState } from 'react';
import { machineText } from '../i18n/machines.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { useMirror } from '../mirror/store.ts';
import { runCommand, tell } from '../session/actions.ts';
import { activeFile, useFiles } from '../session/files.ts';

/** The folder that kubeadm sets up (staticPodPath). */
const FOLDER = '/etc/kubernetes/manifests';

export function Manifests({ node }: { readonly node: string }) {
  const t = useText(machineText);
  const file = useFiles(activeFile);
  const past = useMirror((s) => s.past);
  const [names, setNames] = useState<readonly string[]>([]);
  const read = useCallback(() => {
    void tell({ type: 'files', pod: `Node//${node}`, container: '', path: FOLDER }).then((a) => {
      if (a !== null) setNames(a.type === 'directory' ? a.rows.map((row) => row.name) : []);
    });
  }, [node]);
  useEffect(read, [read]);
  const write = (name: string, content: string | null): void => {
    const path = `${FOLDER}/${name}`;
    void runCommand({ type: 'write-node-file', node, path, content }).then(read);
  };
  return (
    <div>
      <h3 className="section-title" title={t.manifestsHint}>
        {t.manifests}
      </h3>
      <p className="dim small mono">{FOLDER}</p>
      {names.length === 0 ? <p className="dim small">{t.noManifests}</p> : null}
      <ul className="plain-list">
        {names.map((name) => (
          <li key={name} className="owned">
            <span className="mono">{name}</span>
            <Button
              look="link"
              label={t.remove(name)}
              disabled={past}
              onClick={() => write(name, null)}
            >
              {t.removeWord}
            </Button>
          </li>
        ))}
      </ul>
      {file === undefined ? (
        <p className="dim small">{t.noFile}</p>
      ) : (
        <Button title={t.putHint} onClick={() => write(file.name, file.text)}>
          {t.put(file.name)}
        </Button>
      )}
    </div>
  );
}
