/**
 * AppArmor profiles in the old annotations and in fields.
 *
 * Models: pkg/api/pod util.go ApparmorFieldForAnnotation, pkg/registry/core/pod strategy.go
 *         applyAppArmorVersionSkew (v1.36)
 */
import type { AppArmorProfile, Pod } from '../../generated/types.ts';
import { equalJson } from '../../meta/json.ts';
import type { Draft } from '../../meta/object.ts';

const ANNOTATION_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const LOCALHOST = 'localhost/';

/** The field that |annotation| stands for; undefined when it stands for none. */
export function apparmorField(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const localhostProfile = annotation.startsWith(LOCALHOST)
    ? annotation.slice(LOCALHOST.length)
    : '';
  return localhostProfile === '' ? undefined : { type: 'Localhost', localhostProfile };
}

export function apparmorProfileMatches(
  profile: AppArmorProfile | undefined,
  annotation: string,
): boolean {
  return profile !== undefined && equalJson(profile, apparmorField(annotation));
}

/**
 * Copies annotations to the fields of containers without a profile, in place, at creation, and warns
 * of those that no field says yet.
 */
export function apparmorFieldsFromAnnotations(pod: Draft<Pod>, warn: (text: string) => void): void {
  const { annotations } = pod.metadata;
  if (annotations === undefined || pod.spec.os?.name === 'windows') return;
  const { initContainers, containers, ephemeralContainers, securityContext } = pod.spec;
  const all = [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])];
  for (const container of all) {
    const key = ANNOTATION_PREFIX + container.name;
    const annotation = annotations[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const field = apparmorField(annotation);
    if (field !== undefined && equalJson(field, securityContext?.appArmorProfile)) continue;
    warn(
      `metadata.annotations[${key}]: deprecated since v1.30; ` +
        'use the "appArmorProfile" field instead',
    );
    if (field === undefined) continue;
    (container.securityContext ??= {}).appArmorProfile = field as Draft<AppArmorProfile>;
  }
}
