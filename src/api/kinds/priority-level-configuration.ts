/**
 * PriorityLevelConfiguration: how many requests of a priority level the API server works on at once.
 *
 * Models:     pkg/registry/flowcontrol/prioritylevelconfiguration strategy.go, pkg/apis/flowcontrol v1
 *             defaults.go, validation, k8s.io/apiserver pkg/util/shufflesharding (v1.36)
 * Simplified: stored, but requests are not queued by it
 */
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration as PriorityLevelConfigurationType,
  QueuingConfiguration,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { setOf } from '../meta/field-set.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { internalLevelSpec } from './flow-control/internal-json.ts';
import { MANDATORY_LEVELS } from './flow-control/mandatory.ts';
import { validateConditions } from './flow-control/rule-validation.ts';

export type PriorityLevelConfiguration = PriorityLevelConfigurationType;

const DEFAULT_SHARES = 30; // v1 defaults.go
const DEFAULT_HAND_SIZE = 8;
const DEFAULT_QUEUES = 64;
const DEFAULT_QUEUE_LENGTH = 50;
const MAX_QUEUES = 10_000_000; // validation.go
const MAX_HASH_BITS = 60; // shufflesharding.MaxHashBits
const V1BETA3_ANNOTATION = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

function setDefaults(level: Draft<PriorityLevelConfiguration>): void {
  const spec = (level.spec ??= {} as typeof level.spec);
  spec.type ??= '';
  level.status ??= {};
  if (spec.exempt !== undefined) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  const { limited } = spec;
  if (limited === undefined) return;
  limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
  limited.lendablePercent ??= 0;
  limited.limitResponse ??= { type: '' };
  const { queuing } = limited.limitResponse;
  if (queuing === undefined) return;
  queuing.handSize ||= DEFAULT_HAND_SIZE;
  queuing.queues ||= DEFAULT_QUEUES;
  queuing.queueLengthLimit ||= DEFAULT_QUEUE_LENGTH;
}

function validate(level: PriorityLevelConfiguration, errors: FieldErrors): void {
  const { metadata, spec, status } = level;
  if (metadata.annotations?.[V1BETA3_ANNOTATION] !== undefined) {
    const text = `annotation '${V1BETA3_ANNOTATION}' is forbidden`;
    errors.forbidden('metadata.annotations', text);
  }
  validateSpec(level, errors);
  const fixed = MANDATORY_LEVELS[metadata.name];
  if (fixed !== undefined) {
    const isExempt = metadata.name === 'exempt';
    const { exempt: _mine, ...rest } = spec;
    const { exempt: _fixed, ...fixedRest } = fixed;
    if (!equalJson(isExempt ? rest : spec, isExempt ? fixedRest : fixed)) {
      const but = isExempt ? " except the 'spec.exempt' field" : '';
      const text = `spec of '${metadata.name}'${but} must equal the fixed value`;
      errors.invalid('spec', internalLevelSpec(spec), text);
    }
  }
  validateConditions(status.conditions, errors);
}

function validateSpec({ metadata, spec }: PriorityLevelConfiguration, errors: FieldErrors): void {
  const { type, limited, exempt } = spec;
  if ((metadata.name === 'exempt') !== (type === 'Exempt')) {
    errors.invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'");
  }
  switch (type) {
    case 'Exempt':
      if (limited !== undefined) {
        errors.forbidden('spec.limited', 'must be nil if the type is not Limited');
      }
      if (exempt === undefined) return;
      checkShares(exempt.nominalConcurrencyShares, 'spec.exempt', errors);
      checkPercent(exempt.lendablePercent, 'spec.exempt', errors);
      return;
    case 'Limited':
      if (exempt !== undefined) {
        errors.forbidden('spec.exempt', 'must be nil if the type is Limited');
      }
      if (limited !== undefined) validateLimited(limited, 'spec.limited', errors);
      else errors.required('spec.limited', 'must not be empty when type is Limited');
      return;
    case '':
      errors.required('spec.type');
      return;
    default:
      errors.notSupported('spec.type', type, ['Exempt', 'Limited']);
  }
}

