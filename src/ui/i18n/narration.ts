/** Sentences of the text log and of the causal chain. Verbs stand beside the API's own words. */
import { defineText } from './text.ts';

interface Narration {
  readonly [key: string]:
    | ((...args: never[]) => string)
    | Readonly<Record<string, string>>
    | string;
  readonly verbs: Readonly<Record<string, string>>;
  readonly changes: Readonly<Record<string, string>>;
  readonly command: (name: string, object: string) => string;
  readonly request: (
    from: string,
    verb: string,
    part: string,
    object: string,
    code: string,
    revision: number,
  ) => string;
  readonly watch: (to: string, object: string, change: string) => string;
  readonly scheduled: (object: string, node: string) => string;
  readonly noNode: (object: string) => string;
  readonly cri: (from: string, to: string, call: string, object: string) => string;
  readonly started: (container: string, object: string, by: string) => string;
  readonly exited: (container: string, object: string, how: string, code: string) => string;
  readonly work: (from: string, object: string) => string;
  readonly sync: (from: string, object: string) => string;
  readonly note: (from: string, name: string, object: string) => string;
}

export type NarrationText = Narration;

export const narrationText = defineText<Narration>({
  en: {
    verbs: {
      create: 'create',
      update: 'update',
      patch: 'patch',
      delete: 'delete',
      deletecollection: 'delete',
      get: 'read',
      list: 'list',
      watch: 'watch',
    },
    changes: { ADDED: 'was added', MODIFIED: 'has changed', DELETED: 'is gone' },
    command: (name, object) => `You: ${name}${object === '' ? '' : ` ${object}`}`,
    request: (from, verb, part, object, code, revision) =>
      `${from} asked kube-apiserver to ${verb} ${part === '' ? '' : `the ${part} of `}${object}` +
      `${code === '' ? '' : `: ${code}`}${revision > 0 ? `, stored in etcd at revision ${revision}` : ''}`,
    watch: (to, object, change) => `kube-apiserver told ${to}: ${object} ${change}`,
    scheduled: (object, node) => `kube-scheduler chose ${node} for ${object}`,
    noNode: (object) => `kube-scheduler found no node for ${object}`,
    cri: (from, to, call, object) => `${from} called ${to}: ${call} ${object}`,
    started: (container, object, by) => `${by} started container ${container} of ${object}`,
    exited: (container, object, how, code) =>
      `Container ${container} of ${object} ended: ${how}, exit code ${code}`,
    work: (from, object) => `${from} compared what is wanted with what is there: ${object}`,
    sync: (from, object) => `${from} looked after ${object}`,
    note: (from, name, object) => [from, name, object].filter((part) => part !== '').join(' '),
  },
});
