import { describe, expect, it } from 'vitest';
import type { ObjectMeta, Pod, PodSpec } from '../../api/generated/types.ts';
import { isSignificant, podWarnings } from './pod-security.ts';
import { detailText, type LevelVersion, policyOf, violations } from './pod-security/levels.ts';

const BASELINE: LevelVersion = { level: 'baseline', version: 'latest' };
const RESTRICTED: LevelVersion = { level: 'restricted', version: 'latest' };

/** A Pod that every level lets pass, with changes. */
function pod(more: object, container: object = {}, securityContext: object = {}): PodSpec {
  return {
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      ...securityContext,
    },
    containers: [
      {
        name: 'c',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        ...container,
      },
    ],
    ...more,
  } as unknown as PodSpec;
}

const META = { name: 'p' } as ObjectMeta;

const safe = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

const ROWS: readonly [LevelVersion, PodSpec, string][] = [
  [RESTRICTED, pod({}), ''],
  [BASELINE, pod({ hostPID: true }), 'host namespaces (hostPID=true)'],
  [
    BASELINE,
    pod({}, { livenessProbe: { httpGet: { host: '1.2.3.4' } } }),
    'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
  ],
  [
    { level: 'baseline', version: 'v1.33' },
    pod({}, { livenessProbe: { httpGet: { host: '1.2.3.4' } } }),
    '',
  ],
  [
    BASELINE,
    pod({}, { ports: [{ hostPort: 9 }, { hostPort: 10 }] }),
    'hostPort (container "c" uses hostPorts 10, 9)',
  ],
  [
    BASELINE,
    pod({}, { securityContext: { ...safe, procMount: 'Unmasked' } }),
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  ],
  [BASELINE, pod({ hostUsers: false }, { securityContext: { procMount: 'Unmasked' } }), ''],
  [
    RESTRICTED,
    pod({ hostUsers: false }, { securityContext: { ...safe, procMount: 'Unmasked' } }),
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  ],
  [
    BASELINE,
    pod({}, {}, { seLinuxOptions: { type: 'x', user: 'u', role: 'r' } }),
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "x"; ' +
      'user may not be set; role may not be set)',
  ],
  [
    { level: 'baseline', version: 'v1.30' },
    pod({}, {}, { seLinuxOptions: { type: 'container_engine_t' } }),
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
  ],
  [BASELINE, pod({}, {}, { seLinuxOptions: { type: 'container_engine_t' } }), ''],
  [
    BASELINE,
    pod({}, {}, { windowsOptions: { hostProcess: true } }),
    'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
  ],
  [
    BASELINE,
    pod({}, {}, { appArmorProfile: { type: 'Unconfined' } }),
    'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
  ],
  [
    BASELINE,
    pod({}, {}, { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.sem' }] }),
    'forbidden sysctls (kernel.sem)',
  ],
  [
    { level: 'baseline', version: 'v1.31' },
    pod({}, {}, { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] }),
    'forbidden sysctls (net.ipv4.tcp_rmem)',
  ],
  [
    RESTRICTED,
    pod({
      volumes: [
        { name: 'a', hostPath: {} },
        { name: 'b', nfs: {} },
        { name: 'e', emptyDir: {} },
      ],
    }),
    'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
  ],
  [RESTRICTED, pod({}, {}, { runAsUser: 0 }), 'runAsUser=0 (pod must not set runAsUser=0)'],
  [
    RESTRICTED,
    pod({}, { securityContext: { ...safe, runAsNonRoot: false } }),
    'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
  ],
  [
    RESTRICTED,
    pod({ os: { name: 'windows' } }, { securityContext: {} }, { seccompProfile: undefined }),
    '',
  ],
  [
    { level: 'restricted', version: 'v1.21' },
    pod({}, { securityContext: { ...safe, capabilities: { add: ['CHOWN'] } } }),
    '',
  ],
  [
    RESTRICTED,
    pod({}, { securityContext: { ...safe, capabilities: { add: ['CHOWN'] } } }),
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]; ' +
      'container "c" must not include "CHOWN" in securityContext.capabilities.add)',
  ],
];

describe('levels', () => {
  it.each(ROWS)('%o %o', (level, spec, text) => {
    expect(detailText(violations(level, META, spec))).toBe(text);
  });

  it('reads the annotations of old', () => {
    const annotations = {
      'container.apparmor.security.beta.kubernetes.io/c': 'unconfined',
      'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
    };
    const found = violations(
      { level: 'baseline', version: 'v1.18' },
      { ...META, annotations },
      pod({}),
    );
    expect(detailText(found)).toBe(
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to ' +
        '"container.apparmor.security.beta.kubernetes.io/c="unconfined""), seccompProfile ' +
        '(forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
  });
});

describe('labels', () => {
  const label = (of: string): string => `pod-security.kubernetes.io/${of}`;
  it('warns where it enforces', () => {
    const { policy } = policyOf({
      [label('enforce')]: 'restricted',
      [label('enforce-version')]: 'v1.30',
    });
    expect(policy.warn).toEqual({ level: 'restricted', version: 'v1.30' });
    expect(policy.audit.level).toBe('privileged');
  });
  it('is closed for a wrong level of enforcing, open for others', () => {
    const { policy, errors } = policyOf({ [label('enforce')]: 'x', [label('audit')]: 'y' });
    expect(policy.enforce.level).toBe('restricted');
    expect([policy.audit.level, policy.warn.level]).toEqual(['privileged', 'privileged']);
    expect(errors.list).toHaveLength(2);
  });
});

it('sums up what is wrong with the Pods of a namespace', () => {
  const of = (name: string, spec: PodSpec): Pod => ({ metadata: { name }, spec }) as unknown as Pod;
  const pods = [
    of('c', pod({ hostIPC: true })),
    of('b', pod({ hostPID: true })),
    of('a', pod({}, { securityContext: { privileged: true } })),
    of('d', pod({})),
  ];
  expect(podWarnings('ns', BASELINE, pods)).toEqual([
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    'a: privileged',
    'b (and 1 other pod): host namespaces',
  ]);
});

it('looks again only where something that matters has changed', () => {
  expect(isSignificant(pod({}), pod({ hostPID: true }))).toBe(false);
  expect(isSignificant(pod({}, { image: 'b' }), pod({}, { image: 'a' }))).toBe(true);
  expect(isSignificant(pod({ ephemeralContainers: [{ name: 'e' }] }), pod({}))).toBe(true);
});
