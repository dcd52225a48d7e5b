import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mountsOf, rewritePaths } from './mounts.ts';

const mounts = [
  { mountPath: '/data', folder: '/R/data' },
  { mountPath: '/data/deep', folder: '/R/deep' },
  { mountPath: '/tmp', folder: '/tmp/pods/1/tmp' },
];
const cases: Record<string, { text: string; want: string }> = {
  'the path itself': { text: '/data', want: '/R/data' },
  'a path below it': { text: '/data/a/b', want: '/R/data/a/b' },
  'the longest mount path wins': { text: '/data/deep/x', want: '/R/deep/x' },
  'a name that only begins alike stays': { text: '/database /data-2 /data.d', want: '/database /data-2 /data.d' },
  'a path that only ends alike stays': { text: '/var/data and x/data', want: '/var/data and x/data' },
  'several in a list': { text: '/data:/tmp:/usr', want: '/R/data:/tmp/pods/1/tmp:/usr' },
  'after an equals sign and in quotes': { text: '--a=/data/x "/tmp/y"', want: '--a=/R/data/x "/tmp/pods/1/tmp/y"' },
  'inside JSON': { text: '{"dir":"/data","n":1}', want: '{"dir":"/R/data","n":1}' },
  'an address is no path': { text: 'http://host/data', want: 'http://host/data' },
};
test.each(Object.entries(cases))('%s', (_, { text, want }) => {
  expect(rewritePaths(text, mounts)).toBe(want);
});

test('mount paths lose their last slash and gain their sub path', () => {
  expect(mountsOf({ volumeMounts: [{ name: 'v', mountPath: '/a/', subPath: 's/t' }] }, '/V')).toEqual([{ mountPath: '/a', folder: '/V/v/s/t' }]);
});

test('special characters of a mount path mean themselves', () => {
  expect(rewritePaths('/a+b /aab', [{ mountPath: '/a+b', folder: '/x$&' }])).toBe('/x$& /aab');
});

test('a text without a slash is never changed', () => {
  fc.assert(fc.property(fc.string().filter((text) => !text.includes('/')), (text) => {
    expect(rewritePaths(text, mounts)).toBe(text);
  }));
});
