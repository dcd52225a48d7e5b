// Secrets that are known by their shape. Every pattern begins at a border and has bounds, so the time is linear in the text.
import type { RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import { entropy } from './entropy.ts';

/** A kind of secret. `pattern` is global; the whole match is the secret. */
export interface Shape extends RuleText {
  readonly pattern: RegExp;
  /** Judges what the pattern cannot; `after` is the text behind the match. */
  readonly holds?: (secret: string, after: string) => boolean;
}

const next = 'Revoke it where it is valid, keep the new one outside the repository, and remember that the history still holds the old one.';
const shape = (id: string, what: string, pattern: RegExp, holds?: Shape['holds']): Shape => ({ id: `secret-${id}`, means: `${what} stands in a file.`, next, pattern, ...(holds && { holds }) });

/** Characters behind the head of a private key in which its body must begin. */
export const bodyLength = 1200;
const minBody = 40;
/** Random base64 of a few lines has about five bits a character. */
const minBodyEntropy = 3.5;
/** The token that jwt.io shows. */
const shownSignatures = ['SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c', 'TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ'];

/** The kinds of secrets that are known by their shape. */
export const shapes: readonly Shape[] = [
  shape('aws-key', 'An access key of AWS', /(?<![A-Za-z0-9/+])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g),
  shape('github-token', 'A token of GitHub', /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/g),
  shape('private-key', 'A private key', /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g, (_, after) => hasBody(after)),
  shape('slack-token', 'A token of Slack', /(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,250}/g, (secret) => /\d/.test(secret)),
  shape('google-key', 'An API key of Google', /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g),
  shape('stripe-key', 'A live key of Stripe', /(?<![A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{16,247}/g),
  shape('npm-token', 'A token of npm', /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g),
  shape('jwt', 'A signed token (JWT)', /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,1000}\.eyJ[A-Za-z0-9_-]{2,4000}\.[A-Za-z0-9_-]{16,1000}/g, isToken),
];

/** Whether base64 follows the head of a key: a head alone is a text that somebody looks for. */
function hasBody(after: string): boolean {
  const text = after
    .slice(0, bodyLength)
    .replaceAll(/\\[nrt]/g, '\n')
    .replaceAll(/^[ \t'"`]*[A-Za-z-]{1,40}:[^\n]{0,200}$/gm, '')
    .replaceAll(/[\s'"`,;\\]|(?<=["'`]\s*)\+|\+(?=\s*["'`])/g, '');
  const [body = ''] = /^[A-Za-z0-9+/=]+/.exec(text) ?? [];
  return body.length >= minBody && entropy(body.slice(0, 200)) >= minBodyEntropy;
}

function isToken(token: string): boolean {
  const [header = '', , signature = ''] = token.split('.');
  return !shownSignatures.includes(signature) && isJsonObject(Buffer.from(header, 'base64url').toString('utf8'));
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
