import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blobsInDns, blobsInFile, mirrorInDns, mirrorInFile, operatorsInDns, operatorsInFile } from './addresses.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'addresses-'))));
afterEach(() => rm(folder, { recursive: true }));

test('the endpoints file is read anew each time', async () => {
  const file = join(folder, 'endpoints.json');
  const operator = { pod: 'op-0', api: '127.0.0.1:1', enrolment: '127.0.0.1:2', work: '127.0.0.1:3' };
  await writeFile(file, JSON.stringify({ operators: [] }));
  const [operators, blobs] = [operatorsInFile(file), blobsInFile(file)];
  expect([await operators.current(), await blobs.current()]).toEqual([[], undefined]);
  await writeFile(file, JSON.stringify({ operators: [operator], blobs: '127.0.0.1:4' }));
  expect([await operators.current(), await blobs.current()]).toEqual([[operator], '127.0.0.1:4']);
});

const broken: Record<string, string> = { 'no JSON': '{', 'a port that is none': '{"operators":[],"blobs":"x"}', 'no operators': '{}' };
test.each(Object.entries(broken))('an endpoints file with %s is an error, not an empty list', async (_, content) => {
  const file = join(folder, 'endpoints.json');
  await writeFile(file, content);
  await expect(operatorsInFile(file).current()).rejects.toThrow(/./);
});

test('every address of the headless Service is a replica', async () => {
  const asked: string[] = [];
  const lookup = (name: string) => {
    asked.push(name);
    return Promise.resolve(['10.0.0.1', 'fd00::1']);
  };
  expect(await operatorsInDns({ namespace: 'sys', lookup }).current()).toEqual([
    { pod: '10.0.0.1', api: '10.0.0.1:9443', enrolment: '10.0.0.1:9445', work: '10.0.0.1:9444' },
    { pod: 'fd00::1', api: '[fd00::1]:9443', enrolment: '[fd00::1]:9445', work: '[fd00::1]:9444' },
  ]);
  expect(asked).toEqual(['coditect-operator.sys.svc']);
});

test('the blob service is dialled by the name it proves', async () => expect(await blobsInDns('sys').current()).toBe('coditect-blobs.sys.svc:9446'));

test('the mirror is where its Service is, and nowhere in an installation without', async () => {
  expect(await mirrorInDns('sys', () => Promise.resolve(['10.0.0.1'])).current()).toBe('coditect-mirror.sys.svc:9448');
  expect(await mirrorInDns('sys', () => Promise.reject(new Error('ENOTFOUND'))).current()).toBeUndefined();
  const file = join(folder, 'endpoints.json');
  await writeFile(file, JSON.stringify({ operators: [], mirror: '127.0.0.1:7' }));
  expect(await mirrorInFile(file).current()).toBe('127.0.0.1:7');
});
