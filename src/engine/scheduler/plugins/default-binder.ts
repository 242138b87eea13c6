/**
 * DefaultBinder: tells the API server which node a Pod is for.
 *
 * Models: pkg/scheduler/framework/plugins/defaultbinder/default_binder.go (v1.36)
 */
import { Pod } from '../../../api/kinds/pod.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { isRefusal } from '../../client/refusal.ts';
import { definePlugin, failure } from '../framework.ts';

export const defaultBinder = definePlugin<null, null>({
  name: 'DefaultBinder',
  *bind(pod, node, { client }) {
    const { namespace = '', name, uid } = pod.metadata;
    try {
      yield* client.post(Pod, namespace, name, 'binding', {
        metadata: { name, namespace, uid },
        target: { kind: 'Node', name: node },
      });
      return null;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return failure(isApiError(error) ? (error.status.message ?? '') : (error as Error).message);
    }
  },
  events: [],
});
