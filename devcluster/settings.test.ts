import { describe, expect, test } from 'vitest';
import { settingsFrom } from './settings.ts';

const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

describe('the PATH of containers', () => {
  const cases: Record<string, { path: string | undefined; want: string }> = {
    'is the system\'s when there is none': { path: undefined, want: system },
    'begins with what the user has': { path: '/opt/go/bin:/usr/bin', want: '/opt/go/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin' },
    'has nothing of a checkout and nothing relative': { path: '/work/node_modules/.bin:.:bin::/opt/go/bin', want: `/opt/go/bin:${system}` },
  };
  test.each(Object.entries(cases))('%s', (_, { path, want }) => expect(settingsFrom({ PATH: path }).programPath).toBe(want));
});

test('folders are absolute, and empty variables count as none', () => {
  expect(settingsFrom({ CODITECT_CACHE: '/c', KUBEBUILDER_ASSETS: '/a/../b' })).toMatchObject({ cacheFolder: '/c', assetsFolder: '/b' });
  expect(settingsFrom({ CODITECT_CACHE: '', KUBEBUILDER_ASSETS: '' })).toMatchObject({ cacheFolder: expect.stringMatching(/^\/.*\.cache\/coditect$/) });
  expect(settingsFrom({ KUBEBUILDER_ASSETS: '' })).not.toHaveProperty('assetsFolder');
});

test('pods are processes unless a kubelet is asked for; a path of Node, as npm sets it, asks for nothing', () => {
  expect([undefined, '', 'process', '/usr/bin/node', 'kubelet'].map((NODE) => settingsFrom({ NODE }).node)).toEqual(['process', 'process', 'process', 'process', 'kubelet']);
  expect(() => settingsFrom({ NODE: 'kublet' })).toThrow(/no kind of node called kublet/);
});
