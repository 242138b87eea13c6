/** The file system of a container, to be looked at: directories, and what is in a file. */
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import type { FileRow, FilesAnswer, PodInside } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { bytesText, momentText } from '../kit/format.ts';
import { useMirror } from '../mirror/store.ts';
import { tell } from '../session/actions.ts';
import { modeText, parentOf, pathIn } from './file-path.ts';

export function FilesView(props: { readonly inside: PodInside; readonly container: string }) {
  const { inside, container } = props;
  const t = useText(podText);
  const past = useMirror((s) => s.past);
  const [path, setPath] = useState('/');
  const [answer, setAnswer] = useState<FilesAnswer | null>(null);
  const pod = inside.ref;
  const read = useCallback(
    (wanted: string) => {
      void tell({ type: 'files', pod, container, path: wanted }).then((got) => {
        if (got === null) return;
        setAnswer(got);
        setPath(got.path);
      });
    },
    [pod, container],
  );
  useEffect(() => read('/'), [read]);
  return (
    <div className="pod-files">
      <PathBar t={t} path={path} onRead={read} />
      {past ? <p className="dim small pad-x">{t.filesNow}</p> : null}
      {answer === null ? <p className="dim pad">{t.loading}</p> : null}
      {answer?.type === 'none' ? <p className="dim pad">{noneText(answer.message, t)}</p> : null}
      {answer?.type === 'directory' ? (
        <Directory rows={answer.rows} path={answer.path} onRead={read} t={t} />
      ) : null}
      {answer?.type === 'file' ? (
        <>
          <p className="dim small pad-x">
            {bytesText(answer.size)} B{answer.cut ? ` · ${t.fileCut}` : ''}
          </p>
          <pre className="pod-file" tabIndex={0} aria-label={answer.path}>
            {answer.text}
          </pre>
        </>
      ) : null}
    </div>
  );
}

function noneText(message: string, t: PodText): string {
  return (t.noFile as Readonly<Record<string, string>>)[message] ?? message;
}

function PathBar(props: {
  readonly t: PodText;
  readonly path: string;
  readonly onRead: (path: string) => void;
}) {
  const { t, path, onRead } = props;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onRead(String(new FormData(event.currentTarget).get('path') ?? '/'));
  };
  return (
    <form className="pane-tools" onSubmit={submit}>
      <Button icon label={t.up} disabled={path === '/'} onClick={() => onRead(parentOf(path))}>
        ↑
      </Button>
      <input
        key={path}
        name="path"
        className="field mono pod-path"
        aria-label={t.path}
        defaultValue={path}
      />
      <Button onClick={() => onRead(path)}>{t.reload}</Button>
    </form>
  );
}

interface DirectoryProps {
  readonly rows: readonly FileRow[];
  readonly path: string;
  readonly onRead: (path: string) => void;
  readonly t: PodText;
}

function Directory({ rows, path, onRead, t }: DirectoryProps) {
  if (rows.length === 0) return <p className="dim pad">{t.emptyDirectory}</p>;
  return (
    <div className="scroll">
      <table className="table pod-dir">
        <thead>
          <tr>
            <th scope="col">{t.fileMode}</th>
            <th scope="col">{t.fileSize}</th>
            <th scope="col">{t.fileTime}</th>
            <th scope="col">{t.fileName}</th>
          </tr>
        </thead>
        <tbody className="mono">
          {rows.map((row) => (
            <tr key={row.name}>
              <td>{modeText(row)}</td>
              <td>{row.kind === 'file' ? bytesText(row.size) : ''}</td>
              <td>{momentText(row.modifiedAt)}</td>
              <td>
                <Button look="link" onClick={() => onRead(pathIn(path, row.name))}>
                  {row.kind === 'directory' ? `${row.name}/` : row.name}
                </Button>
                {row.target === '' ? null : <span className="dim"> → {row.target}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
