/** The engine is starting, has crashed, is gone, or asks for more memory: what to do then. */
import { useEffect, useState } from 'react';
import type { RunFile } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { shellText } from '../i18n/shell.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { useMirror } from '../mirror/store.ts';
import { play, resetRun } from '../session/actions.ts';
import { replayRun, restartEngine } from '../session/engine.ts';
import { downloadRun } from '../session/file-acts.ts';
import { lastRun } from '../session/last-run.ts';

/** After this long the reader is told that it has not stopped, in milliseconds. */
const SLOW_START_MS = 4_000;

export function EnginePanel() {
  const engine = useMirror((s) => s.engine);
  switch (engine.type) {
    case 'loading':
      return <Loading />;
    case 'crashed':
      return <Crashed />;
    case 'lost':
      return <Lost message={engine.message} />;
    case 'ready':
      return <Memory />;
  }
}

function Loading() {
  const t = useText(shellText);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_START_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" className="engine-note">
      {slow ? t.loadingSlow : t.loading}
    </div>
  );
}

function Crashed() {
  const t = useText(shellText);
  const engine = useMirror((s) => s.engine);
  if (engine.type !== 'crashed') return null;
  const { message, run } = engine;
  return (
    <section role="alert" className="engine-note trouble" aria-label={t.crashedTitle}>
      <h2>
        <Icon name="warning" size={16} /> {t.crashedTitle}
      </h2>
      <p>{t.crashedBody}</p>
      <pre className="code trouble-text">{message}</pre>
      <p>{t.crashedHelp}</p>
      <div className="actions">
        <RunButtons run={run} />
        <Button onClick={restartEngine}>{t.restart}</Button>
      </div>
    </section>
  );
}

function Lost({ message }: { readonly message: string }) {
  const t = useText(shellText);
  const run = lastRun();
  return (
    <section role="alert" className="engine-note trouble" aria-label={t.lostTitle}>
      <h2>
        <Icon name="warning" size={16} /> {t.lostTitle}
      </h2>
      <p>{t.lostBody}</p>
      <pre className="code trouble-text">{message}</pre>
      {run === null ? null : <p>{t.lostRun(run.commands.length)}</p>}
      <div className="actions">
        {run === null ? null : <RunButtons run={run} />}
        <Button look={run === null ? 'primary' : 'plain'} onClick={restartEngine}>
          {t.restart}
        </Button>
      </div>
    </section>
  );
}

function RunButtons({ run }: { readonly run: RunFile }) {
  const t = useText(shellText);
  return (
    <>
      <Button look="primary" onClick={() => downloadRun(run)}>
        {t.downloadRun}
      </Button>
      <Button onClick={() => replayRun(run)}>{t.replayRun}</Button>
    </>
  );
}

function Memory() {
  const t = useText(shellText);
  const memory = useMirror((s) => s.memory);
  if (memory === null) return null;
  return (
    <section role="alert" className="engine-note trouble" aria-label={t.memoryTitle}>
      <h2>
        <Icon name="warning" size={16} /> {t.memoryTitle}
      </h2>
      <p>{t.memoryBody(Math.round(memory.usedMb))}</p>
      <div className="actions">
        <Button look="primary" onClick={play}>
          {t.memoryGoOn}
        </Button>
        <Button onClick={resetRun}>{t.memoryReset}</Button>
      </div>
    </section>
  );
}
