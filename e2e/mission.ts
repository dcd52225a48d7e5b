// The smallest missions that stories apply: tasks of the role Tester that run one command each.

/** An intent that runs a program with its arguments. */
export function runCommand(...command: readonly string[]): object {
  return { action: 'RunCommand', params: { command } };
}

/** A Mission whose only goal, if there is one, is this expression. */
export function aMission(namespace: string, name: string, tasks: readonly object[], expression?: string): object {
  const goals = expression === undefined ? {} : { goals: [{ name: 'proven', check: { expression } }] };
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec: { goal: `Show that ${name} ends well.`, tasks, ...goals } };
}
