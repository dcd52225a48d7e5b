import { expect, test } from 'vitest';
import { admit, type LivePod, type TokenHolder } from './admission.ts';

const pod: LivePod = { uid: 'u-1', poolName: 'workers', serviceAccountName: 'default' };
const pods = (namespace: string, name: string) => (namespace === 'team-a' && name === 'workers-1' ? pod : undefined);
const holder = (username: string, name?: string, uid?: string): TokenHolder => ({
  username,
  extra: { ...(name === undefined ? {} : { 'authentication.kubernetes.io/pod-name': [name] }), ...(uid === undefined ? {} : { 'authentication.kubernetes.io/pod-uid': [uid] }) },
});
const account = 'system:serviceaccount:team-a:default';

const cases: Record<string, { holder: TokenHolder; want: object }> = {
  'a live pod of a pool is admitted under its own name': { holder: holder(account, 'workers-1', 'u-1'), want: { kind: 'agent', agent: { namespace: 'team-a', pool: 'workers', pod: 'workers-1', uid: 'u-1' } } },
  'the blob service is known by its ServiceAccount': { holder: holder('system:serviceaccount:sys:coditect-blobs'), want: { kind: 'server', role: 'blobs' } },
  'and so is the LLM gateway': { holder: holder('system:serviceaccount:sys:coditect-llm-gateway'), want: { kind: 'server', role: 'llm-gateway' } },
  'and so is the mirror': { holder: holder('system:serviceaccount:sys:coditect-mirror'), want: { kind: 'server', role: 'mirror' } },
  'and so is the console': { holder: holder('system:serviceaccount:sys:coditect-console'), want: { kind: 'server', role: 'console' } },
  'the name of the blob service in another namespace is nothing special': { holder: holder('system:serviceaccount:team-a:coditect-blobs'), want: { kind: 'refused', reason: expect.stringContaining('not bound to a pod') } },
  'a token that is not bound to a pod is refused': { holder: holder(account), want: { kind: 'refused', reason: expect.stringContaining('not bound to a pod') } },
  'a token with a name and no uid is refused': { holder: holder(account, 'workers-1'), want: { kind: 'refused' } },
  'two pod names are none': { holder: { username: account, extra: { 'authentication.kubernetes.io/pod-name': ['workers-1', 'x'], 'authentication.kubernetes.io/pod-uid': ['u-1'] } }, want: { kind: 'refused' } },
  'a pod that no pool controls is refused': { holder: holder(account, 'web-1', 'u-1'), want: { kind: 'refused', reason: expect.stringContaining('team-a/web-1 is not a live pod') } },
  'a pod of this name in another namespace is refused': { holder: holder('system:serviceaccount:team-b:default', 'workers-1', 'u-1'), want: { kind: 'refused', reason: expect.stringContaining('team-b/workers-1') } },
  'the token of an earlier pod of this name is refused': { holder: holder(account, 'workers-1', 'u-0'), want: { kind: 'refused', reason: expect.stringContaining('earlier pod') } },
  'another ServiceAccount than the pool\'s is refused': { holder: holder('system:serviceaccount:team-a:admin', 'workers-1', 'u-1'), want: { kind: 'refused', reason: expect.stringContaining('its pool says default') } },
  'a person is refused': { holder: holder('jane', 'workers-1', 'u-1'), want: { kind: 'refused', reason: 'jane is no ServiceAccount' } },
};
test.each(Object.entries(cases))('%s', (_, { holder: who, want }) => expect(admit(who, pods, 'sys')).toEqual(expect.objectContaining(want)));