function checkShares(shares: number | undefined, path: string, errors: FieldErrors): void {
  if (shares === undefined || shares >= 0) return;
  errors.invalid(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer');
}

function checkPercent(percent: number | undefined, path: string, errors: FieldErrors): void {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return;
  errors.invalid(`${path}.lendablePercent`, percent, 'must be between 0 and 100, inclusive');
}

function validateLimited(
  limited: LimitedPriorityLevelConfiguration,
  path: string,
  errors: FieldErrors,
): void {
  checkShares(limited.nominalConcurrencyShares, path, errors);
  const { type, queuing } = limited.limitResponse;
  const at = `${path}.limitResponse`;
  if (type === 'Reject') {
    if (queuing !== undefined) {
      const text = 'must be nil if limited.limitResponse.type is not Limited';
      errors.forbidden(`${at}.queuing`, text);
    }
  } else if (type === 'Queue') {
    if (queuing !== undefined) validateQueuing(queuing, `${at}.queuing`, errors);
    else {
      const text = 'must not be empty if limited.limitResponse.type is Limited';
      errors.required(`${at}.queuing`, text);
    }
  } else if (!type) errors.required(`${at}.type`);
  else errors.notSupported(`${at}.type`, type, ['Queue', 'Reject']);
  checkPercent(limited.lendablePercent, path, errors);
  const { borrowingLimitPercent: borrowing = 0 } = limited;
  if (borrowing < 0) {
    const text = 'if specified, must be a non-negative integer';
    errors.invalid(`${path}.borrowingLimitPercent`, borrowing, text);
  }
}

function validateQueuing(queuing: QueuingConfiguration, path: string, errors: FieldErrors): void {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  const positive = 'must be positive';
  if (queueLengthLimit <= 0) errors.invalid(`${path}.queueLengthLimit`, queueLengthLimit, positive);
  if (queues <= 0) errors.invalid(`${path}.queues`, queues, positive);
  else if (queues > MAX_QUEUES) {
    errors.invalid(`${path}.queues`, queues, `must not be greater than ${MAX_QUEUES}`);
  }
  const at = `${path}.handSize`;
  if (handSize <= 0) errors.invalid(at, handSize, positive);
  else if (handSize > queues) {
    errors.invalid(at, handSize, `should not be greater than queues (${queues})`);
  } else if (needsTooManyBits(queues, handSize)) {
    const text = `required entropy bits of deckSize ${queues} and handSize ${handSize}`;
    errors.invalid(at, handSize, `${text} should not be greater than ${MAX_HASH_BITS}`);
  }
}

/** Whether log2(queues^handSize), rounded up, is above the bits of a hash. */
function needsTooManyBits(queues: number, handSize: number): boolean {
  if (handSize > MAX_HASH_BITS) return queues > 1;
  return BigInt(queues) ** BigInt(handSize) > 1n << BigInt(MAX_HASH_BITS);
}

function queuingCell(field: keyof QueuingConfiguration) {
  return ({ spec }: PriorityLevelConfiguration): number | string =>
    spec.limited?.limitResponse.queuing?.[field] ?? '<none>';
}

const COLUMNS: readonly Column<PriorityLevelConfiguration>[] = [
  NAME_COLUMN,
  {
    name: 'Type',
    type: 'string',
    description:
      '`type` indicates whether this priority level is subject to limitation on request ' +
      'execution.  A value of `"Exempt"` means that requests of this priority level are not ' +
      'subject to a limit (and thus are never queued) and do not detract from the capacity ' +
      'made available to other priority levels.  A value of `"Limited"` means that (a) ' +
      "requests of this priority level _are_ subject to limits and (b) some of the server's " +
      'limited capacity is made available exclusively to this priority level. Required.',
    cell: ({ spec }) => spec.type,
  },
  {
    name: 'NominalConcurrencyShares',
    type: 'string',
    description:
      '`nominalConcurrencyShares` (NCS) contributes to the computation of the ' +
      'NominalConcurrencyLimit (NominalCL) of this level. This is the number of execution ' +
      'seats available at this priority level. This is used both for requests dispatched ' +
      'from this priority level as well as requests dispatched from other priority levels ' +
      "borrowing seats from this level. The server's concurrency limit (ServerCL) is " +
      'divided among the Limited priority levels in proportion to their NCS ' +
      'values:\n\nNominalCL(i)  = ceil( ServerCL * NCS(i) / sum_ncs ) sum_ncs = sum[priority ' +
      'level k] NCS(k)\n\nBigger numbers mean a larger nominal concurrency limit, at the ' +
      'expense of every other priority level.\n\nIf not specified, this field defaults to a ' +
      'value of 30.\n\nSetting this field to zero supports the construction of a "jail" for ' +
      'this priority level that is used to hold some request(s)',
    cell: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? '<none>',
  },
  {
    name: 'Queues',
    type: 'string',
    description:
      '`queues` is the number of queues for this priority level. The queues exist ' +
      'independently at each apiserver. The value must be positive.  Setting it to 1 ' +
      'effectively precludes shufflesharding and thus makes the distinguisher method of ' +
      'associated flow schemas irrelevant.  This field has a default value of 64.',
    cell: queuingCell('queues'),
  },
  {
    name: 'HandSize',
    type: 'string',
    description:
      '`handSize` is a small positive number that configures the shuffle sharding of ' +
      "requests into queues.  When enqueuing a request at this priority level the request's " +
      'flow identifier (a string pair) is hashed and the hash value is used to shuffle the ' +
      'list of queues and deal a hand of the size specified here.  The request is put into ' +
      'one of the shortest queues in that hand. `handSize` must be no larger than `queues`, ' +
      'and should be significantly smaller (so that a few heavy flows do not saturate most ' +
      'of the queues).  See the user-facing documentation for more extensive guidance on ' +
      'setting this field.  This field has a default value of 8.',
    cell: queuingCell('handSize'),
  },
  {
    name: 'QueueLengthLimit',
    type: 'string',
    description:
      '`queueLengthLimit` is the maximum number of requests allowed to be waiting in a given ' +
      'queue of this priority level at a time; excess requests are rejected.  This value ' +
      'must be positive.  If not specified, it will be defaulted to 50.',
    cell: queuingCell('queueLengthLimit'),
  },
  AGE_COLUMN,
];

export const PriorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  metaOnUpdate: 'whole',
  resets: { status: setOf([['f:metadata'], ['f:spec']]) },
  defaults: setDefaults,
  prepareForCreate(level) {
    level.status = {};
    level.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      next.metadata = { ...old.metadata } as typeof next.metadata;
    },
    validateUpdate({ status }, _old, errors) {
      validateConditions(status.conditions, errors);
    },
  },
  columns: COLUMNS,
});
