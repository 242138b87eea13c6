/** The OpenAPI documents of the built-in groups, read when somebody asks for them the first time. */
import fs from 'node:fs';
import path from 'node:path';
import type { OpenApiDocuments } from '../engine/apiserver/rest/openapi-texts.ts';

const FILE = 'src/api/generated/openapi/documents.json';

let documents: OpenApiDocuments | null = null;

export function openApiDocuments(): OpenApiDocuments {
  const root = process.env['KUBEGLASS_ROOT'] ?? process.cwd();
  documents ??= JSON.parse(fs.readFileSync(path.join(root, FILE), 'utf8')) as OpenApiDocuments;
  return documents;
}
