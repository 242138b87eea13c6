/**
 * Columns that the tables of all workloads share.
 *
 * Models: pkg/printers/internalversion printers.go, k8s.io/apimachinery/pkg/labels FormatLabels
 *         (v1.36)
 */
import type { Container } from '../../generated/types.ts';
import { containerImages, containerNames } from '../../meta/columns.ts';
import type { Column } from '../../meta/define-kind.ts';
import { selectorFromLabels } from '../../meta/selectors.ts';

/** Containers and images of a template, in the wide table. */
export function containerColumns<T>(
  containersOf: (object: T) => readonly Container[] | undefined,
): readonly Column<T>[] {
  return [
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      description: 'Names of each container in the template.',
      cell: (object) => containerNames(containersOf(object)),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      description: 'Images referenced by each container in the template.',
      cell: (object) => containerImages(containersOf(object)),
    },
  ];
}

/** Upstream FormatLabels: `a=b,c=d`. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  return selectorFromLabels(labels).toString() || '<none>';
}
