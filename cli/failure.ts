// What a command says when it cannot do what was asked: one line, with what to do next. Never a stack trace.
import { isKind, messageOf, PlatformError } from '#platform/errors.ts';
import { isKubeError } from '#platform/kube/error.ts';
import type { KubeReason } from '#platform/kube/types.ts';

/** Exit codes of every command: the mission's own failure is told apart from ours. */
export const exitCodes = { ok: 0, failed: 1, trouble: 2, interrupted: 130 } as const;

/** Ends a command with `error: <what> ; next: <next>` and exit code 2. */
export class Refusal extends PlatformError {
  readonly next: string;
  constructor(what: string, next: string, options?: ErrorOptions) {
    super('Refusal', what, options);
    this.next = next;
  }
}

/** The line for anything that was thrown. */
export function errorLine(error: unknown): string {
  const [what, next] = isRefusal(error) ? [error.message, error.next] : [messageOf(error), nextFor(error)];
  return `error: ${what} ; next: ${next}`;
}

function isRefusal(error: unknown): error is Refusal {
  return isKind(error, 'Refusal');
}

function nextFor(error: unknown): string {
  if (isKubeError(error)) return hints[error.reason] ?? 'repeat the command; if it fails again, read the log of the API server';
  return isKind(error, 'config') ? 'kubectl config get-contexts' : 'repeat the command; if it fails again, report this line';
}

const hints: Partial<Record<KubeReason, string>> = {
  Unreachable: 'check that the cluster runs and that --kubeconfig and --context name it: kubectl cluster-info',
  Timeout: 'check the cluster and repeat the command: kubectl cluster-info',
  Forbidden: 'ask for the right in this namespace: kubectl auth can-i --list',
  Unauthorized: 'log in again, or name another context: kubectl config get-contexts',
  NotFound: 'check that the operator is installed: kubectl get crd missions.coditect.ai',
  Invalid: 'correct the fields that the message names and repeat the command',
};
