import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSecrets, secretRuleTexts } from './find-secrets.ts';

// Made of parts, so that no line of this file is a secret itself.
const random = (length: number, alphabet: string) => Array.from({ length }, (_, at) => alphabet[(at * 7 + at * at * 3 + 5) % alphabet.length]).join('');
const base62 = 'aZ3kQ9mX1pL7vB5nR2tY8wC4dF6gH0jKsDuEiGoMxNqPbSzTcUeVhWlAfIrJyO';
const upper = 'QZ7XK3MW5PLRT9VBNY2HDFGJ8C4S6';
const of = (prefix: string, length: number, alphabet = base62) => prefix + random(length, alphabet);
const pem = (body: string, kind = '') => [`-----BEGIN ${kind}PRIVATE KEY-----`, body, `-----END ${kind}PRIVATE KEY-----`].join('\n');
const keyBody = random(64, base62 + base62.slice(9, 40));
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (header: unknown) => [base64url(header), base64url({ sub: 'user-17', iat: 1700000000 }), random(43, base62)].join('.');

const rulesIn = (text: string) => findSecrets('a.txt', text).map(({ rule }) => rule);

const found: Record<string, readonly string[]> = {
  'secret-aws-key': [of('AKIA', 16, upper), `key = "${of('ASIA', 16, upper)}"`, `a\nb ${of('AKIA', 16, upper)} c`],
  'secret-github-token': [of('ghp_', 36), `GITHUB_TOKEN=${of('ghs_', 36)}`, `x: ${of('github_pat_', 82)}`, `https://${of('gho_', 36)}@github.com/a/b`],
  'secret-private-key': [pem(keyBody), pem(keyBody, 'RSA '), `const k = "${pem(keyBody, 'EC ').replaceAll('\n', '\\n')}"`, `"-----BEGIN PRIVATE KEY-----\\n" +\n  "${keyBody}\\n"`, pem(`Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\n${keyBody}`, 'RSA ')],
  'secret-slack-token': [of('xoxb-123456789012-', 24), of('xoxp-1-2-3-', 30), `'${of('xoxs-99-', 20)}'`],
  'secret-google-key': [of('AIza', 35), `?key=${of('AIza', 35)}&v=1`, `"${of('AIza', 35)}"`],
  'secret-stripe-key': [of('sk_live_', 24), `'${of('rk_live_', 32)}'`, `Stripe(${of('sk_live_', 99)})`],
  'secret-npm-token': [of('npm_', 36), `//registry/:_authToken=${of('npm_', 36)}`, `"${of('npm_', 36)}"`],
  'secret-jwt': [jwt({ alg: 'HS256' }), `Authorization: Bearer ${jwt({ alg: 'RS256', typ: 'JWT' })}`, `token = "${jwt({ alg: 'none' })}"`],
  'secret-password': [
    'password = "Tr0ub4dor&3x"',
    "const dbPasswd = 'k8#fQz!2pLw';",
    `"api_key": "${of('', 24)}"`,
    `let apiKey: string = '${of('', 32)}'`,
    `SECRET_KEY := "${of('', 40)}"`,
    `connect(host, password="horse7battery", port=1)`,
    `pub const TOKEN: &str = "${of('', 20)}";`,
    `config["access_key"] = "${of('', 20)}"`,
    `:token => '${of('', 20)}'`,
    'password: "correct-horse-battery-staple"',
    'api_secret = "https://user:Qw3rTy99x@example.org/"'.replace('example', 'service'),
    `password = b"${of('', 16)}"`,
  ],
};

