/** Entry of the page: starts the Worker, opens the port, mounts the UI. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { PortClient } from './port/client.ts';
import type { Endpoint, RunFile } from './port/protocol.ts';
import { pageRunConfig } from './port/run-config.ts';
import { App } from './ui/app.tsx';
import { missingFeatures, obeyAddress, prepareDocument, seedOf } from './ui/boot.ts';
import { MissingFeatures } from './ui/missing-features.tsx';
import { listenToKeys } from './ui/keys.ts';
import {
  restartMirror,
  takeCrash,
  takeFrame,
  takeLoss,
  takeMemoryWarning,
} from './ui/mirror/store.ts';
import { speak } from './ui/i18n/text.ts';
import { session } from './ui/session/session.ts';
import { tell } from './ui/session/actions.ts';
import { setEngine } from './ui/session/engine.ts';
import { openRun, openShared } from './ui/session/file-acts.ts';
import { watchForSilence } from './ui/session/watchdog.ts';
import { watchSelection } from './ui/session/watching.ts';
import './ui/theme.css';
import './ui/app.css';

/** A name that stands for a run that is replayed from memory, not from a file. */
const REPLAYED = 'kubeglass-run.json';

let stopWatching: () => void = () => {};

/** A fresh Worker with an empty cluster, or with |run| replayed in it. */
function startEngine(run: RunFile | null): void {
  stopWatching();
  restartMirror();
  const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
  const endpoint: Endpoint = {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (handler) => {
      worker.onmessage = (event) => handler(event.data);
    },
  };
  const port = new PortClient(endpoint, {
    frame: (frame, seen) => {
      takeFrame(frame, performance.now());
      // Acknowledged in the next turn: what the frame changed has been drawn by then.
      setTimeout(seen);
    },
    crashed: takeCrash,
    memory: takeMemoryWarning,
  });
  const lost = (message: string): void => {
    stopListening();
    port.close(message);
    worker.terminate();
    takeLoss(message);
  };
  const stopListening = watchForSilence(port, lost);
  worker.onerror = (event) => lost(event.message || 'The Worker could not be started.');
  worker.onmessageerror = () => lost('A message of the Worker could not be read.');
  setEngine({
    port,
    replace: (next) => {
      stopListening();
      port.close('The engine was replaced by another one.');
      worker.terminate();
      startEngine(next);
    },
  });
  const config = run?.config ?? pageRunConfig(seedOf(location.search));
  void tell({ type: 'start', config }).then(() => {
    stopWatching = watchSelection();
    return run === null ? undefined : openRun(run, REPLAYED);
  });
}

async function main(): Promise<void> {
  const element = document.getElementById('root');
  if (element === null) throw new Error('index.html has no element #root.');
  obeyAddress(location.search);
  // The engine starts while the texts are on their way.
  const missing = missingFeatures();
  if (missing.length === 0) startEngine(null);
  await speak(session.getState().language);
  prepareDocument();
  const root = createRoot(element);
  if (missing.length > 0) {
    root.render(<MissingFeatures list={missing} />);
    return;
  }
  listenToKeys();
  void openShared(location.hash.slice(1));
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

void main();
