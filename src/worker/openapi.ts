/**
 * The OpenAPI documents of the built-in groups: a file beside the Worker, fetched when the API server
 * is asked for them the first time. Until it is there, the answer is 503.
 */
import type { OpenApiDocuments } from '../engine/apiserver/rest/openapi-texts.ts';

const FILE = new URL('../api/generated/openapi/documents.json', import.meta.url);

let documents: OpenApiDocuments | null = null;
let loading = false;

export function openApiDocuments(): OpenApiDocuments | null {
  if (!documents && !loading) {
    loading = true;
    void load();
  }
  return documents;
}

async function load(): Promise<void> {
  try {
    const answer = await fetch(FILE);
    if (answer.ok) documents = (await answer.json()) as OpenApiDocuments;
  } finally {
    // What failed is tried again with the next question.
    loading = false;
  }
}
