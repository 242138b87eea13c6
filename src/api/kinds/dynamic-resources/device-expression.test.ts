import { expect, test } from 'vitest';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { checkDeviceExpression } from './device-expression.ts';

function complaint(source: string): string {
  const errors = new FieldErrors();
  checkDeviceExpression(source, FieldPath.of('x'), errors);
  return errors.list.map(({ message }) => message).join('; ');
}

const NESTED = `device.attributes.all(d, device.attributes[d].all(n, device.attributes[d].all(m,
  device.attributes[d].all(o, device.attributes[d].all(p, p == o && n == m)))))`;

test.each([
  [`device.driver == 'x'`, ''],
  [`device.attributes['a'].b`, ''],
  [`cel.bind(a, device.attributes['x'], a.b && a.c)`, ''],
  [`device.capacity['a'].c.isGreaterThan(quantity('1'))`, ''],
  ['1+1', 'Invalid value: "1+1": must evaluate to bool or the unknown type, not int'],
  [
    'device.nope',
    'Invalid value: "device.nope": compilation failed: ERROR: <input>:1:7: undefined field ' +
      `'nope'\n | device.nope\n | ......^`,
  ],
  [
    'cel.bind(1, 2, 3)',
    'Invalid value: "cel.bind(1, 2, 3)": compilation failed: ERROR: <input>:1:10: cel.bind() ' +
      'variable names must be simple identifiers\n | cel.bind(1, 2, 3)\n | .........^',
  ],
  [NESTED, 'Forbidden: too complex, exceeds cost limit'],
])('%s', (source, wanted) => {
  expect(complaint(source)).toBe(wanted);
});
