/** Defaults and validation of Job and CronJob, as tables. */
import { describe, expect, it } from 'vitest';
import { created, createErrors, updateErrors } from '../../testing/kind-rules.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { parseSchedule } from './cron-job/schedule.ts';
import { CronJob } from './cron-job.ts';
import { countIndexes, sharedIndex } from './job/indexes.ts';
import { Job } from './job.ts';

const template = {
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] },
};
const metadata = { name: 'a', uid: 'u' };
const job = (spec: object = {}): object => ({ metadata, spec: { template, ...spec } });
const indexed = (spec: object): object => job({ completionMode: 'Indexed', ...spec });

describe('Job', () => {
  it('makes its own selector', () => {
    const labels = {
      'batch.kubernetes.io/controller-uid': 'u',
      'batch.kubernetes.io/job-name': 'a',
      'controller-uid': 'u',
      'job-name': 'a',
    };
    expect(created(Job, job())).toMatchObject({
      metadata: { labels, generation: 1 },
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
        template: { metadata: { labels } },
      },
    });
  });
  it.each([
    [{}, []],
    [
      { template: { ...template, metadata: { labels: { 'job-name': 'b' } } } },
      [
        'spec.template.metadata.labels[job-name]: Invalid value: ' +
          '{"batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"a",' +
          '"controller-uid":"u","job-name":"b"}: must be \'a\'',
      ],
    ],
    [
      { maxFailedIndexes: 1, completionMode: 'Indexed', completions: 2 },
      ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
    ],
    [
      { completionMode: 'Indexed', completions: 3, successPolicy: { rules: [{}] } },
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or ' +
          'succeededIndexes must be specified',
      ],
    ],
    [
      { podFailurePolicy: { rules: [{ action: 'FailIndex' }] } },
      [
        'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": ' +
          'requires the backoffLimitPerIndex to be set',
        'spec.podFailurePolicy.rules[0]: Invalid value: ' +
          'specifying one of OnExitCodes and OnPodConditions is required',
      ],
    ],
  ])('%j', (spec, errors) => expect(createErrors(Job, job(spec))).toEqual(errors));
  it.each([
    [job(), { parallelism: 3 }, []],
    [job(), { completions: 3 }, ['spec.completions: Invalid value: 3: field is immutable']],
    [indexed({ completions: 2, parallelism: 2 }), { completions: 3, parallelism: 3 }, []],
    [
      indexed({ completions: 2, parallelism: 2 }),
      { completions: 3 },
      ['spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism'],
    ],
    [job({ suspend: true }), { template: { spec: { nodeSelector: { a: 'b' } } } }, []],
    [
      job(),
      { template: { spec: { nodeSelector: { a: 'b' } } } },
      [expect.stringMatching(/^spec.template: Invalid value: .*: field is immutable$/)],
    ],
  ])('changes: %j by %j', (fields, spec, errors) => {
    expect(updateErrors(Job, fields, { spec })).toEqual(errors);
  });
  it.each([
    ['0,2-4', 5, { value: 4 }],
    ['3,1', 5, { error: 'non-increasing order, previous: 3, current: 1' }],
    ['x', 5, { error: 'cannot convert string to integer for index: "x"' }],
  ])('indexes %s of %d', (text, completions, counted) => {
    expect(countIndexes(text, completions)).toEqual(counted);
  });
  it('knows what two sets share', () => {
    expect(sharedIndex('0-2,5', '3,5-6', 9)).toBe(5);
    expect(sharedIndex('0-2', '3', 9)).toBeUndefined();
  });
  it('follows the labels of its template, unless its name cannot be one', () => {
    const labelsOf = (name: string): object | undefined =>
      created(Job, { ...job(), metadata: { name, uid: 'u' } }).metadata.labels;
    expect(labelsOf('a')).toMatchObject({ 'job-name': 'a' });
    expect(labelsOf('a/b')).toBeUndefined();
  });
  it('takes a condition without a status for True', () => {
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'A', status: '' }] }];
    expect(created(Job, job({ podFailurePolicy: { rules } }))).toMatchObject({
      spec: { podFailurePolicy: { rules: [{ onPodConditions: [{ status: 'True' }] }] } },
    });
  });
  it.each([
    [
      { active: 1, ready: 2 },
      ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
    ],
    [
      { conditions: [{ type: 'Complete', status: 'True' }] },
      [
        'status.completionTime: Required value: completionTime is required for Complete jobs',
        'status.conditions: Invalid value: cannot set Complete=True condition without the ' +
          'SuccessCriteriaMet=true condition',
        'status.startTime: Required value: startTime is required for finished job',
      ],
    ],
  ])('status %j', (status, expected) => {
    const old = created(Job, job());
    const errors = new FieldErrors();
    Job.status?.validateUpdate?.({ ...old, status } as never, old as never, errors);
    expect(errors.list.map((e) => `${e.field}: ${e.message}`)).toEqual(expected);
  });
});

describe('CronJob', () => {
  const cronJob = (spec: object): object => ({
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template } }, ...spec },
  });
  it.each([
    [{}, []],
    [{ timeZone: 'Europe/Paris' }, []],
    [
      { timeZone: 'Europe/Nowhere' },
      ['spec.timeZone: Invalid value: "Europe/Nowhere": unknown time zone Europe/Nowhere'],
    ],
    [
      { timeZone: 'Local' },
      [
        'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as ' +
          'defined in https://www.iana.org/time-zones',
      ],
    ],
    [
      { concurrencyPolicy: 'Never' },
      [
        'spec.concurrencyPolicy: Unsupported value: "Never": supported values: ' +
          '"Allow", "Forbid", "Replace"',
      ],
    ],
  ])('%j', (spec, errors) => expect(createErrors(CronJob, cronJob(spec))).toEqual(errors));
  it.each([
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['@often', 'unrecognized descriptor: @often'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-2 * * * *', 'beginning of range (5) beyond end of range (2): 5-2'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
    ['TZ=UTC', 'invalid schedule format: runtime error: slice bounds out of range [:-1]'],
  ])('schedule %s', (text, error) => expect(parseSchedule(text)).toEqual({ error }));
  it('reads a schedule', () => {
    const parsed = parseSchedule('*/20 9-17/4 ? JAN mon,FRI');
    expect(parsed).toMatchObject({
      schedule: {
        minute: { values: new Set([0, 20, 40]), star: false },
        hour: { values: new Set([9, 13, 17]) },
        day: { star: true },
        month: { values: new Set([1]) },
        weekday: { values: new Set([1, 5]) },
      },
    });
    expect(parseSchedule('@every 90s')).toEqual({ schedule: { everyUs: 90_000_000 } });
  });
});
