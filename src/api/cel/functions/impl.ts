/** The shape of a function of an expression, and what several of them share. */
import { equalValues } from '../equality.ts';
import { CelError, NO_SUCH_OVERLOAD, typeNameOf, type CelList, type CelValue } from '../values.ts';

/** undefined: there is no overload for these values. */
export type Impl = (...args: readonly CelValue[]) => CelValue | undefined;
export type Library = Readonly<Record<string, Impl>>;

/** `no such overload: string(map)` */
export function noOverload(fn: string, args: readonly CelValue[]): CelError {
  return new CelError(`no such overload: ${fn}(${args.map(typeNameOf).join(', ')})`);
}

/** For functions whose complaint about types names nothing. */
export const bare =
  (impl: Impl): Impl =>
  (...args) =>
    impl(...args) ?? NO_SUCH_OVERLOAD;

/** Whether the list holds something equal. */
export function contains(list: CelList, value: CelValue): boolean | CelError {
  let failure: CelError | undefined;
  for (const element of list) {
    const equal = equalValues(element, value);
    if (equal === true) return true;
    if (equal !== false) failure ??= equal;
  }
  return failure ?? false;
}
