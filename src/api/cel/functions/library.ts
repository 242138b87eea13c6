/** Every function of expressions by name. Which values it takes is seen when it is called. */
import { authorization } from './authorizer.ts';
import { conversions } from './conversions.ts';
import { formats } from './formats.ts';
import type { Library } from './impl.ts';
import { lists } from './lists.ts';
import { net } from './net.ts';
import { operators } from './operators.ts';
import { quantityAndSemver } from './quantity.ts';
import { strings } from './strings.ts';
import { url } from './url.ts';

export const LIBRARY: Library = {
  ...operators,
  ...conversions,
  ...strings,
  ...lists,
  ...net,
  ...url,
  ...quantityAndSemver,
  ...formats,
  ...authorization,
};
