/** The sandbox for Node entries and tests: the interpreter is read from the installed package. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { SandboxMaker } from '../engine/own-controllers/sandbox.ts';
import { sandboxMaker } from './sandbox.ts';

let made: SandboxMaker | null = null;

export function nodeSandbox(): SandboxMaker {
  if (made) return made;
  const path = createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm');
  made = sandboxMaker(new WebAssembly.Module(fs.readFileSync(path)));
  return made;
}
