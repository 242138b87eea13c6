/**
 * Printer columns of custom resources.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/registry/customresource/tableconvertor (v1.36)
 */
import type { CustomResourceColumnDefinition } from '../generated/types.ts';
import { humanDuration, NAME_COLUMN } from '../meta/columns.ts';
import type { Column } from '../meta/define-kind.ts';
import { goJson } from '../meta/go-text.ts';
import { jsonPath } from '../meta/json-path.ts';
import type { KubeObject } from '../meta/object.ts';

const AGE_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It ' +
  'is not guaranteed to be set in happens-before order across separate operations. Clients may not ' +
  'set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. ' +
  'Read-only. Null for lists. More info: ' +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: AGE_DESCRIPTION,
  jsonPath: '.metadata.creationTimestamp',
};

export function customColumns(
  definitions: readonly CustomResourceColumnDefinition[] | undefined,
): readonly Column<KubeObject>[] {
  const list = definitions && definitions.length > 0 ? definitions : [AGE];
  return [NAME_COLUMN, ...list.map(column)];
}

function column(definition: CustomResourceColumnDefinition): Column<KubeObject> {
  const { name, format, priority, jsonPath: path } = definition;
  const type = definition.type as Column<KubeObject>['type'];
  return {
    name,
    type,
    ...(format ? { format } : {}),
    ...(priority ? { priority } : {}),
    description:
      definition.description || `Custom resource definition column (in JSONPath format): ${path}`,
    cell: (object, nowMs) => cellOf(jsonPath(path, object)[0], type, nowMs),
  };
}

function cellOf(value: unknown, type: string, nowMs: number): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateText(value, nowMs) : null;
    default:
      return typeof value === 'string' ? value : goJson(value);
  }
}

function dateText(text: string, nowMs: number): string {
  const at = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? '<invalid>' : humanDuration(nowMs - at);
}
