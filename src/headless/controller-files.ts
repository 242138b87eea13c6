/**
 * Controllers of the reader's own in files: `--controller web.ts` runs as the service account
 * default/web, `--controller web.ts=shop/operator` as the one that is named.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { ControllerCommand } from '../port/protocol-own.ts';
import { type Flags, UsageError } from './arguments.ts';

export function controllerCommands(flags: Flags): readonly ControllerCommand[] {
  return flags.all('controller').map((text) => {
    const [, file = '', account] = /^(.*?)(?:=([^=/]+\/[^=/]+))?$/s.exec(text) ?? [];
    const { ext, name } = path.parse(file);
    if (ext !== '.ts' && ext !== '.js' && ext !== '.mjs') {
      throw new UsageError(`--controller takes a file that ends in .ts or .js, not "${file}"`);
    }
    // A file that is only called controller is known by its folder.
    const own = name === 'controller' ? path.basename(path.resolve(file, '..')) : name;
    return {
      type: 'controller',
      name: name === 'controller' ? `${own}-controller` : own,
      language: ext === '.ts' ? 'typescript' : 'javascript',
      source: read(file),
      serviceAccount: account ?? `default/${name === 'controller' ? `${own}-controller` : own}`,
    };
  });
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'ENOENT'
        ? `error: the path "${file}" does not exist`
        : `error: the file "${file}" cannot be read (${code ?? String(error)})`,
    );
  }
}
