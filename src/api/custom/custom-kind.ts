/**
 * Kinds that a CustomResourceDefinition makes: one for each version that is served.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/registry/customresource strategy.go, validator.go,
 *         tableconvertor, pkg/apiserver customresource_handler.go, conversion nop_converter.go (v1.36)
 */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../generated/types.ts';
import type { AnyKind, KindDefinition, ScaleRules, StoredAs } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { EMPTY_SET, setOf } from '../meta/field-set.ts';
import { cloneJson, equalJson } from '../meta/json.ts';
import { jsonPath } from '../meta/json-path.ts';
import type { Draft, KubeObject } from '../meta/object.ts';
import { customColumns } from './columns.ts';
import { decodeObject } from '../meta/decode.ts';
import type { SchemaRef } from '../meta/schema.ts';
import { applyDefaults, dropNulls } from './defaulting.ts';
import { definitionSchema } from './definition-schema.ts';
import { validateEmbedded } from './embedded.ts';
import { finalizerWarnings } from './finalizer-warnings.ts';
import { type Props, propertyOf, schemaHas } from './json-schema.ts';
import { validateLists } from './list-types.ts';
import { validateRules } from './rules.ts';
import { customScale } from './scale.ts';
import { validateValue } from './value-validation.ts';

type Custom = KubeObject & Readonly<Record<string, unknown>>;
type CustomDraft = Record<string, unknown> & Draft<KubeObject>;

/** |definition| is Established; kinds are made once for each definition. */
export function customKinds(definition: CustomResourceDefinition): readonly AnyKind[] {
  const { versions } = definition.spec;
  const storage = versions.find((v) => v.storage);
  if (!storage) return [];
  const hub = customKind(definition, storage, null);
  const kinds: AnyKind[] = [];
  for (const version of versions) {
    if (version === storage) kinds.push(hub);
    else if (version.served) kinds.push(customKind(definition, version, hub));
  }
  return kinds;
}

function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  hub: AnyKind | null,
): AnyKind {
  const { group, scope } = definition.spec;
  const names = definition.status.acceptedNames;
  const schema = version.schema?.openAPIV3Schema;
  const apiVersion = `${group}/${version.name}`;
  const { subresources, selectableFields = [] } = version;
  const typed = definitionSchema(schema);
  const scale = subresources?.scale ? customScale(subresources.scale) : null;
  const kind: KindDefinition<Custom> = {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
    ...(names.shortNames ? { shortNames: names.shortNames } : {}),
    ...(names.categories ? { categories: names.categories } : {}),
    namespaced: scope === 'Namespaced',
    schema: typed,
    isCustom: true,
    ownMeta: 'generic',
    resets: subresources?.status ? WITH_STATUS : NO_RESETS,
    isServed: version.served,
    updateNeedsVersion: true,
    ...(schema ? { openapi: schema } : {}),
    defaults: (object) => {
      if (schema) fillDefaults(object as unknown as CustomDraft, schema);
    },
    prepareForCreate: (object) => {
      object.metadata.generation = 1;
      if (subresources?.status) delete (object as unknown as CustomDraft)['status'];
    },
    prepareForUpdate: (next, old) => {
      prepareForUpdate(next as unknown as CustomDraft, old, subresources?.status !== undefined);
    },
    validate: (object, errors) => {
      validate(object, null, schema, scale, errors);
    },
    validateUpdate: (next, old, errors) => {
      validate(next, old, schema, scale, errors);
    },
    warnings: (object, old) => finalizerWarnings(object, old),
    ...(subresources?.status ? { status: statusRules(schema, scale) } : {}),
    ...(scale ? { scale } : {}),
    ...(selectableFields.length > 0
      ? {
          selectableFields: (object: Custom) => selectable(object, selectableFields),
        }
      : {}),
    columns: customColumns(version.additionalPrinterColumns),
    ...(version.deprecated ? { deprecation: deprecationOf(version, group, names.kind) } : {}),
    ...(hub
      ? { storedAs: conversionNone(hub, typed, apiVersion) as StoredAs<Custom> }
      : { readStored: reader(typed, schema, apiVersion) }),
  };
  return kind as unknown as AnyKind;
}

/** status_strategy.go and strategy.go GetResetFields. */
const WITH_STATUS = {
  '': setOf([['f:status']]),
  status: setOf([['f:metadata'], ['f:spec']]),
};
const NO_RESETS = { '': EMPTY_SET };

function deprecationOf(
  { name, deprecationWarning }: CustomResourceDefinitionVersion,
  group: string,
  kind: string,
): string {
  return deprecationWarning ?? `${group}/${name} ${kind} is deprecated`;
}

