// Secrets for repositories that are laid out: of the right form, made from a hash of their number, known to nobody. None stands in this checkout.
import { createHash } from 'node:crypto';

const alphabets = {
  base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  alphanumeric: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  digits: '0123456789',
  hex: '0123456789abcdef',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
} as const;

/** A word that looks random and is the same every time. */
type Word = (alphabet: keyof typeof alphabets, length: number) => string;

function wordsOf(seed: string): Word {
  let words = 0;
  return (name, length) => {
    words += 1;
    const alphabet = alphabets[name];
    const letters = Array.from({ length }, (_, at) => createHash('sha256').update(`${seed}/${words}/${at}`).digest().readUInt32BE() % alphabet.length);
    return letters.map((letter) => alphabet[letter]).join('');
  };
}

function pem(label: string, word: Word): string {
  const rows = Array.from({ length: 6 }, () => word('base64', 64));
  return [`-----BEGIN ${label}-----`, ...rows, `${word('base64', 42)}==`, `-----END ${label}-----`].join('\n');
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const kinds: Readonly<Record<string, (word: Word) => string>> = {
  aws: (word) => `AKIA${word('base32', 16)}`,
  'aws-session': (word) => `ASIA${word('base32', 16)}`,
  github: (word) => `ghp_${word('alphanumeric', 36)}`,
  'github-pat': (word) => `github_pat_${word('alphanumeric', 22)}_${word('alphanumeric', 59)}`,
  slack: (word) => `xoxb-${word('digits', 12)}-${word('digits', 13)}-${word('alphanumeric', 24)}`,
  'slack-user': (word) => `xoxp-${word('digits', 12)}-${word('digits', 12)}-${word('digits', 13)}-${word('hex', 32)}`,
  google: (word) => `AIza${word('alphanumeric', 35)}`,
  stripe: (word) => `sk_live_${word('alphanumeric', 24)}`,
  'stripe-restricted': (word) => `rk_live_${word('alphanumeric', 24)}`,
  npm: (word) => `npm_${word('alphanumeric', 36)}`,
  jwt: (word) => [base64url({ alg: 'HS256', typ: 'JWT' }), base64url({ sub: 'nobody', jti: word('hex', 12) }), word('alphanumeric', 43)].join('.'),
  password: (word) => `${word('alphanumeric', 6)}-${word('alphanumeric', 5)}!${word('digits', 3)}`,
  'private-key': (word) => pem('PRIVATE KEY', word),
  'rsa-key': (word) => pem('RSA PRIVATE KEY', word),
};

/** Puts an invented secret in the place of each `<secret:kind:number>`. */
export function expandSecrets(text: string): string {
  return text.replaceAll(/<secret:([a-z-]+):(\d+)>/g, (seed, kind: string) => {
    const make = kinds[kind];
    if (make === undefined) throw new Error(`cannot expand ${seed}, so the repository cannot be laid out; the kinds are ${Object.keys(kinds).join(', ')}`);
    return make(wordsOf(seed));
  });
}
