/**
 * What names may look like, with upstream's words when they do not. Every function answers the list
 * of complaints, empty when the value is fine.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation validation.go, pkg/api/validate/content (v1.36)
 */
import { byteLength } from './go-text.ts';

const FINE: readonly string[] = [];

const LABEL_FMT = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_FMT_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_FMT = `${LABEL_FMT}(\\.${LABEL_FMT})*`;
const SUBDOMAIN_FMT_UNDERSCORE = `${LABEL_FMT_UNDERSCORE}(\\.${LABEL_FMT_UNDERSCORE})*`;
const DNS1035_FMT = '[a-z]([-a-z0-9]*[a-z0-9])?';
const KEY_FMT = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE_FMT = `(${KEY_FMT})?`;
const PERCENT_FMT = '[0-9]+%';
const HTTP_HEADER_FMT = '[-A-Za-z0-9]+';
const CONFIG_KEY_FMT = '[-._a-zA-Z0-9]+';

const whole = (format: string): RegExp => new RegExp(`^(?:${format})$`);
const LABEL = whole(LABEL_FMT);
const SUBDOMAIN = whole(SUBDOMAIN_FMT);
const SUBDOMAIN_UNDERSCORE = whole(SUBDOMAIN_FMT_UNDERSCORE);
const DNS1035 = whole(DNS1035_FMT);
const KEY = whole(KEY_FMT);
const VALUE = whole(VALUE_FMT);
const PERCENT = whole(PERCENT_FMT);
const HTTP_HEADER = whole(HTTP_HEADER_FMT);
const CONFIG_KEY = whole(CONFIG_KEY_FMT);
const PRINTABLE_ASCII_BUT_EQUALS = /^[\x20-\x3c\x3e-\x7e]*$/;

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
  'and must start and end with an alphanumeric character';
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
  'and must start and end with an alphanumeric character';
const SUBDOMAIN_UNDERSCORE_TEXT =
  'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
  "'_', '-' or '.', and must start and end with an alphanumeric character";
const DNS1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
  'start with an alphabetic character, and end with an alphanumeric character';
const KEY_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', " +
  'and must start and end with an alphanumeric character';
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', " +
  'and must start and end with an alphanumeric character';

export const DNS_LABEL_MAX_BYTES = 63; // RFC 1123
export const DNS_SUBDOMAIN_MAX_BYTES = 253; // RFC 1123

export function maxLengthError(length: number): string {
  return `must be no more than ${length} characters`;
}

export function maxBytesError(length: number): string {
  return `must be no more than ${length} bytes`;
}

export function rangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** |text| (e.g. 'a',  or 'b', regex used for validation is '…'). The two blanks are upstream's. */
export function regexError(text: string, format: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${format}')`;
  const list = examples.map((e) => `'${e}', `).join(' or ');
  return `${text} (e.g. ${list}regex used for validation is '${format}')`;
}

function longer(value: string, max: number): boolean {
  return value.length > max || (value.length * 3 > max && byteLength(value) > max);
}

interface Rule {
  readonly pattern: RegExp;
  readonly format: string;
  readonly text: string;
  readonly examples: readonly string[];
  readonly max: number;
}

function check(value: string, rule: Rule): readonly string[] {
  const long = longer(value, rule.max);
  const matches = rule.pattern.test(value);
  if (!long && matches) return FINE;
  const errors: string[] = [];
  if (long) errors.push(maxLengthError(rule.max));
  if (!matches) errors.push(regexError(rule.text, rule.format, ...rule.examples));
  return errors;
}

const SUBDOMAIN_RULE: Rule = {
  pattern: SUBDOMAIN,
  format: SUBDOMAIN_FMT,
  text: SUBDOMAIN_TEXT,
  examples: ['example.com'],
  max: DNS_SUBDOMAIN_MAX_BYTES,
};
const SUBDOMAIN_UNDERSCORE_RULE: Rule = {
  pattern: SUBDOMAIN_UNDERSCORE,
  format: SUBDOMAIN_FMT_UNDERSCORE,
  text: SUBDOMAIN_UNDERSCORE_TEXT,
  examples: ['example.com'],
  max: DNS_SUBDOMAIN_MAX_BYTES,
};
const DNS1035_RULE: Rule = {
  pattern: DNS1035,
  format: DNS1035_FMT,
  text: DNS1035_TEXT,
  examples: ['my-name', 'abc-123'],
  max: DNS_LABEL_MAX_BYTES,
};

export function isDNS1123Label(value: string): readonly string[] {
  const long = longer(value, DNS_LABEL_MAX_BYTES);
  const matches = LABEL.test(value);
  if (!long && matches) return FINE;
  const errors: string[] = [];
  if (long) errors.push(maxLengthError(DNS_LABEL_MAX_BYTES));
  if (!matches) {
    // A valid subdomain that is no valid label differs by its dots.
    if (SUBDOMAIN.test(value)) errors.push('must not contain dots');
    else errors.push(regexError(LABEL_TEXT, LABEL_FMT, 'my-name', '123-abc'));
  }
  return errors;
}

export function isDNS1123Subdomain(value: string): readonly string[] {
  return check(value, SUBDOMAIN_RULE);
}

const WILDCARD_FMT = `\\*\\.${SUBDOMAIN_FMT}`;
const WILDCARD = whole(WILDCARD_FMT);
const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which " +
  "must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric " +
  'character';

