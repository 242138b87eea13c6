/**
 * Which admission plugins look at which requests. Their order is handed in (engine/policy/order.ts).
 *
 * Models: pkg/kubeapiserver/options plugins.go (AllOrderedPlugins, v1.36)
 */
import type { AdmissionPlugin, Operation, ServerPlugin } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { assert } from '../../kernel/assert.ts';
import type { Call } from './call.ts';
import type { Resource } from './resource.ts';

type Admit = Required<Pick<ServerPlugin, 'admit'>>;
type Validate = Required<Pick<ServerPlugin, 'validate'>>;

interface Step {
  readonly operations: readonly Operation[];
  readonly subresources: readonly string[] | '*';
}

const WRITES: readonly Operation[] = ['CREATE', 'UPDATE'];
const ALL: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
const MAIN_ONLY: readonly string[] = [];

interface Steps {
  readonly mutating: readonly (Admit & Step)[];
  readonly validating: readonly (Validate & Step)[];
}

export class PluginTable {
  readonly #plugins: readonly ServerPlugin[];
  readonly #order: readonly string[];
  readonly #byResource = new WeakMap<Resource, Steps>();

  /** |order| holds the names of all plugins, those of kinds included. */
  constructor(plugins: readonly ServerPlugin[], order: readonly string[]) {
    this.#plugins = plugins;
    this.#order = order;
  }

  mutating(resource: Resource): readonly (Admit & Step)[] {
    return this.#steps(resource).mutating;
  }

  validating(resource: Resource): readonly (Validate & Step)[] {
    return this.#steps(resource).validating;
  }

  #steps(resource: Resource): Steps {
    let steps = this.#byResource.get(resource);
    if (!steps) this.#byResource.set(resource, (steps = this.#make(resource)));
    return steps;
  }

  #make({ kind, group, plural }: Resource): Steps {
    const own = (kind.admission ?? []) as readonly AdmissionPlugin<KubeObject>[];
    const others = this.#plugins.filter(
      (p) => p.resources?.some((r) => r.group === group && r.plural === plural) ?? true,
    );
    const all = [...own, ...others].sort((a, b) => this.#rank(a.name) - this.#rank(b.name));
    const mutating: (Admit & Step)[] = [];
    const validating: (Validate & Step)[] = [];
    for (const plugin of all) {
      const many = others.includes(plugin as ServerPlugin) ? (plugin as ServerPlugin) : null;
      const subresources = many?.subresources ?? MAIN_ONLY;
      if (plugin.admit) {
        const operations = many?.operations ?? WRITES;
        mutating.push({ admit: plugin.admit.bind(plugin), operations, subresources });
      }
      if (plugin.validate) {
        // The kind's own plugins decide by themselves which subresources they mind.
        const scope = many ? { operations: many.operations, subresources } : OWN_SCOPE;
        validating.push({ validate: plugin.validate.bind(plugin), ...scope });
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

export function concerns(step: Step, call: Call, operation: Operation): boolean {
  if (!step.operations.includes(operation)) return false;
  const { subresource } = call;
  if (subresource === '' || step.subresources === '*') return true;
  return step.subresources.includes(subresource);
}
