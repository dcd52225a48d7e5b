// The archive as settings make it, and what the mirror shows of it.
import { describe, expect, test } from 'vitest';
import type { Manifest } from '#api/archive.ts';
import { MirrorConfig } from '#api/config/mirror.ts';
import { formatTime } from '#api/time.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { linkNats } from '#platform/nats/connect.ts';
import { silentLog, wrap } from '#platform/telemetry/log.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { watchArchive } from './part.ts';
import { aManifest } from './testing.ts';
import { logSource } from './wiring.ts';
import { startArchive } from './wiring-mirror.ts';

const configOf = (more: Partial<Record<keyof MirrorConfig, unknown>>) => MirrorConfig.parse({ folder: '/nowhere', tokenFile: '/nowhere/token', ...more });
const keys = { s3AccessKeyFile: '/nowhere/access', s3SecretKeyFile: '/nowhere/secret' };

describe('settings', () => {
  test('without a bucket make no archive', () => expect(startArchive({ config: configOf({}), clock: systemClock, log: silentLog })).toBeUndefined());

  const refused: Record<string, { more: Parameters<typeof configOf>[0]; want: RegExp }> = {
    'plain http': { more: { ...keys, s3Endpoint: 'http://127.0.0.1:9' }, want: /is not https/ },
    'no secret key': { more: { s3AccessKeyFile: '/nowhere/access' }, want: /no access key or no secret key/ },
  };
  test.each(Object.entries(refused))('with %s are refused before anything is sent', (_, { more, want }) => {
    expect(() => startArchive({ config: configOf({ s3Bucket: 'archive', ...more }), clock: systemClock, log: silentLog })).toThrow(want);
  });

  test('whose files cannot be read make a part that is down and says which', async () => {
    const started = startArchive({ config: configOf({ s3Bucket: 'archive', s3Endpoint: 'https://127.0.0.1:9', ...keys }), clock: systemClock, log: silentLog });
    await expect.poll(() => started?.part.state()).toMatchObject({ kind: 'down', fault: expect.stringContaining('/nowhere/access') });
    await started?.part.close();
  });

  test.each(['Archive', 'a', '-archive', 'archive/events'])('a bucket named %s is none', (s3Bucket) => expect(() => configOf({ s3Bucket })).toThrow('s3Bucket'));
  test.each(['', '/a', 'a//b', 'a b'])('a prefix "%s" is none', (s3Prefix) => expect(() => configOf({ s3Prefix })).toThrow('s3Prefix'));
});

test('a log that does not answer is given up, with the reason', async () => {
  const link = linkNats({ servers: ['127.0.0.1:9'], insecure: true, name: 'test' }, { clock: systemClock, random: systemRandom, log: silentLog });
  await expect.poll(() => link.fault()).toContain('127.0.0.1:9');
  await expect(logSource(link, { upToNow: async function* () {} }, 20).state('events', new AbortController().signal)).rejects.toThrow(/^ask the event log for the stream CODITECT_EVENTS: no connection to the event log at 127\.0\.0\.1:9: /);
  await link.close();
});

describe('the part', () => {
  function aPart() {
    const clock = new ManualClock();
    const warnings: string[] = [];
    const bucket: { newest: Manifest | undefined; fault: string | undefined; asked: number } = { newest: undefined, fault: undefined, asked: 0 };
    const newest = async () => {
      bucket.asked += 1;
      if (bucket.fault !== undefined) throw new Error(bucket.fault);
      return bucket.newest;
    };
    const part = watchArchive({ reader: { newest }, clock, log: wrap((_, message, fields) => void warnings.push(`${message} ${fields['fault']}`), {}) });
    const minute = async () => {
      await clock.advance(60_000);
      await settle();
    };
    return { part, clock, bucket, warnings, minute };
  }

  test('is behind by as much as the last run is old', async () => {
    const { part, clock, bucket, minute } = aPart();
    await settle();
    expect(part.state()).toEqual({ kind: 'well', lagMs: 0 });
    bucket.newest = aManifest(1, 9, { written: formatTime(clock.now() - 3_600_000) });
    await minute();
    expect(part.state()).toMatchObject({ kind: 'well', lagMs: expect.closeTo(3_660_000, -4) });
    await part.close();
    await minute();
    expect(bucket.asked).toBe(2);
  });

  test('is down while the bucket is, since when that began, and says so once', async () => {
    const { part, clock, bucket, warnings, minute } = aPart();
    await settle();
    bucket.fault = 'no connection';
    await minute();
    const sinceMs = clock.now();
    await minute();
    expect(part.state()).toEqual({ kind: 'down', sinceMs, fault: 'no connection' });
    expect(warnings).toEqual(['the archive cannot be read no connection']);
    bucket.fault = undefined;
    await minute();
    expect(part.state().kind).toBe('well');
    await part.close();
  });
});
