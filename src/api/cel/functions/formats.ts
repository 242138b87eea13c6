/**
 * Named formats: format.dns1123Label().validate(…).
 *
 * Models: k8s.io/apiserver pkg/cel/library/format.go, pkg/cel/format.go (v1.36)
 */
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from '../../meta/names.ts';
import { parseTimestamp } from '../time-values.ts';
import {
  ArrayList,
  CelOpaque,
  CelOptional,
  NONE,
  NO_SUCH_OVERLOAD,
  type CelError,
  type CelValue,
} from '../values.ts';
import type { Library } from './impl.ts';
import { isUri } from './url.ts';

type Check = (text: string) => readonly string[];

export class CelFormat extends CelOpaque {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  /** The cost of validating is measured by it. */
  readonly regexSize: number;
  readonly check: Check;
  constructor(name: string, regexSize: number, check: Check) {
    super();
    this.name = name;
    this.regexSize = regexSize;
    this.check = check;
  }
  equals(other: CelValue): boolean | CelError {
    return other instanceof CelFormat ? other.name === this.name : NO_SUCH_OVERLOAD;
  }
}

/** A prefix may end in a dash: what is generated follows it. */
const prefix =
  (check: Check): Check =>
  (text) =>
    check(text.endsWith('-') && text.length > 1 ? `${text.slice(0, -1)}a` : text);

const pattern =
  (regex: RegExp, message: string): Check =>
  (text) =>
    regex.test(text) ? [] : [message];

const isDate = (text: string): boolean => parseTimestamp(`${text}T00:00:00Z`) !== undefined;

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

const FORMATS: Readonly<Record<string, CelFormat>> = {
  dns1123Label: new CelFormat('DNS1123Label', 30, isDNS1123Label),
  dns1123Subdomain: new CelFormat('DNS1123Subdomain', 60, isDNS1123Subdomain),
  dns1035Label: new CelFormat('DNS1035Label', 30, isDNS1035Label),
  qualifiedName: new CelFormat('QualifiedName', 60, isQualifiedName),
  dns1123LabelPrefix: new CelFormat('DNS1123LabelPrefix', 30, prefix(isDNS1123Label)),
  dns1123SubdomainPrefix: new CelFormat('DNS1123SubdomainPrefix', 60, prefix(isDNS1123Subdomain)),
  dns1035LabelPrefix: new CelFormat('DNS1035LabelPrefix', 30, prefix(isDNS1035Label)),
  labelValue: new CelFormat('LabelValue', 40, isLabelValue),
  uri: new CelFormat('URI', 1103, (text) => {
    const fault = isUri(text);
    return fault === undefined ? [] : [fault];
  }),
  uuid: new CelFormat('uuid', 70, pattern(UUID, 'does not match the UUID format')),
  byte: new CelFormat('byte', 84, pattern(BASE64, 'invalid base64')),
  date: new CelFormat('date', 71, (text) => (isDate(text) ? [] : ['invalid date'])),
  datetime: new CelFormat('datetime', 71, (text) =>
    parseTimestamp(text.toUpperCase()) === undefined ? ['invalid datetime'] : [],
  ),
};

export const formats: Library = {
  ...Object.fromEntries(
    Object.entries(FORMATS).map(([name, format]) => [`format.${name}`, () => format]),
  ),
  'format.named': (name) => {
    if (typeof name !== 'string') return undefined;
    const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
    return format === undefined ? NONE : new CelOptional(format);
  },
  validate: (format, text) => {
    if (!(format instanceof CelFormat) || typeof text !== 'string') return undefined;
    const faults = format.check(text);
    return faults.length === 0 ? NONE : new CelOptional(new ArrayList([...faults]));
  },
};
