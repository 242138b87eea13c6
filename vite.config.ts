import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { fidelityPages } from './src/testing/fidelity/plugin.ts';

/**
 * Everything the page needs comes with it, and the policy says so: no other origin, no inline script.
 * Monaco and React Flow inject their styles, hence 'unsafe-inline' for those alone.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'none'",
].join('; ');

/** Only at build: the dev server's preamble is an inline script, which the policy refuses. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** React Flow's viewport jumps, so nothing that moves things over time is shipped: 10 kB gzipped. */
const NO_TWEEN = fileURLToPath(new URL('./src/ui/canvas/no-tween.ts', import.meta.url));

export default defineConfig({
  // Relative, so that the built site works under any path.
  base: './',
  plugins: [react(), contentSecurityPolicy(), fidelityPages(import.meta.dirname)],
  resolve: {
    alias: {
      // monaco-yaml's worker helper asks for a path that monaco's export map hides.
      'monaco-editor/esm/vs/editor/editor.worker.js': 'monaco-editor/editor/editor.worker',
      'd3-transition': NO_TWEEN,
      'd3-interpolate': NO_TWEEN,
    },
  },
  optimizeDeps: {
    // Found late otherwise: the dev server would reload the page when the editor first opens.
    include: [
      'monaco-yaml',
      'monaco-yaml/yaml.worker.js',
      'monaco-editor/editor',
      'monaco-editor/languages/definitions/yaml/register',
    ],
  },
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        // The engine's entry is src/worker/worker.ts; Monaco brings workers of its own.
        entryFileNames: ({ facadeModuleId }) =>
          facadeModuleId?.endsWith('/src/worker/worker.ts')
            ? 'assets/engine.worker-[hash].js'
            : 'assets/[name]-[hash].js',
      },
    },
  },
  build: {
    // The last two versions of Chrome, Edge, Firefox and Safari.
    target: ['chrome140', 'edge140', 'firefox140', 'safari18'],
    sourcemap: false,
    // Monaco's core is one chunk of 2.7 MB, loaded when the editor opens.
    chunkSizeWarningLimit: 3_000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'flow', test: /node_modules\/(@xyflow|d3-)/ },
          ],
        },
      },
    },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    exclude: ['src/testing/guards/fixtures/**'],
    // Two workers suit the two cores of a small CI machine; the order of files and tests is fixed.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { shuffle: false },
    // A bound against hanging, not a wait: tests run on virtual time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
