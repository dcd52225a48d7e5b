import { expect, test } from 'vitest';
import { faultOf, type FaultKind, isOutage } from './faults.ts';
import { slotOf } from './slot.ts';

const slots: Record<string, { key: string; want: number }> = {
  'the vector of the cluster specification': { key: '123456789', want: 0x31c3 & 16_383 },
  'only the tag counts': { key: 'coditect:{123456789}:world', want: 0x31c3 & 16_383 },
  'the first of two tags': { key: '{123456789}{x}', want: 0x31c3 & 16_383 },
};
test.each(Object.entries(slots))('slot: %s', (_, { key, want }) => expect(slotOf(key)).toBe(want));

const faults: Record<string, { error: unknown; want: FaultKind; isOutage: boolean }> = {
  'a replica': { error: new Error("READONLY You can't write against a read only replica."), want: 'ReadOnly', isOutage: true },
  'a server that reads its disk': { error: new Error('LOADING Redis is loading the dataset in memory'), want: 'Loading', isOutage: true },
  'a server whose disk failed': { error: new Error('MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.'), want: 'DiskFailed', isOutage: true },
  'a full server': { error: new Error("OOM command not allowed when used memory > 'maxmemory'."), want: 'MemoryFull', isOutage: true },
  'a user without the right': { error: new Error("NOPERM this user has no permissions to run the 'flushall' command"), want: 'NotPermitted', isOutage: true },
  'a wrong password': { error: new Error('WRONGPASS invalid username-password pair or user is disabled.'), want: 'WrongPassword', isOutage: true },
  'a cluster without a master': { error: new Error('CLUSTERDOWN Hash slot not served'), want: 'ClusterDown', isOutage: true },
  'what a cluster hides': { error: Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: new Error('WRONGPASS invalid') }), want: 'WrongPassword', isOutage: true },
  'an untrusted certificate': { error: new Error('unable to verify the first certificate'), want: 'Certificate', isOutage: true },
  'a command that was refused': { error: new Error('ERR value is not an integer or out of range'), want: 'Refused', isOutage: false },
  'a moved key': { error: new Error('MOVED 3999 127.0.0.1:6381'), want: 'Moved', isOutage: false },
};
test.each(Object.entries(faults))('fault: %s', (_, { error, want, isOutage: outage }) => {
  const fault = faultOf(error);
  expect(fault.kind).toBe(want);
  expect(isOutage(fault)).toBe(outage);
  expect(fault.message).toMatch(/^Redis: .+\(.+\)$/s);
});
