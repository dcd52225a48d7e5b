import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '#devcluster/pki.ts';
import { Bench, idsFrom, idsOf, isMissing, readAll, someEvents, why } from './testing.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

const within = (ms: number) => AbortSignal.timeout(ms);
const users = [
  { user: 'mirror', password: 'right' },
  { user: 'guest', password: 'guest', publish: ['nothing', '_INBOX.>'], subscribe: ['_INBOX.>'] },
];

interface Files {
  readonly caFile: string;
  readonly userFile: string;
  readonly passwordFile: string;
}

const cases: Record<string, { readonly wrong: (files: Files) => void; readonly fault: RegExp }> = {
  'the wrong CA': { wrong: ({ caFile }) => writeFileSync(caFile, createAuthority('another').certificate), fault: /no connection to the event log at 127\.0\.0\.1:\d+: .*certificate/ },
  'a wrong password': { wrong: ({ passwordFile }) => writeFileSync(passwordFile, 'wrong'), fault: /Authorization Violation/i },
  'a file that is missing': { wrong: ({ passwordFile }) => rmSync(passwordFile), fault: /the file with the password cannot be read, so nothing is sent; mend/ },
  'a user without the right': {
    wrong: ({ userFile, passwordFile }) => {
      writeFileSync(userFile, 'guest');
      writeFileSync(passwordFile, 'guest');
    },
    fault: /the event log refuses: .*Permissions Violation/i,
  },
};

describe.skipIf(isMissing)(`the way into a real server with TLS${why}`, { timeout: 60_000 }, () => {
  test.each(Object.entries(cases))('%s is said, and mending the files is enough', async (_, { wrong, fault }) => {
    const servers = await bench.nats({ tls: 'client', accounts: [{ name: 'events', users }] });
    const right = { ...servers.tls, userFile: bench.file('mirror', 'mirror\n'), passwordFile: bench.file('right', 'right') };
    const files = { caFile: bench.copy(right.caFile), certificateFile: bench.copy(right.certificateFile), keyFile: bench.copy(right.keyFile), userFile: bench.copy(right.userFile), passwordFile: bench.copy(right.passwordFile) };
    wrong(files);
    const publisher = await bench.publisher(bench.link(servers.servers, { ...files, reloadMs: 200 }));
    expect(await publisher.publish(someEvents(0, 10))).toEqual({ kept: 10, dropped: 0 });
    await expect.poll(() => publisher.state().fault, { timeout: 10_000 }).toMatch(fault);
    expect(publisher.state().pendingEvents).toBe(10);
    for (const name of Object.keys(files) as (keyof typeof files)[]) copyFileSync(right[name] ?? '', files[name]);
    expect(await publisher.drained(within(30_000))).toBe(true);
    expect(publisher.state()).toEqual({ isConnected: true, pendingEvents: 0, pendingBytes: 0, oldestMs: 0, dropped: 0 });
    expect(idsOf(await readAll(bench.reader(bench.link(servers.servers, right))))).toEqual(idsFrom(0, 10));
  });

  test('a server that asks for a client certificate gets in nobody without', async () => {
    const servers = await bench.nats({ tls: 'client' });
    const publisher = await bench.publisher(bench.link(servers.servers, { caFile: servers.tls?.caFile ?? '' }));
    await publisher.publish(someEvents(0, 1));
    await expect.poll(() => publisher.state().fault, { timeout: 5000 }).toMatch(/certificate required|bad certificate/i);
  });

  test('a certificate without its key is refused with a word', async () => {
    const publisher = await bench.publisher(bench.link(['127.0.0.1:1'], { certificateFile: bench.file('certificate', 'x') }));
    await expect.poll(() => publisher.state().fault, { timeout: 5000 }).toContain('a client certificate needs its key');
  });

  test('nothing is sent in the clear unless the settings say so', async () => {
    const servers = await bench.nats();
    const publisher = await bench.publisher(bench.link(servers.servers, {}));
    await publisher.publish(someEvents(0, 1));
    await expect.poll(() => publisher.state().fault, { timeout: 5000 }).toMatch(/tls/i);
    expect(publisher.state()).toMatchObject({ isConnected: false, pendingEvents: 1 });
  });
});
