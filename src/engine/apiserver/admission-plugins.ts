/**
 * Which admission plugins look at which requests. Their order is handed in (engine/policy/order.ts).
 *
 * Models: pkg/kubeapiserver/options plugins.go (AllOrderedPlugins, v1.36)
 */
import type { AdmissionPlugin, Operation, ServerPlugin } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { assert } from '../../kernel/assert.ts';
import type { Resource } from './resource.ts';

export type Admit = Required<ServerPlugin>['admit'];
export type Validate = Required<ServerPlugin>['validate'];

interface Step {
  readonly operations: readonly Operation[];
  readonly subresources: readonly string[] | '*';
}

const WRITES: readonly Operation[] = ['CREATE', 'UPDATE'];
const ALL: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
const MAIN_ONLY: readonly string[] = [];

interface Steps {
  readonly mutating: readonly (Step & { readonly run: Admit })[];
  readonly validating: readonly (Step & { readonly run: Validate })[];
}

/** The plugins that look at one sort of request. */
export interface Concerned {
  readonly mutating: readonly Admit[];
  readonly validating: readonly Validate[];
}

/** By operation and subresource: looked up for every request, so the plugins are not asked again. */
type Table = Map<Operation, Map<string, Concerned>>;

export class PluginTable {
  readonly #plugins: readonly ServerPlugin[];
  readonly #order: readonly string[];
  readonly #tables = new WeakMap<Resource, Table>();

  /** |order| holds the names of all plugins, those of kinds included. */
  constructor(plugins: readonly ServerPlugin[], order: readonly string[]) {
    this.#plugins = plugins;
    this.#order = order;
  }

  /** In order. */
  concerned(resource: Resource, operation: Operation, subresource: string): Concerned {
    let table = this.#tables.get(resource);
    if (!table) this.#tables.set(resource, (table = new Map()));
    let bySubresource = table.get(operation);
    if (!bySubresource) table.set(operation, (bySubresource = new Map()));
    let found = bySubresource.get(subresource);
    if (!found) {
      const { mutating, validating } = this.#make(resource);
      const of = <T>(steps: readonly (Step & { readonly run: T })[]): readonly T[] =>
        steps.filter((step) => concerns(step, subresource, operation)).map(({ run }) => run);
      found = { mutating: of(mutating), validating: of(validating) };
      bySubresource.set(subresource, found);
    }
    return found;
  }

  #make({ kind, group, plural }: Resource): Steps {
    const own = (kind.admission ?? []) as readonly AdmissionPlugin<KubeObject>[];
    const others = this.#plugins.filter(
      (p) => p.resources?.some((r) => r.group === group && r.plural === plural) ?? true,
    );
    const all = [...own, ...others].sort((a, b) => this.#rank(a.name) - this.#rank(b.name));
    const mutating: (Step & { run: Admit })[] = [];
    const validating: (Step & { run: Validate })[] = [];
    for (const plugin of all) {
      const many = others.includes(plugin as ServerPlugin) ? (plugin as ServerPlugin) : null;
      const subresources = many?.subresources ?? MAIN_ONLY;
      if (plugin.admit) {
        const operations = many?.operations ?? WRITES;
        mutating.push({ run: plugin.admit.bind(plugin), operations, subresources });
      }
      if (plugin.validate) {
        // The kind's own plugins decide by themselves which subresources they mind.
        const scope = many ? { operations: many.operations, subresources } : OWN_SCOPE;
        validating.push({ run: plugin.validate.bind(plugin), ...scope });
      }
    }
    return { mutating, validating };
  }

  #rank(name: string): number {
    const at = this.#order.indexOf(name);
    // Without an order (a server of its own in a test) plugins stand as they were given.
    assert(
      at >= 0 || this.#order.length === 0,
      `admission plugin ${name} has no place in the order`,
    );
    return at;
  }
}

const OWN_SCOPE: Step = { operations: ALL, subresources: '*' };

function concerns(step: Step, subresource: string, operation: Operation): boolean {
  if (!step.operations.includes(operation)) return false;
  if (subresource === '' || step.subresources === '*') return true;
  return step.subresources.includes(subresource);
}
