/**
 * Objects as YAML, as kubectl prints them: keys in order, no aliases, no folded lines.
 *
 * Models: sigs.k8s.io/yaml Marshal
 */
import { stringify } from 'yaml';

export function toYaml(value: unknown): string {
  return stringify(value, {
    sortMapEntries: true,
    aliasDuplicateObjects: false,
    lineWidth: 0,
    version: '1.1',
    indentSeq: false,
  });
}

export function toYamlDocuments(values: readonly unknown[]): string {
  return values.map(toYaml).join('---\n');
}
