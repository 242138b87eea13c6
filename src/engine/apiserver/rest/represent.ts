/**
 * Answers of the pipeline as bodies: the object itself, a list, a Table or bare metadata; JSON plain
 * or indented, or YAML.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/response.go,
 *         responsewriters/writers.go (v1.36)
 */
import { toGoYaml } from '../../../api/meta/go-yaml.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { failure } from '../../../api/meta/status.ts';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { Call, ListAnswer, ObjectAnswer } from '../call.ts';
import type { Resource } from '../resource.ts';
import type { Stored } from '../stored.ts';
import { fromHub } from '../versions.ts';
import type { MediaType } from './media-type.ts';
import { objectText } from './object-text.ts';
import {
  type Include,
  isListForm,
  partialListText,
  partialText,
  type Shown,
  tableText,
} from './table.ts';

/** How the client wants it. */
export interface Form extends MediaType {
  readonly include: Include;
}

export function objectBody(call: Call, answer: ObjectAnswer, form: Form, nowMs: number): string {
  const { convert } = form;
  const { resource } = call;
  // A Status stays one, whatever was asked for.
  if (convert === null || answer.object.kind === 'Status') {
    if (answer.stored && call.subresource !== 'scale') {
      return objectText(resource, answer.stored).whole;
    }
    return JSON.stringify(answer.object);
  }
  if (isListForm(convert)) {
    throw unfit('you requested PartialObjectMetadataList, but the requested object is not a list');
  }
  const shown = answer.stored ? showStored(resource, answer.stored) : show(answer.object);
  if (convert.kind === 'PartialObjectMetadata') return partialText(shown, convert.version);
  const { resourceVersion } = answer.object.metadata;
  return tableText(resource, [shown], {
    include: form.include,
    version: convert.version,
    meta: JSON.stringify({ resourceVersion }),
    withColumns: true,
    nowMs,
  });
}

export function listBody(call: Call, answer: ListAnswer, form: Form, nowMs: number): string {
  const { convert } = form;
  const { resource } = call;
  const { resourceVersion, remainingItemCount } = answer;
  const meta = JSON.stringify({
    ...(resourceVersion === '' ? {} : { resourceVersion }),
    ...(answer.continue === undefined ? noContinue(resource, form) : { continue: answer.continue }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  });
  const { stored } = answer;
  if (convert === null) {
    // Items of custom kinds say what they are.
    const { isCustom } = resource.kind;
    const items = stored
      ? stored.map((value) => objectText(resource, value)[isCustom ? 'whole' : 'item'])
      : answer.items.map(itemText);
    const kind = JSON.stringify(resource.kind.listKind ?? `${resource.kind.kind}List`);
    return (
      `{"kind":${kind},"apiVersion":"${resource.apiVersion}",` +
      `"metadata":${meta},"items":[${items.join(',')}]}`
    );
  }
  const rows = stored
    ? stored.map((value) => showStored(resource, value))
    : answer.items.map((object) => show(object));
  if (isListForm(convert)) return partialListText(rows, convert.version, meta);
  if (convert.kind === 'PartialObjectMetadata') {
    throw unfit('you requested PartialObjectMetadata, but the requested object is a list');
  }
  return tableText(resource, rows, {
    include: form.include,
    version: convert.version,
    meta,
    withColumns: true,
    nowMs,
  });
}

/** Lists of custom kinds are free-form upstream, and always write the field. */
function noContinue({ kind }: Resource, { convert }: Form): { continue?: string } {
  return kind.isCustom && convert === null ? { continue: '' } : {};
}

function unfit(message: string): Error {
  return failure(406, 'NotAcceptable', message);
}

/** Inside a list, built-in objects carry no kind and apiVersion of their own. */
function itemText(object: KubeObject): string {
  const { kind: _, apiVersion: __, ...rest } = object;
  return JSON.stringify(rest);
}

export function showStored(resource: Resource, stored: Stored): Shown {
  return {
    object: fromHub(resource, stored.object),
    whole: () => objectText(resource, stored).whole,
    metadata: () => objectText(resource, stored).metadata,
  };
}

function show(object: KubeObject): Shown {
  return {
    object,
    whole: () => JSON.stringify(object),
    metadata: () => JSON.stringify(object.metadata),
  };
}

/** The bytes that go over the wire. |text| is JSON. */
export function encodeBody(text: string, { format, pretty }: MediaType): Uint8Array {
  if (format === 'yaml') return encodeUtf8(toGoYaml(JSON.parse(text)));
  if (pretty) return encodeUtf8(JSON.stringify(JSON.parse(text), null, 2));
  return encodeUtf8(`${text}\n`);
}

export function contentTypeOf({ format }: MediaType): string {
  return `application/${format}`;
}
