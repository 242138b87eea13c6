/**
 * Versions as upstream's internal form shows them in errors.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apis/apiextensions types.go (v1.36)
 */
import type { Props } from '../../custom/json-schema.ts';
import type {
  CustomResourceColumnDefinition as Column,
  CustomResourceDefinitionVersion as Version,
  CustomResourceSubresources as Subresources,
} from '../../generated/types.ts';

/** What all versions have in common: upstream's internal form has it once. */
export interface SharedParts {
  readonly schema: Props | null;
  readonly subresources: Subresources | null;
  readonly columns: readonly Column[] | null;
  readonly selectable: Version['selectableFields'] | null;
}

export function internalVersions(versions: readonly Version[], shared: SharedParts): unknown {
  if (versions.length === 0) return null;
  return versions.map((v) => ({
    Name: v.name,
    Served: v.served,
    Storage: v.storage,
    Deprecated: v.deprecated ?? false,
    DeprecationWarning: v.deprecationWarning ?? null,
    Schema: shared.schema ? null : (v.schema ?? null),
    Subresources: shared.subresources ? null : (v.subresources ?? null),
    AdditionalPrinterColumns: shared.columns ? null : (v.additionalPrinterColumns ?? null),
    SelectableFields: shared.selectable ? null : (v.selectableFields ?? null),
  }));
}
