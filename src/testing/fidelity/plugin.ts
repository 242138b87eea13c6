/**
 * Writes fidelity.html and fidelity.json beside the built page, and serves both in development. The
 * engine's sources are only loaded when one of them is asked for.
 */
import type { Plugin } from 'vite';
import { runnerImport } from 'vite';
import type { Fidelity } from '../../api/meta/fidelity.ts';

interface Made {
  readonly html: string;
  readonly json: string;
}

export function fidelityPages(root: string): Plugin {
  return {
    name: 'fidelity-pages',
    async generateBundle() {
      const { html, json } = await make(root);
      this.emitFile({ type: 'asset', fileName: 'fidelity.html', source: html });
      this.emitFile({ type: 'asset', fileName: 'fidelity.json', source: json });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = /\/fidelity\.(html|json)$/.exec(request.url?.split('?')[0] ?? '')?.[1];
        if (name === undefined) return next();
        make(root).then((made) => {
          response.setHeader('content-type', name === 'html' ? 'text/html' : 'application/json');
          response.end(name === 'html' ? made.html : made.json);
        }, next);
      });
    },
  };
}

async function make(root: string): Promise<Made> {
  const options = { root, configFile: false as const, logLevel: 'error' as const };
  const files = await runnerImport<{ readFidelity(root: string): Fidelity }>(
    '/src/testing/fidelity/files.ts',
    options,
  );
  const pages = await runnerImport<{ page(data: Fidelity): string }>(
    '/src/testing/fidelity/html.ts',
    options,
  );
  const data = files.module.readFidelity(root);
  return { html: pages.module.page(data), json: JSON.stringify(data) };
}
