/** What the form for an image of the reader's own says, as a declaration. */
import type { ImageBehaviour, ImageDeclaration } from '../../port/protocol-image.ts';

export type ImageField =
  | 'name'
  | 'tag'
  | 'size'
  | 'exitAfter'
  | 'exitCode'
  | 'crashEvery'
  | 'servePort'
  | 'memory'
  | 'cpu'
  | 'line'
  | 'lineEvery'
  | 'stopAfter'
  | 'ignoreTerm';

/** Fields that hold a number. */
const NUMBERS: readonly ImageField[] = [
  'exitAfter',
  'exitCode',
  'crashEvery',
  'servePort',
  'lineEvery',
  'stopAfter',
];

/** The declaration, or the field that cannot be read; the engine checks the rest and says why. */
export function readImage(
  text: (field: ImageField) => string,
): ImageDeclaration | { readonly wrong: ImageField } {
  const wrong = NUMBERS.find((field) => !/^\d*(\.\d+)?$/.test(text(field)));
  if (wrong !== undefined) return { wrong };
  const number = (field: ImageField): number => Number(text(field));
  const has = (field: ImageField): boolean => text(field) !== '';
  const behaviour: ImageBehaviour = {
    ...(has('exitAfter') ? { exitAfterSeconds: number('exitAfter') } : {}),
    ...(has('exitCode') ? { exitCode: number('exitCode') } : {}),
    ...(has('crashEvery') ? { crashEverySeconds: number('crashEvery') } : {}),
    ...(has('servePort') ? { serve: [{ port: number('servePort') }] } : {}),
    ...(has('memory') ? { memory: text('memory') } : {}),
    ...(has('cpu') ? { cpu: text('cpu') } : {}),
    ...(has('line')
      ? {
          lines: [
            {
              text: text('line'),
              ...(has('lineEvery') ? { everySeconds: number('lineEvery') } : {}),
            },
          ],
        }
      : {}),
    ...(has('stopAfter') ? { stopAfterSeconds: number('stopAfter') } : {}),
    ...(has('ignoreTerm') ? { ignoreTerm: true } : {}),
  };
  return {
    name: text('name'),
    ...(has('tag') ? { tags: [text('tag')] } : {}),
    ...(has('size') ? { size: text('size') } : {}),
    behaviour,
  };
}
