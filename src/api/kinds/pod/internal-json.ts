/**
 * Values of pods as the API server's internal types marshal them: Go field names, nothing left out.
 * Some error texts show values or whole specs in this form.
 *
 * Models: pkg/apis/core types.go through encoding/json (v1.36)
 */
import { goStructs } from '../../generated/go-structs.ts';
import type { PodSpec } from '../../generated/types.ts';
import { sortedByKey } from '../../meta/go-text.ts';
import { canonicalQuantity } from '../../meta/quantity.ts';

type Json = Readonly<Record<string, unknown>>;

/** Makes the internal form; |spec| is the pod spec that some fields have moved from. */
type Converter = (value: unknown, spec: Json) => unknown;

const converters = new Map<string, Converter>();

function converterOf(type: string): Converter {
  let converter = converters.get(type);
  if (converter === undefined) {
    converters.set(type, (value, spec) => converterOf(type)(value, spec));
    converter = makeConverter(type);
    converters.set(type, converter);
  }
  return converter;
}

function makeConverter(type: string): Converter {
  switch (type) {
    case 'string':
      return (value) => value ?? '';
    case 'bool':
      return (value) => value ?? false;
    case 'int32':
    case 'int64':
    case 'intstr.IntOrString':
      return (value) => value ?? 0;
    case 'resource.Quantity':
      return (value) => (value === undefined ? '0' : canonicalQuantity(value as string));
    default:
  }
  if (type.startsWith('*')) return orNull(converterOf(type.slice(1)));
  if (type.startsWith('[]')) {
    const item = converterOf(type.slice(2));
    return orNull((value, spec) => (value as readonly unknown[]).map((v) => item(v, spec)));
  }
  if (type.startsWith('map[')) {
    const item = converterOf(type.slice(type.indexOf(']') + 1));
    return orNull((value, spec) => {
      const out: Record<string, unknown> = {};
      for (const [key, v] of Object.entries(sortedByKey(value as Json))) out[key] = item(v, spec);
      return out;
    });
  }
  const definition = goStructs.core[type] ?? goStructs.v1[type];
  if (definition === undefined || definition === '=special') return (value) => value ?? {};
  if (definition.startsWith('=')) return converterOf(definition.slice(1));
  return type in goStructs.core ? structOf(definition) : taggedStructOf(definition);
}

function orNull(converter: Converter): Converter {
  return (value, spec) => (value === undefined || value === null ? null : converter(value, spec));
}

interface Field {
  readonly goName: string;
  readonly jsonName: string;
  readonly converter: Converter;
}

function fieldsOf(definition: string): Field[] {
  return definition.split(';').map((text): Field => {
    const [goName = '', jsonName = '', type = ''] = text.split(' ');
    return { goName, jsonName, converter: converterOf(type) };
  });
}

/** Types with JSON tags (label selectors, metadata) look the same inside and outside. */
function taggedStructOf(definition: string): Converter {
  const fields = fieldsOf(definition);
  return (value, spec) => {
    const object = (value ?? {}) as Json;
    const out: Record<string, unknown> = {};
    for (const { jsonName, converter } of fields) {
      const part = object[jsonName];
      if (part !== undefined && part !== null) out[jsonName] = converter(part, spec);
    }
    return out;
  };
}

function structOf(definition: string): Converter {
  const fields = fieldsOf(definition);
  return (value, spec) => {
    const object = (value ?? {}) as Json;
    const out: Record<string, unknown> = {};
    for (const { goName, jsonName, converter } of fields) {
      if (jsonName === '') Object.assign(out, converter(object, spec));
      else if (goName === 'ObjectMeta') Object.assign(out, converter(object[jsonName], spec));
      else if (jsonName.startsWith('^')) out[goName] = converter(spec[jsonName.slice(1)], spec);
      else out[goName] = converter(object[jsonName], spec);
    }
    return out;
  };
}

const NO_SPEC: Json = {};

/** |value| of the v1 type |type| in its internal form. */
export function internalValue(type: string, value: object, spec: object = NO_SPEC): unknown {
  return converterOf(`core.${type}`)(value, spec as Json);
}

export function internalPodSpec(spec: PodSpec): unknown {
  return internalValue('PodSpec', spec, spec);
}
