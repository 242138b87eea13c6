/**
 * VolumeAttachment: the wish to attach a volume to a node, and whether it is attached.
 *
 * Models: pkg/registry/storage/volumeattachment strategy.go, pkg/apis/storage/validation
 *         ValidateVolumeAttachment* (v1.36)
 */
import type {
  VolumeAttachment as VolumeAttachmentType,
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
  VolumeError,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkDnsSubdomain, IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { byteLength } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, resetMetaForStatus } from '../meta/kind-parts.ts';
import { rangeError } from '../meta/names.ts';
import { validateInlineVolumeSpec } from './persistent-volume/validation.ts';
import { internalValue } from './pod/internal-json.ts';
import { validateCsiDriverName } from './pod/volume-source-validation.ts';

export type VolumeAttachment = VolumeAttachmentType;

const METADATA_MAX_BYTES = 256 * 1024; // maxAttachedVolumeMetadataSize
const ERROR_MAX_BYTES = 1024; // maxVolumeErrorMessageSize
const MAX_INT32 = 2 ** 31 - 1;

function validate({ spec, status }: VolumeAttachment, errors: FieldErrors): void {
  validateCsiDriverName(spec.attacher, FieldPath.of('spec').child('attacher'), errors);
  validateSource(spec.source, FieldPath.of('spec').child('source'), errors);
  checkDnsSubdomain(spec.nodeName, 'spec.nodeName', errors);
  let bytes = 0;
  for (const [key, value] of Object.entries(status.attachmentMetadata ?? {})) {
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > METADATA_MAX_BYTES) errors.tooLong('status.attachmentMetadata', METADATA_MAX_BYTES);
  validateError(status.attachError, 'status.attachError', errors);
  validateError(status.detachError, 'status.detachError', errors);
  const name = spec.source.persistentVolumeName;
  if (name !== undefined) checkDnsSubdomain(name, 'spec.source.persistentVolumeName', errors);
}

function validateSource(
  { inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (persistentVolumeName === undefined) {
    if (inlineVolumeSpec === undefined) errors.required(path, detail);
    else validateInlineVolumeSpec(inlineVolumeSpec, path.child('inlineVolumeSpec'), errors);
  } else if (inlineVolumeSpec !== undefined) errors.forbidden(path, detail);
  else if (persistentVolumeName === '') {
    const text = 'must specify non empty persistentVolumeName';
    errors.required(path.child('persistentVolumeName'), text);
  }
}

function validateError(error: VolumeError | undefined, path: string, errors: FieldErrors): void {
  if (error === undefined) return;
  const { message = '', errorCode } = error;
  // Upstream compares with one limit and names the other.
  if (byteLength(message) > ERROR_MAX_BYTES) errors.tooLong(`${path}.message`, METADATA_MAX_BYTES);
  if (errorCode !== undefined && errorCode < 0) {
    errors.invalid(`${path}.errorCode`, errorCode, rangeError(0, MAX_INT32));
  }
}

function validateUpdate(next: VolumeAttachment, old: VolumeAttachment, errors: FieldErrors): void {
  validate(next, errors);
  if (equalJson(next.spec, old.spec)) return;
  errors.invalid('spec', internalSpec(next.spec), IMMUTABLE_ERROR);
}

/** Messages show the server's internal form, which has no JSON names. */
function internalSpec({ attacher, source, nodeName }: VolumeAttachmentSpec): unknown {
  const { persistentVolumeName = null, inlineVolumeSpec } = source;
  const inline =
    inlineVolumeSpec === undefined ? null : internalValue('PersistentVolumeSpec', inlineVolumeSpec);
  return {
    Attacher: attacher,
    Source: { PersistentVolumeName: persistentVolumeName, InlineVolumeSpec: inline },
    NodeName: nodeName,
  };
}

export const VolumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  metaOnUpdate: 'whole',
  updateNeedsVersion: true,

  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate,
  validateUpdate,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      resetMetaForStatus(next, old);
    },
    validateUpdate,
  },
  deleteReturnsObject: true,
  columns: [
    NAME_COLUMN,
    {
      name: 'Attacher',
      type: 'string',
      format: 'name',
      description:
        'attacher indicates the name of the volume driver that MUST handle this request. This is ' +
        'the name returned by GetPluginName().',
      cell: ({ spec }) => spec.attacher,
    },
    {
      name: 'PV',
      type: 'string',
      description: 'persistentVolumeName represents the name of the persistent volume to attach.',
      cell: ({ spec }) => spec.source.persistentVolumeName ?? '',
    },
    {
      name: 'Node',
      type: 'string',
      description: 'nodeName represents the node that the volume should be attached to.',
      cell: ({ spec }) => spec.nodeName,
    },
    {
      name: 'Attached',
      type: 'boolean',
      description:
        'attached indicates the volume is successfully attached. This field must only be set by ' +
        'the entity completing the attach operation, i.e. the external-attacher.',
      cell: ({ status }) => status.attached,
    },
    AGE_COLUMN,
  ],
});
