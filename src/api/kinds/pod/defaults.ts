/**
 * Defaults of pod specs, in place: what the API server fills in on every decode.
 *
 * Models: pkg/apis/core/v1 defaults.go, zz_generated.defaults.go, conversion.go (v1.36)
 */
import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  ObjectMeta,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
} from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';
import { imageTag } from './image-name.ts';
import {
  aggregateContainerLimits,
  aggregateContainerRequests,
  isHugePageResource,
  isOvercommitAllowed,
  isPodLevelResource,
  type ResourceList,
  roundResourceList,
} from './resources.ts';
import { defaultVolume } from './volume-defaults.ts';

type AnyContainer = Draft<Container> | Draft<EphemeralContainer>;
type Resources = Draft<ResourceRequirements>;

const DEFAULT_GRACE_PERIOD_SECONDS = 30; // DefaultTerminationGracePeriodSeconds, core/v1 types.go
const PROBE_TIMEOUT_SECONDS = 1;
const PROBE_PERIOD_SECONDS = 10;
const PROBE_SUCCESS_THRESHOLD = 1;
const PROBE_FAILURE_THRESHOLD = 3;

/** Upstream SetObjectDefaults_Pod. */
export function defaultPod(pod: Draft<Pod>): void {
  const spec = (pod.spec ??= { containers: [] });
  defaultPodSpec(spec);
  for (const container of spec.containers ?? []) requestsFromLimits(container.resources);
  for (const container of spec.initContainers ?? []) requestsFromLimits(container.resources);
  defaultPodLevelResources(spec);
  spec.enableServiceLinks ??= true;
  // In Pods, but not in templates, a negative period has come to mean the shortest one.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  dropInitAnnotations(pod.metadata);
  if (spec.hostNetwork === true) {
    for (const container of spec.containers ?? []) defaultHostPorts(container);
    for (const container of spec.initContainers ?? []) defaultHostPorts(container);
  }
}

/** Upstream SetObjectDefaults_PodTemplate and its like: what is only for Pods stays away. */
export function defaultPodTemplate(template: Draft<PodTemplateSpec>): void {
  defaultPodSpec((template.spec ??= { containers: [] }));
  dropInitAnnotations(template.metadata);
}

/** What init containers were written into before they had a field; the conversions drop them. */
const INIT_ANNOTATIONS = [
  'pod.beta.kubernetes.io/init-containers',
  'pod.alpha.kubernetes.io/init-containers',
  'pod.beta.kubernetes.io/init-container-statuses',
  'pod.alpha.kubernetes.io/init-container-statuses',
];

function dropInitAnnotations(meta: Draft<ObjectMeta> | undefined): void {
  const annotations = meta?.annotations;
  if (annotations === undefined) return;
  for (const key of INIT_ANNOTATIONS) delete annotations[key];
}

/** Upstream SetDefaults_PodSpec and the defaults of everything in it. */
export function defaultPodSpec(spec: Draft<PodSpec>): void {
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= DEFAULT_GRACE_PERIOD_SECONDS;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  if (spec.overhead !== undefined) roundResourceList(spec.overhead);
  if (spec.resources !== undefined) roundResources(spec.resources);
  // The old name of the field follows the new one; the conversion to the internal type does this.
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account !== undefined && account !== '') {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
}

function defaultContainer(container: AnyContainer): void {
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= 'v1';
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
  }
  roundResources((container.resources ??= {}));
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  const { lifecycle } = container;
  if (lifecycle !== undefined) {
    defaultHttpGet(lifecycle.postStart?.httpGet);
    defaultHttpGet(lifecycle.preStop?.httpGet);
  }
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??=
    imageTag(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Draft<Probe> | undefined): void {
  if (probe === undefined) return;
  defaultHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
  probe.timeoutSeconds ??= PROBE_TIMEOUT_SECONDS;
  probe.periodSeconds ??= PROBE_PERIOD_SECONDS;
  probe.successThreshold ??= PROBE_SUCCESS_THRESHOLD;
  probe.failureThreshold ??= PROBE_FAILURE_THRESHOLD;
}

function defaultHttpGet(action: Draft<HTTPGetAction> | undefined): void {
  if (action === undefined) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

function roundResources(resources: Resources): void {
  if (resources.limits !== undefined) roundResourceList(resources.limits);
  if (resources.requests !== undefined) roundResourceList(resources.requests);
}

/** Requests that were left out are the limits: only for Pods, not for templates. */
function requestsFromLimits(resources: Resources): void {
  const { limits } = resources;
  if (limits === undefined) return;
  const requests = resources.requests ?? {};
  let added = false;
  for (const name in limits) {
    if (requests[name] !== undefined) continue;
    requests[name] = limits[name] ?? '0';
    added = true;
  }
  if (Object.keys(requests).length > 0) {
    resources.requests = added ? inKeyOrder(requests) : requests;
  }
}

/** Go writes maps in key order, and so do stored objects. */
function inKeyOrder(list: ResourceList): ResourceList {
  const out: ResourceList = {};
  for (const name of Object.keys(list).sort()) out[name] = list[name] ?? '0';
  return out;
}

/** Upstream defaultHugePagePodLimits and defaultPodRequests. */
function defaultPodLevelResources(spec: Draft<PodSpec>): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const limits = resources.limits ?? {};
  const asked = resources.requests ?? {};
  if (Object.keys(limits).length > 0 || Object.keys(asked).length > 0) {
    for (const [name, value] of Object.entries(aggregateContainerLimits(spec))) {
      if (!isHugePageResource(name) || asked[name] !== undefined) continue;
      limits[name] ??= value;
    }
    if (Object.keys(limits).length > 0) resources.limits = inKeyOrder(limits);
  }
  if (Object.keys(limits).length === 0) return;
  const requests = { ...asked };
  for (const [name, value] of Object.entries(aggregateContainerRequests(spec))) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= value;
  }
  for (const [name, value] of Object.entries(limits)) {
    if (isPodLevelResource(name)) requests[name] ??= value;
  }
  if (Object.keys(requests).length > 0) resources.requests = inKeyOrder(requests);
}

/** With the host's network every container port is a host port. */
function defaultHostPorts(container: Draft<Container>): void {
  for (const port of container.ports ?? []) {
    if (port.containerPort !== 0) port.hostPort ??= port.containerPort;
  }
}
