/** A kubeconfig that works with the cluster that was started. */
import fs from 'node:fs';

export interface Access {
  readonly server: string;
  /** Absent = plain http, where whoever calls is the administrator. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

const NAME = 'kubeglass';
const USER = 'kubernetes-admin';

/** JSON is YAML, and needs no care with quotes; the file is readable by its owner only. */
export function writeKubeconfig(file: string, access: Access): void {
  const { server, tls } = access;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: NAME,
        cluster: {
          server,
          ...(tls
            ? { 'certificate-authority-data': base64(tls.ca) }
            : // @kubernetes/client-node takes plain http for nothing less.
              { 'insecure-skip-tls-verify': true }),
        },
      },
    ],
    users: [
      {
        name: USER,
        user: tls
          ? { 'client-certificate-data': base64(tls.cert), 'client-key-data': base64(tls.key) }
          : {},
      },
    ],
    contexts: [{ name: NAME, context: { cluster: NAME, user: USER } }],
    'current-context': NAME,
  };
  try {
    // Somebody else's file may stand there with other rights.
    fs.writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
    fs.chmodSync(file, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`error: the file "${file}" cannot be written (${code ?? String(error)})`);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
