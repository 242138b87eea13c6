/** What the engine's sessions run: the kubectl programs, over the kinds that are served. */
import type { AnyKind } from '../api/meta/define-kind.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ApiRequest, ApiResponse, CommandResult, Problem } from '../port/protocol.ts';
import type { KubectlCommand, Pause } from '../port/protocol-kubectl.ts';
import { apply } from './apply.ts';
import { diff, type Live } from './diff.ts';
import { cordon, drain } from './drain.ts';
import { deleteObject, scaleObject } from './edit.ts';
import { rollout, setImage } from './rollout.ts';
import { toYamlDocuments } from './yaml-print.ts';

type Program = Generator<ApiRequest | Pause, CommandResult, ApiResponse>;

export interface KubectlPrograms {
  apply(file: string, text: string): Program;
  delete(ref: string, graceSeconds?: number): Program;
  scale(ref: string, replicas: number): Program;
  kubectl(command: KubectlCommand, nowMs: number): Program;
  diff(file: string, text: string, live: Live): { text: string; problems: readonly Problem[] };
  toYaml(objects: readonly KubeObject[]): string;
}

export function programsFor(kinds: readonly AnyKind[]): KubectlPrograms {
  return {
    apply: (file, text) => apply(kinds, file, text),
    delete: (ref, graceSeconds) => deleteObject(kinds, ref, graceSeconds),
    scale: (ref, replicas) => scaleObject(kinds, ref, replicas),
    kubectl: lineOf,
    diff: (_file, text, live) => diff(text, live),
    toYaml: (objects) => toYamlDocuments(objects),
  };
}

function lineOf(command: KubectlCommand, nowMs: number): Program {
  switch (command.type) {
    case 'cordon':
      return cordon(command.node, command.on);
    case 'drain':
      return drain(command.node, command.force === true, command.timeoutSeconds ?? null);
    case 'rollout':
      return rollout(command.act, command.object, nowMs);
    case 'set-image':
      return setImage(command.object, command.container, command.image);
  }
}
