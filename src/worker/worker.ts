/**
 * Worker entry: the engine behind a port, pumped by the wall clock. The only place where the two meet.
 */
import { kinds } from '../api/kinds/index.ts';
import { Host } from '../engine/host/host.ts';
import { programsFor } from '../kubectl/programs.ts';
import { PortServer } from '../port/serve.ts';
import { openApiDocuments } from './openapi.ts';
import { SandboxGate } from './sandbox.ts';

declare const self: DedicatedWorkerGlobalScope;

/** Between two looks at the clock while time passes at a pace; frames go out at most this often. */
const TICK_MS = 33;
const FRAME_MS = 100;

let gate: SandboxGate | null = null;
const port = new PortServer({
  post: (message, transfer) => self.postMessage(message, (transfer ?? []) as Transferable[]),
  onMessage: (handler) => {
    const taking = new SandboxGate(handler);
    gate = taking;
    self.onmessage = (event: MessageEvent) => taking.take(event.data);
  },
});
const host = new Host(programsFor(kinds), port.events, {
  openapi: openApiDocuments,
  sandbox: () => gate?.sandbox ?? null,
});

let last = performance.now();
let lastFrame = 0;

function tick(): void {
  const now = performance.now();
  let more = host.pump(now - last);
  last = now;
  // Full speed: in portions of a few milliseconds, so that messages are heard.
  while (more && performance.now() - now < TICK_MS) more = host.pump(0);
  if (host.active && now - lastFrame >= FRAME_MS) {
    lastFrame = now;
    port.sendFrame();
  }
  setTimeout(tick, more ? 0 : TICK_MS);
}

port.start(host, () => port.sendFrame());
tick();