/** `*.example.com` */
export function isWildcardDNS1123Subdomain(value: string): readonly string[] {
  const errors: string[] = [];
  if (longer(value, DNS_SUBDOMAIN_MAX_BYTES)) errors.push(maxLengthError(DNS_SUBDOMAIN_MAX_BYTES));
  if (!WILDCARD.test(value)) errors.push(regexError(WILDCARD_TEXT, WILDCARD_FMT, '*.example.com'));
  return errors;
}

export function isDNS1123SubdomainWithUnderscore(value: string): readonly string[] {
  return check(value, SUBDOMAIN_UNDERSCORE_RULE);
}

export function isDNS1035Label(value: string): readonly string[] {
  return check(value, DNS1035_RULE);
}

const KEY_EXAMPLES = ['MyName', 'my.name', '123-abc'];

/** A label key, annotation key, resource name …: `[DNS subdomain/]name`. */
export function isQualifiedName(value: string): readonly string[] {
  const slash = value.indexOf('/');
  if (slash < 0) return checkNamePart(value, FINE);
  if (value.indexOf('/', slash + 1) >= 0) {
    const text = regexError(`a valid label key ${KEY_TEXT}`, KEY_FMT, ...KEY_EXAMPLES);
    return [`${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const prefix = value.slice(0, slash);
  const errors = prefix === '' ? ['prefix part must be non-empty'] : prefixErrors(prefix);
  return checkNamePart(value.slice(slash + 1), errors);
}

/** The same rule as isDNS1123Subdomain, but upstream counts bytes in its words here. */
function prefixErrors(prefix: string): readonly string[] {
  const errors = isDNS1123Subdomain(prefix);
  if (errors.length === 0) return FINE;
  const inBytes = maxBytesError(DNS_SUBDOMAIN_MAX_BYTES);
  const long = maxLengthError(DNS_SUBDOMAIN_MAX_BYTES);
  return errors.map((m) => `prefix part ${m === long ? inBytes : m}`);
}

function checkNamePart(name: string, before: readonly string[]): readonly string[] {
  const long = longer(name, DNS_LABEL_MAX_BYTES);
  const matches = KEY.test(name);
  if (!long && matches) return before;
  const errors = [...before];
  if (name === '') errors.push('name part must be non-empty');
  else if (long) errors.push(`name part ${maxBytesError(DNS_LABEL_MAX_BYTES)}`);
  if (!matches) errors.push(`name part ${regexError(KEY_TEXT, KEY_FMT, ...KEY_EXAMPLES)}`);
  return errors;
}

export function isLabelValue(value: string): readonly string[] {
  const long = longer(value, DNS_LABEL_MAX_BYTES);
  const matches = VALUE.test(value);
  if (!long && matches) return FINE;
  const errors: string[] = [];
  if (long) errors.push(maxBytesError(DNS_LABEL_MAX_BYTES));
  if (!matches) errors.push(regexError(VALUE_TEXT, VALUE_FMT, 'MyValue', 'my_value', '12345'));
  return errors;
}

export function isPortNumber(port: number): readonly string[] {
  return isInRange(port, 1, 65535);
}

export function isInRange(value: number, low: number, high: number): readonly string[] {
  return value >= low && value <= high ? FINE : [rangeError(low, high)];
}

const MAX_ID = 2_147_483_647; // math.MaxInt32: user and group ids

export function isUserOrGroupId(id: number): readonly string[] {
  return isInRange(id, 0, MAX_ID);
}

const PORT_NAME_MAX_BYTES = 15; // RFC 6335
const PORT_NAME_FINE = /^(?!-)(?!.*--)(?=.*[a-z])[-a-z0-9]{1,15}(?<!-)$/;

/** An IANA service name. */
export function isPortName(port: string): readonly string[] {
  if (PORT_NAME_FINE.test(port)) return FINE;
  const errors: string[] = [];
  if (longer(port, PORT_NAME_MAX_BYTES)) errors.push(maxLengthError(PORT_NAME_MAX_BYTES));
  if (!/^[-a-z0-9]+$/.test(port)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(port)) errors.push('must contain at least one letter (a-z)');
  if (port.includes('--')) errors.push('must not contain consecutive hyphens');
  if (port.startsWith('-') || port.endsWith('-')) {
    errors.push('must not begin or end with a hyphen');
  }
  return errors;
}

export function isPercent(value: string): readonly string[] {
  if (PERCENT.test(value)) return FINE;
  const text = "a valid percent string must be a numeric string followed by an ending '%'";
  return [regexError(text, PERCENT_FMT, '1%', '93%')];
}

export function isHttpHeaderName(value: string): readonly string[] {
  if (HTTP_HEADER.test(value)) return FINE;
  const text = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [regexError(text, HTTP_HEADER_FMT, 'X-Header-Name')];
}

/** What env names are since 1.34: any printable ASCII but `=`. */
export function isRelaxedEnvVarName(value: string): readonly string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (PRINTABLE_ASCII_BUT_EQUALS.test(value)) return FINE;
  return [
    'a valid environment variable name must consist only of printable ASCII characters ' +
      "other than '='",
  ];
}

export function isConfigMapKey(value: string): readonly string[] {
  const errors: string[] = [];
  if (longer(value, DNS_SUBDOMAIN_MAX_BYTES)) errors.push(maxLengthError(DNS_SUBDOMAIN_MAX_BYTES));
  if (!CONFIG_KEY.test(value)) {
    const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexError(text, CONFIG_KEY_FMT, 'key.name', 'KEY_NAME', 'key-name'));
  }
  return [...errors, ...dotPrefix(value)];
}

function dotPrefix(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : FINE;
}
