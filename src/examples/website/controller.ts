// A Website is a Deployment, a Service in front of it, and a status that says how far they are.

const WEBSITE = 'kubeglass.dev/v1/Website';

interface Website extends KubeObject {
  readonly spec: { readonly image: string; readonly replicas: number };
  readonly status?: { readonly readyReplicas?: number; readonly address?: string };
}

interface Deployment extends KubeObject {
  readonly status?: { readonly readyReplicas?: number };
}

export default defineController({
  for: WEBSITE,
  owns: ['apps/v1/Deployment', 'v1/Service'],

  async reconcile(request, { client, log, note }) {
    const site = await client.get<Website>(WEBSITE, request);
    // The garbage collector deletes what a Website owns, because of the ownerReferences below.
    if (!site || site.metadata.deletionTimestamp) return;

    const metadata = {
      name: request.name,
      namespace: request.namespace,
      ownerReferences: [
        {
          apiVersion: site.apiVersion,
          kind: site.kind,
          name: site.metadata.name,
          uid: site.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    };
    const labels = { website: request.name };
    const deployment: Deployment = await client.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: site.spec.replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'web', image: site.spec.image }] },
        },
      },
    });
    await client.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ port: 80, protocol: 'TCP' }] },
    });

    const readyReplicas = deployment.status?.readyReplicas ?? 0;
    note(`${site.spec.replicas} replicas of ${site.spec.image}`, `${readyReplicas} ready`);
    const address = `http://${request.name}.${request.namespace}.svc`;
    // A write wakes this controller again, so it writes only what is new.
    if (site.status?.readyReplicas === readyReplicas && site.status.address === address) return;
    log(`${request.name}: ${readyReplicas} of ${site.spec.replicas} ready`);
    await client.updateStatus({ ...site, status: { readyReplicas, address } });
  },
});
