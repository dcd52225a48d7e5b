// What a sandbox will not copy is refused by an error of its own kind, so that a caller can blame the files and not the agent.
import { isKind, PlatformError } from '#platform/errors.ts';

const kind = 'copyRefused';

/** Refusal of one path of a copy, with the reason. */
export function refusal(path: string, why: string): PlatformError {
  return new PlatformError(kind, `copy files into the sandbox: ${path === '' ? 'the folder' : JSON.stringify(path)} ${why}; nothing was run`);
}

/** True when files could not be copied because of what they are. */
export function isRefusal(error: unknown): error is Error {
  return isKind(error, kind);
}
