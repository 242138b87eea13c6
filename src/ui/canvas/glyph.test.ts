import { describe, expect, test } from 'vitest';
import type { ContainerRow } from '../../port/protocol.ts';
import { containerGlyph, statusGlyph } from './glyph.ts';

function container(over: Partial<ContainerRow>): ContainerRow {
  return {
    name: 'app',
    init: false,
    sidecar: false,
    image: 'nginx:1.27',
    state: 'waiting',
    reason: '',
    exitCode: null,
    ready: false,
    restarts: 0,
    pulledPercent: null,
    ...over,
  };
}

describe('a container', () => {
  test.each<[string, Partial<ContainerRow>, string]>([
    ['not begun', { reason: 'PodInitializing' }, 'waiting'],
    ['being created', { reason: 'ContainerCreating' }, 'starting'],
    ['being pulled', { reason: 'ContainerCreating', pulledPercent: 40 }, 'starting'],
    ['pull failed', { reason: 'ErrImagePull' }, 'failed'],
    ['pull in back-off', { reason: 'ImagePullBackOff' }, 'backoff'],
    ['crash back-off', { reason: 'CrashLoopBackOff' }, 'backoff'],
    ['config error', { reason: 'CreateContainerConfigError' }, 'failed'],
    ['running, not ready', { state: 'running' }, 'unready'],
    ['running', { state: 'running', ready: true }, 'running'],
    ['init, running', { state: 'running', init: true }, 'running'],
    ['done', { state: 'terminated', exitCode: 0, reason: 'Completed' }, 'completed'],
    ['broken', { state: 'terminated', exitCode: 1, reason: 'Error' }, 'failed'],
  ])('%s', (_name, over, glyph) => {
    expect(containerGlyph(container(over))).toBe(glyph);
  });
});

describe('a status', () => {
  test.each([
    ['Running', true, 'running'],
    ['Running', false, 'unready'],
    ['Pending', false, 'waiting'],
    ['Init:0/1', false, 'starting'],
    ['Init:Error', false, 'failed'],
    ['Init:CrashLoopBackOff', false, 'backoff'],
    ['ContainerCreating', false, 'starting'],
    ['ErrImagePull', false, 'failed'],
    ['ImagePullBackOff', false, 'backoff'],
    ['Completed', false, 'completed'],
    ['Unknown', false, 'unknown'],
    ['OOMKilled', false, 'failed'],
  ])('%s (ready %s) is %s', (status, ready, glyph) => {
    expect(statusGlyph(status, ready)).toBe(glyph);
  });
});
