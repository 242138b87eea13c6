/**
 * NodeName: a Pod that names its node fits only there.
 *
 * Models: pkg/scheduler/framework/plugins/nodename/node_name.go (v1.36)
 */
import { definePlugin, refuse } from '../framework.ts';

const REFUSED = refuse("node(s) didn't match the requested node name", true);

export const nodeName = definePlugin<null, null>({
  name: 'NodeName',
  filter: (_, pod, node) =>
    pod.spec.nodeName === undefined || pod.spec.nodeName === '' || pod.spec.nodeName === node.name
      ? null
      : REFUSED,
  events: ['NodeAdd'],
});
