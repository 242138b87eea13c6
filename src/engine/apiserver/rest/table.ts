/**
 * Objects as a Table (what `kubectl get` asks for) and as PartialObjectMetadata.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/response.go,
 *         pkg/printers/storage/storage.go (v1.36)
 */
import { DEFAULT_COLUMNS } from '../../../api/meta/columns.ts';
import type { AnyKind, Column } from '../../../api/meta/define-kind.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { badRequest } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import type { Resource } from '../resource.ts';
import type { Convert } from './media-type.ts';
import { first } from './options.ts';

export type Include = 'None' | 'Metadata' | 'Object';

/** One object on its way into another form. */
export interface Shown {
  /** In the version that was asked for. */
  readonly object: KubeObject;
  /** JSON of the object and of its metadata, as clients get them. */
  readonly whole: () => string;
  readonly metadata: () => string;
}

const INCLUDES = ['None', 'Metadata', 'Object'];

/** The query's `includeObject`; throws BadRequest on what it cannot be. */
export function includeOf(request: ApiRequest): Include {
  const asked = first(request.query, 'includeObject') ?? '';
  if (asked === '') return 'Metadata';
  if (INCLUDES.includes(asked)) return asked as Include;
  throw badRequest(
    'Unable to convert to Table as requested: includeObject: Unsupported value: ' +
      `${JSON.stringify(asked)}: supported values: "Metadata", "None", "Object", ""`,
  );
}

const headers = new WeakMap<AnyKind, string>();

/** `columnDefinitions` of a kind. */
export function columnDefinitions(kind: AnyKind): string {
  let text = headers.get(kind);
  if (text === undefined) {
    const columns = columnsOf(kind)
      .filter((c) => c.undeclared !== true)
      .map(({ name, type, format = '', description = '', priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      }));
    headers.set(kind, (text = JSON.stringify(columns)));
  }
  return text;
}

function columnsOf(kind: AnyKind): readonly Column<KubeObject>[] {
  return kind.columns ?? DEFAULT_COLUMNS;
}

/** |meta| is the JSON of the Table's own metadata. Without |withColumns| they are null. */
export function tableText(
  { kind }: Resource,
  rows: readonly Shown[],
  options: {
    readonly include: Include;
    readonly version: string;
    readonly meta: string;
    readonly withColumns: boolean;
    readonly nowMs: number;
  },
): string {
  const { include, version, meta, withColumns, nowMs } = options;
  const sorted = kind.compareRows
    ? [...rows].sort((a, b) => kind.compareRows?.(a.object, b.object) ?? 0)
    : rows;
  const columns = columnsOf(kind);
  const texts = sorted.map((shown) => {
    const { object } = shown;
    const cells = JSON.stringify(columns.map((c) => c.cell(object, nowMs)));
    const conditions = kind.rowConditions?.(object) ?? [];
    const marks = conditions.length === 0 ? '' : `"conditions":${JSON.stringify(conditions)},`;
    return `{"cells":${cells},${marks}"object":${rowObject(shown, include, version)}}`;
  });
  const definitions = withColumns ? columnDefinitions(kind) : 'null';
  return (
    `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${meta},` +
    `"columnDefinitions":${definitions},"rows":[${texts.join(',')}]}`
  );
}

function rowObject(shown: Shown, include: Include, version: string): string {
  if (include === 'None') return 'null';
  return include === 'Object' ? shown.whole() : partialText(shown, version);
}

export function partialText(shown: Shown, version: string): string {
  return (
    `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}",` +
    `"metadata":${shown.metadata()}}`
  );
}

export function partialListText(rows: readonly Shown[], version: string, meta: string): string {
  // An empty list is written as null here, and only here.
  const items = rows.map((shown) => partialText(shown, version)).join(',');
  return (
    `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${version}",` +
    `"metadata":${meta},"items":${rows.length === 0 ? 'null' : `[${items}]`}}`
  );
}

/** Whether the form fits what is answered; throws NotAcceptable as the server does. */
export function isListForm(convert: Convert): boolean {
  return convert.kind === 'PartialObjectMetadataList';
}
