/** KubeSchedulerConfigurations: what is made of them, and what is refused in which words. */
import { describe, expect, it } from 'vitest';
import { readConfiguration } from './configuration.ts';
import { factories } from './plugins/index.ts';
import { Profile } from './profile.ts';
import { schedulerConfiguration } from './scheduler.ts';
import { Snapshot } from './snapshot.ts';

const KIND = {
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
} as const;

function profile(settings: object): Profile {
  const { profiles } = readConfiguration({ ...KIND, profiles: [settings] });
  const handle = { snapshot: new Snapshot(), isPreempting: () => false };
  return new Profile(profiles[0] as (typeof profiles)[number], factories, handle);
}

const names = (plugins: readonly { readonly name: string }[]): readonly string[] =>
  plugins.map((p) => p.name);

describe('a configuration', () => {
  it('that says nothing is the default', () => {
    const { profiles, ...rest } = readConfiguration(KIND);
    expect(rest).toEqual({
      percentageOfNodesToScore: 0,
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 10,
      popFromBackoffQ: true,
    });
    expect(profiles.map((p) => p.schedulerName)).toEqual(['default-scheduler']);
  });

  it('disables plugins everywhere or at one point', () => {
    const everywhere = profile({
      plugins: { multiPoint: { disabled: [{ name: 'ImageLocality' }] } },
    });
    expect(names(everywhere.score.map((s) => s.plugin))).not.toContain('ImageLocality');
    const scoreOnly = profile({ plugins: { score: { disabled: [{ name: '*' }] } } });
    expect(scoreOnly.score).toEqual([]);
    expect(names([...scoreOnly.filter])).toContain('NodeResourcesFit');
    const noPreemption = profile({ plugins: { postFilter: { disabled: [{ name: '*' }] } } });
    expect(noPreemption.postFilter).toEqual([]);
  });

  it('gives weights, and puts overridden plugins first', () => {
    const { score } = profile({
      plugins: { score: { enabled: [{ name: 'NodeResourcesFit', weight: 7 }] } },
    });
    expect(score[0]?.plugin.name).toBe('NodeResourcesFit');
    expect(score[0]?.weight).toBe(7);
    expect(score.find((s) => s.plugin.name === 'TaintToleration')?.weight).toBe(3);
    expect(score.filter((s) => s.plugin.name === 'NodeResourcesFit')).toHaveLength(1);
  });

  it('completes arguments', () => {
    const [first] = readConfiguration({
      ...KIND,
      profiles: [
        {
          pluginConfig: [
            {
              name: 'NodeResourcesFit',
              args: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu' }] } },
            },
            { name: 'DefaultPreemption', args: { minCandidateNodesAbsolute: 5 } },
          ],
        },
      ],
    }).profiles;
    expect(first?.args).toEqual({
      NodeResourcesFit: {
        ignoredResources: [],
        ignoredResourceGroups: [],
        scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }] },
      },
      DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 5 },
    });
  });

  const args = (name: string, given: object): object => ({
    profiles: [{ pluginConfig: [{ name, args: given }] }],
  });
  const plugins = (given: object): object => ({ profiles: [{ plugins: given }] });
  const at = 'profiles[0].pluginConfig[0].args';
  it.each<[string, object, string]>([
    ['an unknown field', { profils: [] }, 'strict decoding error: unknown field "profils"'],
    [
      'an unknown field of a profile',
      { profiles: [{ name: 'x' }] },
      'strict decoding error: unknown field "profiles[0].name"',
    ],
    [
      'a wrong type',
      { podMaxBackoffSeconds: 'ten' },
      'json: cannot unmarshal string into Go struct field KubeSchedulerConfiguration.podMaxBackoffSeconds of type int32',
    ],
    ['extenders', { extenders: [{ urlPrefix: 'http://x' }] }, 'extenders are not simulated'],
    [
      'a percentage',
      { percentageOfNodesToScore: 101 },
      'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    ],
    [
      'back-offs',
      { podInitialBackoffSeconds: 20 },
      'podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds',
    ],
    [
      'two profiles of one name',
      { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] },
      'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
    ],
    [
      'two profiles without names',
      { profiles: [{}, { schedulerName: 'a' }] },
      'profiles[0].schedulerName: Required value',
    ],
    [
      'another order of the queue',
      {
        profiles: [
          { schedulerName: 'a' },
          { schedulerName: 'b', plugins: { queueSort: { disabled: [{ name: '*' }] } } },
        ],
      },
      'profiles[1].plugins.queueSort: Invalid value: {"Enabled":null,"Disabled":[{"Name":"*","Weight":0}]}: must be the same for all profiles',
    ],
    [
      'an unknown plugin',
      plugins({ score: { enabled: [{ name: 'Nice' }] } }),
      'initializing profiles: creating profile for scheduler name default-scheduler: ScorePlugin "Nice" does not exist',
    ],
    [
      'a plugin that cannot do this',
      plugins({ score: { enabled: [{ name: 'NodeName' }] } }),
      'initializing profiles: creating profile for scheduler name default-scheduler: plugin "NodeName" does not extend ScorePlugin plugin',
    ],
    [
      'no binder',
      plugins({ bind: { disabled: [{ name: '*' }] } }),
      'initializing profiles: creating profile for scheduler name default-scheduler: at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
    ],
    [
      'arguments that are not known',
      args('NodeResourcesFit', { strategy: 1 }),
      'strict decoding error: decoding .profiles[0].pluginConfig[0]: strict decoding error: decoding args for plugin NodeResourcesFit: strict decoding error: unknown field "strategy"',
    ],
    [
      'a strategy',
      args('NodeResourcesFit', { scoringStrategy: { type: 'Best' } }),
      `${at}.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"`,
    ],
    [
      'a strategy without its curve',
      args('NodeResourcesFit', { scoringStrategy: { type: 'RequestedToCapacityRatio' } }),
      `${at}.scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio`,
    ],
    [
      'a weight',
      args('InterPodAffinity', { hardPodAffinityWeight: 101 }),
      `${at}.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]`,
    ],
    [
      'constraints beside those of the system',
      args('PodTopologySpread', {
        defaultConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
        ],
      }),
      `${at}.defaultingType: Invalid value: "System": when .defaultConstraints are not empty`,
    ],
  ])('with %s is refused', (_what, given, message) => {
    expect(() => schedulerConfiguration({ configuration: { ...KIND, ...given } })).toThrow(message);
  });

  it('of another kind or version is refused', () => {
    const configuration = { ...KIND, apiVersion: 'kubescheduler.config.k8s.io/v1beta3' };
    expect(() => schedulerConfiguration({ configuration })).toThrow(
      'no kind "KubeSchedulerConfiguration" is registered for version "kubescheduler.config.k8s.io/v1beta3"',
    );
  });

  it('with a gate that is not simulated is refused', () => {
    expect(() => readConfiguration(null, { GangScheduling: true })).toThrow(
      'feature gate GangScheduling of kube-scheduler cannot be set here',
    );
  });
});
