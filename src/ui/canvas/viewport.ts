/** Which part of the picture is shown: all of it, at the size it was designed for where that fits. */
import type { Layout, Size } from './layout.ts';

/** A little larger than designed is welcome on a large screen; smaller than this nobody reads. */
export const LARGEST_ZOOM = 1.25;
const SMALLEST_ZOOM = 0.4;

export function viewportFor(
  layout: Pick<Layout, 'width' | 'height'>,
  size: Size,
): { x: number; y: number; zoom: number } {
  const fitting = Math.min(size.width / layout.width, size.height / layout.height);
  const zoom = Math.min(Math.max(fitting, SMALLEST_ZOOM), LARGEST_ZOOM);
  const x = Math.max((size.width - layout.width * zoom) / 2, 0);
  const y = Math.max(Math.min((size.height - layout.height * zoom) / 2, 24), 0);
  return { x, y, zoom };
}
