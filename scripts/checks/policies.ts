// Our own look at every rendered object: what reviewers of clusters ask of a chart, as sentences.
import { fencePolicies, objectPolicies, type Policy } from './object-policies.ts';
import { podPolicies } from './pod-policies.ts';
import { podsIn, type RenderedObject } from './policy-objects.ts';

/** Everything that is wrong with these objects; `isFenced` asks for NetworkPolicies too. */
export function policyFaults(objects: readonly RenderedObject[], { isFenced }: { readonly isFenced: boolean }): readonly string[] {
  if (objects.length === 0) return ['no objects were seen: a check of nothing proves nothing'];
  const pods = podsIn(objects);
  const ofPods = Object.entries(podPolicies).flatMap(([rule, policy]) => pods.flatMap((pod) => policy(pod).map((fault) => `${rule}: ${pod.owner} ${fault}`)));
  const all: Readonly<Record<string, Policy>> = isFenced ? { ...objectPolicies, ...fencePolicies } : objectPolicies;
  return [...ofPods, ...Object.entries(all).flatMap(([rule, policy]) => policy(objects).map((fault) => `${rule}: ${fault}`))];
}
