/**
 * The subresource `proxy` of Services: leads to one of the Pods behind.
 *
 * Models:     pkg/registry/core/service/storage/storage.go ResourceLocation (v1.36)
 * Simplified: always the first address; upstream takes one at random
 */
import type { Endpoints, Service } from '../../generated/types.ts';
import type { ConnectRules } from '../../meta/define-kind.ts';
import { goQuote } from '../../meta/go-text.ts';
import { proxyTarget } from '../../meta/proxy-target.ts';
import { badRequest, failure, notFound } from '../../meta/status.ts';

function unavailable(why: string): Error {
  return failure(503, 'ServiceUnavailable', why);
}

export const serviceProxy: ConnectRules<Service> = {
  nameOf(id) {
    const target = proxyTarget(id);
    if (!target) throw badRequest(`invalid service request ${goQuote(id)}`);
    return target.name;
  },
  connect(service, _query, context) {
    const { name, namespace = '' } = service.metadata;
    let port = proxyTarget(context.name)?.port ?? '';
    if (/^\d+$/.test(port)) {
      const found = service.spec.ports?.find((p) => p.port === Number(port));
      if (!found) throw unavailable(`no service port ${port} found for service ${goQuote(name)}`);
      port = found.name ?? '';
    }
    const endpoints = context.lookup('', 'endpoints', namespace, name) as Endpoints | undefined;
    if (!endpoints) throw notFound({ group: '', plural: 'endpoints' }, name);
    for (const { addresses = [], ports = [] } of endpoints.subsets ?? []) {
      const number = ports.find((p) => (p.name ?? '') === port)?.port;
      const address = addresses.find(({ targetRef }) => targetRef?.namespace === namespace)?.ip;
      if (number !== undefined && address !== undefined)
        return { proxy: { address, port: number } };
    }
    const id = endpoints.subsets?.length ? context.name : name;
    throw unavailable(`no endpoints available for service ${goQuote(id)}`);
  },
};
