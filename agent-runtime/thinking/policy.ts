// Which tools a model is offered, by the tool policy of its task. What is not offered is not there: a call of it is a call of an unknown tool.
import type { ToolPolicy } from '#api/v1alpha1/task.ts';
import type { Tool } from './tool.ts';

/** Why a policy cannot be obeyed: it names tools that no role has, which would let through what it means to keep out. Undefined for a sound one. */
export function policyFault({ allow = [], deny = [] }: ToolPolicy, known: readonly string[]): string | undefined {
  for (const [field, names] of Object.entries({ allow, deny })) {
    const strange = names.filter((name) => !known.includes(name));
    if (strange.length > 0) return `toolPolicy.${field}: there is no tool ${strange.join(', ')}; the tools are ${known.join(', ')}`;
  }
  return undefined;
}

/** True for a tool that the policy lets through. */
export function isPermitted({ allow, deny = [] }: ToolPolicy, name: string): boolean {
  return (allow === undefined || allow.includes(name)) && !deny.includes(name);
}

/** The tools that the policy lets through, and those that end the work: without these it could not end well. */
export function permitted(tools: readonly Tool[], policy: ToolPolicy): readonly Tool[] {
  return tools.filter(({ definition: { name }, endsWork }) => endsWork || isPermitted(policy, name));
}
