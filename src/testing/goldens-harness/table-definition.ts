/** The definition of a custom kind is not recorded with its table, but the columns tell it. */
import type { JsonObject } from './case.ts';
import type { RecordedTable } from './table.ts';

const COLUMN_PATH = /^Custom resource definition column \(in JSONPath format\): (.*)$/;
const KEEP = 'x-kubernetes-preserve-unknown-fields';

export function definitionFor({ path, objects, table }: RecordedTable): JsonObject {
  const { apiVersion = '', kind = '' } = (objects[0] ?? {}) as Record<string, string>;
  const [group = '', version = ''] = apiVersion.split('/');
  const plural = path.split('?')[0]?.split('/').at(-1) ?? '';
  const names = { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` };
  const recorded = table['columnDefinitions'] as readonly Record<string, string | number>[];
  const additionalPrinterColumns = recorded.slice(1).map((column) => {
    const { name, type, format, description, priority } = column;
    const told = COLUMN_PATH.exec(String(description))?.[1];
    // A description of its own hides the path: then the field is named like the column.
    const jsonPath = told ?? `.spec.${String(name).toLowerCase()}`;
    return {
      name,
      type,
      format,
      jsonPath,
      priority,
      ...(told === undefined ? { description } : {}),
    };
  });
  const schema = { openAPIV3Schema: { type: 'object', [KEEP]: true } };
  const made = { name: version, served: true, storage: true, schema, additionalPrinterColumns };
  const isTrue = (type: string): object => ({ type, status: 'True' });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names, versions: [made] },
    status: {
      acceptedNames: names,
      storedVersions: [version],
      conditions: [isTrue('NamesAccepted'), isTrue('Established')],
    },
  } as unknown as JsonObject;
}