/** Strategy None: the apiVersion changes, and what the other version does not know goes. */
function conversionNone(
  hub: AnyKind,
  schema: SchemaRef,
  apiVersion: string,
): NonNullable<AnyKind['storedAs']> {
  const stored = `${hub.group}/${hub.version}`;
  const shown = reader(schema, undefined, apiVersion);
  return {
    kind: hub,
    toStored: (object) => {
      const { object: pruned } = decodeObject(hub.schema, object);
      return { ...pruned, apiVersion: stored } as unknown as Draft<KubeObject>;
    },
    // Defaults are those of the version that is stored.
    fromStored: (object) => shown(hub.readStored?.(object) ?? object),
  };
}

/**
 * Stored objects lose what the schema does not know, and get its defaults, when they are read. They
 * may have been stored when another version was the one to be stored.
 */
function reader(
  schema: SchemaRef,
  props: Props | undefined,
  apiVersion: string,
): (object: KubeObject) => KubeObject {
  const read = new WeakMap<KubeObject, KubeObject>();
  return (object) => {
    let view = read.get(object);
    if (!view) {
      const { object: pruned } = decodeObject(schema, object);
      const draft = { ...pruned, apiVersion } as unknown as CustomDraft;
      if (props) fillDefaults(draft, props);
      view = draft as unknown as KubeObject;
      read.set(object, view);
    }
    return view;
  };
}

function fillDefaults(object: CustomDraft, schema: Props): void {
  for (const name of Object.keys(object)) {
    if (name === 'metadata' || name === 'kind' || name === 'apiVersion') continue;
    const property = propertyOf(schema, name);
    if (!property) continue;
    if (object[name] === null && !property.nullable && property.default === undefined) {
      delete object[name];
    } else dropNulls(object[name], property);
  }
  const { metadata, kind, apiVersion } = object;
  applyDefaults(object, schema);
  Object.assign(object, { metadata, kind, apiVersion });
}

function prepareForUpdate(next: CustomDraft, old: Custom, hasStatus: boolean): void {
  if (hasStatus) {
    if (old['status'] === undefined) delete next['status'];
    else next['status'] = old['status'];
  }
  if (!equalJson(withoutMeta(next), withoutMeta(old))) {
    next.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
}

function withoutMeta(object: Readonly<Record<string, unknown>>): unknown {
  const { metadata: _, ...rest } = object;
  return rest;
}

function statusRules(
  schema: Props | undefined,
  scale: ScaleRules<KubeObject> | null,
): NonNullable<KindDefinition<Custom>['status']> {
  return {
    // Only the status, and of metadata what concerns it: nothing.
    prepareForUpdate: (next, old) => {
      const draft = next as unknown as CustomDraft;
      const { status, metadata } = draft;
      for (const name of Object.keys(draft)) delete draft[name];
      Object.assign(draft, cloneJson(old));
      if (status === undefined) delete draft['status'];
      else draft['status'] = status;
      draft.metadata.managedFields = metadata.managedFields as never;
      if (metadata.managedFields === undefined) delete draft.metadata.managedFields;
    },
    validateUpdate: (next, old, errors) => {
      const status = schema && propertyOf(schema, 'status');
      if (status && next['status'] !== undefined) {
        validateValue(next['status'], status, 'status', errors);
      }
      checkRules(next, old, schema, errors);
      checkScale(next, scale, errors);
    },
  };
}

function validate(
  object: Custom,
  old: Custom | null,
  schema: Props | undefined,
  scale: ScaleRules<KubeObject> | null,
  errors: FieldErrors,
): void {
  if (schema) validateValue(object, schema, '', errors);
  checkScale(object, scale, errors);
  if (schema) {
    validateEmbedded(object, schema, '', errors);
    validateLists(object, schema, '', errors);
    checkRules(object, old, schema, errors);
  }
}

const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** CEL rules, unless what was found before makes them pointless. */
function checkRules(
  object: Custom,
  old: Custom | null,
  schema: Props | undefined,
  errors: FieldErrors,
): void {
  if (!schema || !schemaHas(schema, (s) => (s['x-kubernetes-validations'] ?? []).length > 0))
    return;
  if (errors.list.some((e) => BLOCKING.has(e.reason))) {
    errors.invalid(
      '<nil>',
      null,
      'some validation rules were not checked because the object was invalid; ' +
        'correct the existing errors to complete validation',
    );
    return;
  }
  validateRules(object, old, schema, errors);
}

function checkScale(
  object: Custom,
  scale: ScaleRules<KubeObject> | null,
  errors: FieldErrors,
): void {
  (scale as ReturnType<typeof customScale> | null)?.validateObject(object, errors);
}

function selectable(
  object: Custom,
  fields: readonly { readonly jsonPath: string }[],
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { jsonPath: path } of fields) {
    const [value] = jsonPath(path, object);
    out[path.replace(/^\./, '')] = value === undefined ? '' : String(value as string);
  }
  return out;
}
