/** Images that the reader declares in files (`--image FILE.yaml`): one or more documents each. */
import fs from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { readDeclaration } from '../engine/images/declared/check.ts';
import type { ImageDeclaration } from '../port/protocol-image.ts';
import type { Flags } from './arguments.ts';

/** Throws in words what cannot be read. */
export function declaredImages(flags: Flags): readonly ImageDeclaration[] {
  return flags.all('image').flatMap((file) => readFile(file));
}

function readFile(file: string): readonly ImageDeclaration[] {
  const images: ImageDeclaration[] = [];
  for (const document of parseAllDocuments(textOf(file))) {
    const [error] = document.errors;
    if (error) throw new Error(`error: ${file}: ${error.message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    try {
      images.push(readDeclaration(value));
    } catch (problem) {
      throw new Error(`error: ${file}: ${(problem as Error).message}`);
    }
  }
  return images;
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`error: the file "${file}" cannot be read (${code ?? String(error)})`);
  }
}
