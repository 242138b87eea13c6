/** A chunk of its own: interpreter and type stripper are loaded only where somebody writes a controller. */
import type { SandboxMaker } from '../engine/own-controllers/sandbox.ts';
import { sandboxMaker } from '../sandbox/sandbox.ts';
import WASM from 'quickjs-wasi/quickjs.wasm?url';

export async function loadSandbox(): Promise<SandboxMaker> {
  const answer = await fetch(WASM);
  if (!answer.ok) throw new Error(`the interpreter could not be fetched: ${answer.status}`);
  return sandboxMaker(await WebAssembly.compile(await answer.arrayBuffer()));
}