const clean: Record<string, readonly string[]> = {
  'keys of documentation and drawings of keys': ['AKIAIOSFODNN7EXAMPLE', `ghp_${'x'.repeat(36)}`, `sk_live_${'0'.repeat(24)}`, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', `aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"`],
  'shapes that are too short, too long or of another kind': [of('AKIA', 12, upper), of('AKIA', 20, upper), 'ghp_short', of('sk_test_', 24), of('pk_live_', 24), of('npm_', 12), of('AIza', 20), of('xoxz-12-', 20)],
  'heads of keys without a body, and public ones': [pem('...'), pem(`${keyBody.slice(0, 30)}...`), "if (text.includes('-----BEGIN PRIVATE KEY-----')) return", pem(keyBody).replaceAll('PRIVATE', 'PUBLIC'), pem('<your key>'), pem('A'.repeat(64)), '-----BEGIN PRIVATE KEY-----\\n${body}\\n-----END PRIVATE KEY-----'],
  'tokens that do not decode, and the one everybody shows': ['eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJlc2lnbmF0dXJl', `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ sub: '1234567890', name: 'John Doe' })}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c`],
  placeholders: ['password = "changeme1"', 'token: "<your-token-here>"', 'api_key = "xxxxxxxxxxxx"', 'secret = "${SECRET_VALUE}"', 'password = "{{ vault.password }}"', 'apiKey: "your-api-key-1"', 'token = "test-token-123"', 'password = "********"', 'SECRET="$(cat secret.txt)"', 'password = "%PASSWORD1%"', 'secret: "example-secret-9"'],
  'paths, addresses and look-ups': ['secret = "/run/secrets/db1"', 'token_file = "/var/run/token/k3s"', 'passwordUrl = "https://a.org/reset?x=1y2"', 'token = os.environ["API_TOKEN_V2"]', 'const token = process.env.TOKEN ?? ""', 'secret = "../keys/a1b2.pem"', 'api_key = get("API_KEY_9")', 'token = "https://service.org/token/v2"'],
  'texts for people, names and kinds': ['password = "Enter your password"', 'tokenType: "access_token"', 'passwordLabel = "Passwort8x"', 'secretName: "my-app-secret-7"', 'token = "refresh-token"', '"password": "Password123"'.replace('123', ''), 'autocomplete: "current-password"', 'TOKEN_ENV = "GITHUB_TOKEN_2"', 'tokenizer = "bpe-v2-large"', 'kind: Token, text: "a1b2c3d4"'.replace('text: ', ''), 'password: "current-password"'],
  'what repeats itself or counts': ['password = "abcabcabcabc"', 'token = "12345678"', 'secret = "abcdefghijkl"', 'password = "aaaaaaaa"', 'api_key = "0123456789abcdef"', 'password = "passpass"'],
  'comparisons, short texts, parts of texts': ['if (password == "k8#fQz!2pLw") {}', 'password === "k8#fQz!2pLw"', 'password = "k8#fQ"', 'token = "a8Fk2Lq9Zx" + suffix', 'password = k8fQz2pLw'],
};

describe('findSecrets', () => {
  test('every rule has texts to find', () => expect(Object.keys(found).toSorted()).toEqual(secretRuleTexts.map(({ id }) => id).toSorted()));

  describe.each(Object.entries(found))('%s', (rule, texts) => {
    test.each(texts.map((text, at) => [at, text] as const))('is found in text %i', (_, text) => expect(rulesIn(text)).toEqual([rule]));
  });

  describe.each(Object.entries(clean))('leaves alone: %s', (_, texts) => {
    test.each(texts)('%s', (text) => expect(rulesIn(text)).toEqual([]));
  });

  test('places are lines and columns of the secret itself', () => {
    expect(findSecrets('a', `one\r\n\n  k = ${of('ghp_', 36)}\npassword = "Tr0ub4dor&3x"`).map(({ place }) => place)).toEqual([
      { path: 'a', line: 3, column: 7 },
      { path: 'a', line: 4, column: 13 },
    ]);
  });

  test('a token under the name of a secret is reported once', () => expect(rulesIn(`api_token = "${of('ghp_', 36)}"`)).toEqual(['secret-github-token']));

  test('no message holds more than four characters of a secret', () => {
    for (const text of Object.values(found).flat()) {
      for (const { message } of findSecrets('a', text)) {
        const [, shown = ''] = /: (.*)…$/.exec(message) ?? [];
        expect(shown.length).toBeLessThanOrEqual(4);
        expect(message).not.toContain(text.slice(-8));
      }
    }
  });

  test('of many secrets the first 50 are listed, and the last says how many there are', () => {
    const findings = findSecrets('a', Array.from({ length: 60 }, () => of('npm_', 36)).join('\n'));
    expect(findings).toHaveLength(50);
    expect(findings.at(-1)?.message).toContain('(10 more in this file are not listed)');
  });

  test('the work grows with the text, not with its square, whatever the text repeats', () => {
    const pieces = ['password="', "token: '", 'eyJ', 'eyJhbGciOi.', 'ghp_', 'github_pat_', 'AKIA', '-----BEGIN PRIVATE KEY-----', 'token:          ', 'xoxb-1', 'secret=\\', 'api_key"]: <', 'a', '\n', '"'];
    const time = (text: string) => {
      const started = performance.now();
      findSecrets('a', text);
      return performance.now() - started;
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 3 }), (parts) => {
        const text = (length: number) => parts.join('').repeat(Math.ceil(length / parts.join('').length));
        // Ten times the text may take fifty times as long before it is a square; the constant carries a busy machine.
        return time(text(200_000)) < 50 * time(text(20_000)) + 500;
      }),
      { numRuns: 40 },
    );
  });

  test('any text is read, and no finding lies outside of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        for (const { place } of findSecrets('a', `${text}\npassword = "Tr0ub4dor&3x"`)) expect(place.line).toBeLessThanOrEqual(text.split('\n').length + 1);
      }),
    );
  });
});
