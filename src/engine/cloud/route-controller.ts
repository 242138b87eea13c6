/**
 * Route controller: a route to the Pods of each Node in the cloud's network, and a condition on the
 * Node that says whether it is there.
 *
 * Models:     k8s.io/cloud-provider controllers/route/route_controller.go (v0.36)
 * Watches:    Node (primary)
 * Writes:     Node status (condition NetworkUnavailable)
 * Simplified: packets do not ask for routes: Pods of a Node without one are reached all the same
 */
import { Node } from '../../api/kinds/node.ts';
import { isApiError } from '../../api/meta/status.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { join, type Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import type { PretendCloud, Route } from './cloud.ts';

const SYNC_PERIOD_US = 10_000_000; // --route-reconciliation-period

export function cloudRouteController(cloud: PretendCloud): ControllerDefinition<Node> {
  return defineController<Node>({
    name: 'route-controller',
    eventSource: 'route_controller',
    primary: Node,
    ownHandlers: true,
    start(context) {
      const { kernel, scope } = context;
      const begin = (): void => {
        kernel.spawn('routes', reconcileRoutes(cloud, context), {
          periodic: true,
          scope,
          cause: 0,
        });
        context.after(SYNC_PERIOD_US, begin, true);
      };
      context.informers.whenSynced(begin);
    },
    *reconcile() {
      // Nobody wakes it: it looks at all routes by the clock.
    },
  });
}

export interface RoutePlan {
  readonly remove: readonly Route[];
  readonly add: readonly Route[];
}

/** Pure: from the routes there are to those that the Nodes' ranges need. */
export function planRoutes(nodes: readonly Node[], routes: readonly Route[]): RoutePlan {
  const id = ({ node, cidr }: Route): string => `${node} ${cidr}`;
  const wanted = nodes.flatMap(({ metadata, spec }) =>
    (spec.podCIDRs ?? []).map((cidr) => ({ node: metadata.name, cidr })),
  );
  const there = new Set(routes.map(id));
  const needed = new Set(wanted.map(id));
  return {
    remove: routes.filter((route) => !needed.has(id(route))),
    add: wanted.filter((route) => !there.has(id(route))),
  };
}

function* reconcileRoutes(cloud: PretendCloud, context: ControllerContext): Proc {
  const { kernel, scope } = context;
  const routes = yield* cloud.routes();
  const nodes = [...context.informers.for(Node).all()];
  const { remove, add } = planRoutes(nodes, routes);
  const options = { scope, joined: true };
  const work = [
    ...remove.map((route) => kernel.spawn('delete route', cloud.deleteRoute(route), options)),
    ...add.map((route) => kernel.spawn('create route', cloud.createRoute(route), options)),
  ];
  for (const process of work) yield* join(process);
  for (const node of nodes) {
    if ((node.spec.podCIDRs ?? []).length > 0) yield* setCondition(node, context);
  }
}

function* setCondition(node: Node, context: ControllerContext): Proc {
  const old = node.status.conditions?.find(({ type }) => type === 'NetworkUnavailable');
  if (old?.status === 'False' && old.reason === 'RouteCreated') return;
  const now = rfc3339(context.kernel.nowMs);
  const condition = {
    type: 'NetworkUnavailable',
    status: 'False',
    reason: 'RouteCreated',
    message: 'RouteController created a route',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const options = { type: 'strategic', subresource: 'status' } as const;
  const patch = { status: { conditions: [condition] } };
  try {
    yield* context.client.patch(Node, '', node.metadata.name, patch, options);
  } catch (error) {
    // It is gone, or the next look in ten seconds tells it.
    if (!isApiError(error)) throw error;
  }
}
