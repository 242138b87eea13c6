/** What the engine's sessions run: the kubectl programs, over the kinds that are served. */
import type { AnyKind } from '../api/meta/define-kind.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ApiRequest, ApiResponse, CommandResult, Problem } from '../port/protocol.ts';
import { apply } from './apply.ts';
import { diff, type Live } from './diff.ts';
import { deleteObject, scaleObject } from './edit.ts';
import { toYamlDocuments } from './yaml-print.ts';

type Program = Generator<ApiRequest, CommandResult, ApiResponse>;

export interface KubectlPrograms {
  apply(file: string, text: string): Program;
  delete(ref: string, graceSeconds?: number): Program;
  scale(ref: string, replicas: number): Program;
  diff(file: string, text: string, live: Live): { text: string; problems: readonly Problem[] };
  toYaml(objects: readonly KubeObject[]): string;
}

export function programsFor(kinds: readonly AnyKind[]): KubectlPrograms {
  return {
    apply: (file, text) => apply(kinds, file, text),
    delete: (ref, graceSeconds) => deleteObject(kinds, ref, graceSeconds),
    scale: (ref, replicas) => scaleObject(kinds, ref, replicas),
    diff: (_file, text, live) => diff(text, live),
    toYaml: (objects) => toYamlDocuments(objects),
  };
}
