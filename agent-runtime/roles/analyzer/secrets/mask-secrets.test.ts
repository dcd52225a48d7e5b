// What is taken out of texts, what stays, and that nothing but secrets is touched.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandSecrets } from '#testing/corpus/secrets.ts';
import { findSecrets } from './find-secrets.ts';
import { maskSecrets, maxKeyLength, openKeyAt } from './mask-secrets.ts';

const of = (kind: string) => expandSecrets(`<secret:${kind}:1>`);
const key = of('rsa-key');
const bodyOf = (text: string) => text.split('\n').slice(1, -1);
const [keyHead = ''] = key.split('\n');

describe('taken out', () => {
  const cases: Record<string, { text: string; want: string }> = {
    'a key of AWS': { text: `id ${of('aws')}.`, want: 'id [secret].' },
    'two tokens on a line': { text: `${of('github')} ${of('slack')}`, want: '[secret] [secret]' },
    'a signed token behind its name': { text: `token: "${of('jwt')}"`, want: 'token: "[secret]"' },
    'a password, and not its name': { text: `password = "${of('password')}"`, want: 'password = "[secret]"' },
    'a variable of an environment, also in a patch': { text: `A=1\nDB_PASSWORD=${of('password')}\n+export API_TOKEN=${of('stripe').slice(8)}`, want: 'A=1\nDB_PASSWORD=[secret]\n+export API_TOKEN=[secret]' },
    'what a patch adds and takes away': { text: `+${of('aws')}\n-${of('jwt')}\n+++ b/${of('aws')}`, want: '+[secret]\n-[secret]\n+++ b/[secret]' },
    'what stands behind a colour': { text: `\u001b[31m${of('github')}\u001b[0m`, want: '\u001b[31m[secret]\u001b[0m' },
    'what JSON has escaped, also twice': { text: JSON.stringify(JSON.stringify(`\n${of('npm')}\n${of('aws')} password = "${of('password')}"`)), want: JSON.stringify(JSON.stringify('\n[secret]\n[secret] password = "[secret]"')) },
    'a private key with its body': { text: `a\n${key}\nb`, want: 'a\n[secret]\nb' },
    'a private key on one line': { text: `"${key.replaceAll('\n', '\\n')}"`, want: '"[secret]"' },
    'a private key whose end was cut off': { text: `${key.slice(0, 300)}`, want: '[secret]' },
    'two private keys': { text: `${key}\n${of('private-key')}`, want: '[secret]\n[secret]' },
  };
  test.each(Object.entries(cases))('%s', (_, { text, want }) => expect(maskSecrets(text)).toBe(want));

  test.each(['# ', '    ', '> ', 'E   ', '[1] ', 'stdout | '])('a private key behind "%s" on each line', (prefix) => {
    const masked = maskSecrets(`${key.replaceAll(/^/gm, prefix)}\nafter`);
    expect(bodyOf(key).filter((line) => masked.includes(line))).toEqual([]);
    expect(masked).toMatch(/\[secret\]\nafter$/);
  });
});

describe('left as it is', () => {
  const texts: Record<string, string> = {
    'a text without secrets': 'all 12 tests passed; token expected, got password',
    'code that looks for the head of a key': `if (text.startsWith('${keyHead}')) return text.endsWith('${keyHead.replace('BEGIN', 'END')}');`,
    'variables that hold none': 'TOKEN_FILE=/var/run/token/one PASSWORD=changeme SECRET_NAME=my-app-7x MAX_TOKENS=100000 x_token=a8Fk2Lq9Zx7wQ',
    'a head alone, and words after it': `${keyHead}\nis how a key begins, as everybody knows`,
    'a drawn key': `${keyHead}\n${'A'.repeat(64)}\n${keyHead.replace('BEGIN', 'END')}`,
  };
  test.each(Object.entries(texts))('%s', (_, text) => expect(maskSecrets(text)).toBe(text));
});

test('what was masked holds no secret, and masking it again changes nothing', () => {
  const parts = fc.constantFrom(...['aws', 'github', 'jwt', 'slack', 'npm', 'rsa-key'].map(of), `secret = "${of('password')}"`, 'words ', '\n', '"', '# ', ' = ');
  fc.assert(fc.property(fc.array(parts, { maxLength: 12 }), (texts) => {
    const masked = maskSecrets(texts.join('\n'));
    expect([findSecrets('', masked), maskSecrets(masked)]).toEqual([[], masked]);
  }));
});

test('every way to write a private key is masked with its body', () => {
  const [first = '', ...rest] = bodyOf(key);
  const ways = [`k = "${keyHead}\\n" +\n  "${first}\\n" +\n "${rest.join('')}"`, `${keyHead}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\n${key.split('\n').slice(1).join('\n')}`, key.replaceAll('\n', '\r\n')];
  for (const way of ways) expect(bodyOf(key).filter((line) => maskSecrets(way).includes(line))).toEqual([]);
});

test('a key is open until its end, or until it is too long for one', () => {
  const begun = `a ${key.slice(0, 200)}`;
  expect([openKeyAt(begun), openKeyAt(key), openKeyAt('a'), openKeyAt(`${begun}${'x'.repeat(maxKeyLength)}`)]).toEqual([2, undefined, undefined, undefined]);
});
