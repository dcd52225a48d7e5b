// No secret of a known form leaves an attempt as text: not by its log, its result or its artifacts, whoever wrote it there.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { action, type ActionContext, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { secretMask } from '#agent-runtime/roles/analyzer/secrets/mask-secrets.ts';
import { expandSecrets } from '#testing/corpus/secrets.ts';
import { maskedArtifact, maskingStream } from './masking.ts';
import { RunnerUnderTest } from './testing.ts';

const kinds = ['aws', 'github', 'slack', 'google', 'stripe', 'npm', 'jwt', 'rsa-key'] as const;
const secrets = kinds.map((kind) => expandSecrets(`<secret:${kind}:2>`));
const password = expandSecrets('<secret:password:2>');
const named = `db_password = "${password}"`;
/** What of a secret may be nowhere: of a key each line of its body. */
const parts = [...secrets.flatMap((secret) => (secret.startsWith('-') ? secret.split('\n').slice(1, -1) : [secret])), password];
const all = [...secrets, named].join('\n');

let course: (context: ActionContext) => Promise<ReturnType<typeof succeeded>>;
const t = RunnerUnderTest.inEachTest({ Odd: { Do: action(z.unknown(), async (_, context) => course(context)) } });

const ways: Record<string, typeof course> = {
  'a program prints them': async ({ run }) => {
    const { stdout, stderr } = await run(['sh', '-c', 'cat all.txt; cat all.txt >&2']);
    return failed('ActionFailed', stderr.slice(-300), { observed: { said: stdout.slice(0, 900) } });
  },
  'a program writes them into a report': async ({ run, readOutput }) => {
    await run(['sh', '-c', 'cat all.txt > report.xml']);
    return succeeded(((await readOutput('report.xml')) ?? '').slice(-300));
  },
  'a model says them': async ({ log }) => {
    log(`it said ${all}\n`);
    return succeeded(all, { claimed: { said: secrets.slice(0, 4), db_password: password }, observed: { [secrets[0] ?? '']: 1 } });
  },
  'they stand in artifacts': async () => succeeded('done', { artifacts: [textArtifact('a.md', 'text/markdown', all), textArtifact('b.json', 'application/json', JSON.stringify({ all, password })), textArtifact('c.sarif', 'application/sarif+json', JSON.stringify([{ text: all }], null, 1)), textArtifact('d.patch', 'text/x-diff', `+${all.replaceAll('\n', '\n+')}`)] }),
  'the name of a file is one': async ({ run }) => (await run(['sh', '-c', `touch ${secrets[0]}; ls`]), succeeded('made')),
  'the agent errs over them': () => Promise.reject(new Error(all)),
};
test.each(Object.entries(ways))('when %s', async (_, way) => {
  await t.commit({ 'all.txt': `${all}\n` });
  course = way;
  const result = await t.perform(t.orderFor('Odd', 'Do', {}));
  const texts = result.artifacts.filter(({ name }) => name !== 'output.bundle').map(({ name }) => result.textOf(name));
  const told = [result.live, JSON.stringify(result), JSON.stringify(t.thoughts), ...texts].join('\n');
  expect(told).toContain(secretMask);
  expect(parts.filter((part) => told.includes(part))).toEqual([]);
  // Nor does a part of one that a short text tore.
  expect(parts.filter((part) => told.includes(part.slice(-12)))).toEqual([]);
});

describe('artifacts', () => {
  test('a document stays one, with its indent', () => {
    const { bytes } = maskedArtifact(textArtifact('a', 'application/json', `${JSON.stringify({ text: all, at: [1, null] }, null, 2)}\n`));
    const text = Buffer.from(bytes).toString();
    expect([JSON.parse(text), text]).toMatchObject([{ at: [1, null], text: expect.stringContaining(secretMask) }, expect.stringMatching(/^\{\n {2}"text"/)]);
  });

  const same: Record<string, { mediaType: string; bytes: Uint8Array }> = {
    'a text without secrets': { mediaType: 'text/plain', bytes: new Uint8Array([0xe9, 10, 65]) },
    'a document without secrets, as it was written': { mediaType: 'application/json', bytes: Buffer.from('{ "a":1 }') },
    'a bundle, which holds files': { mediaType: 'application/x-git-bundle', bytes: Buffer.from(all) },
  };
  test.each(Object.entries(same))('%s stays the same', (_, { mediaType, bytes }) => expect(maskedArtifact({ name: 'a', mediaType, bytes }).bytes).toBe(bytes));

  test('other bytes of a text with a secret stay the same', () => {
    const bytes = Buffer.concat([Buffer.from([0xe9, 0xff]), Buffer.from(` ${secrets[0]}`)]);
    expect(Buffer.from(maskedArtifact({ name: 'a', mediaType: 'text/plain', bytes }).bytes)).toEqual(Buffer.concat([Buffer.from([0xe9, 0xff]), Buffer.from(` ${secretMask}`)]));
  });
});

describe('a stream', () => {
  const streamed = (chunks: readonly Uint8Array[]) => {
    const out: Uint8Array[] = [];
    const stream = maskingStream((bytes) => out.push(bytes));
    for (const chunk of chunks) stream.write(chunk);
    const early = Buffer.concat(out).toString('latin1');
    stream.end();
    return { early, text: Buffer.concat(out).toString('latin1') };
  };

  test('is masked alike wherever its chunks are torn', () => {
    const text = `before\n${all}\nafter é`;
    const whole = streamed([Buffer.from(text)]).text;
    expect(parts.filter((part) => whole.includes(part))).toEqual([]);
    fc.assert(fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
      const borders = [0, ...cuts.toSorted((a, b) => a - b), text.length + 1];
      const chunks = borders.slice(1).map((to, at) => Buffer.from(text).subarray(borders[at], to));
      expect(streamed(chunks).text).toBe(whole);
    }));
  });

  test('whole lines are handed on at once', () => expect(streamed([Buffer.from('one\ntwo\nthr')])).toEqual({ early: 'one\ntwo\n', text: 'one\ntwo\nthr' }));

  test('a line without an end is handed on in pieces, none torn inside a word', () => {
    const word = `${'x'.repeat(50)} `;
    const { early, text } = streamed([Buffer.from(word.repeat(400)), Buffer.from(secrets[0]?.slice(0, 9) ?? ''), Buffer.from(secrets[0]?.slice(9) ?? '')]);
    expect([early.length, text]).toEqual([word.length * 400, `${word.repeat(400)}${secretMask}`]);
  });

  test('what looks like the head of a key holds nothing back for ever', () => {
    const text = `-----BEGIN PRIVATE KEY-----\n${'words of a log\n'.repeat(4000)}`;
    const { early } = streamed(text.split(/(?<=\n)/).map((line) => Buffer.from(line)));
    expect(early.length).toBeGreaterThan(text.length - 40_000);
  });
});
