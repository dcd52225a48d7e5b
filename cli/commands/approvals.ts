// `approvals`: what people are asked about a mission, and what they have said of it.
import { parseTime } from '#api/time.ts';
import type { Approval } from '#api/v1alpha1/approval.ts';
import { approvals, missions } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Cluster } from '../access/cluster.ts';
import { exitCodes } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import { columns, duration, plain } from '../terminal/text.ts';
import { answerTo, askedOf, nameOf } from '../world/approvals.ts';
import { noMission, reachWords, type Session, withCluster } from './session.ts';

/** Lists what is awaited and what was said. */
export function approvalsCommand(session: Session, name: string, { json }: { readonly json: boolean }): Promise<number> {
  return withCluster(session, async (cluster) => {
    const mission = await cluster.client.get<Mission>(missions, { namespace: cluster.namespace, name });
    if (mission === undefined) throw noMission(name, cluster);
    const said = await saidOf(cluster, mission);
    if (json) line(session.terminal, JSON.stringify(dataOf(mission, said)));
    else print(session, cluster, { mission, said });
    return exitCodes.ok;
  });
}

async function saidOf({ client, namespace }: Cluster, { metadata }: Mission): Promise<Approval[]> {
  const { items } = await client.list<Approval>(approvals, { namespace, fieldSelector: `spec.missionRef.uid=${metadata.uid}` });
  return items.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function orderOf({ metadata }: Approval): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}

/** True for what was said of something that looks otherwise by now, or is not asked any more. */
function isOutdated({ spec: { subject } }: Approval, mission: Mission): boolean {
  return !askedOf(mission).some(({ kind, name, digest }) => kind === subject.kind && name === subject.name && digest === subject.digest);
}

function dataOf(mission: Mission, said: readonly Approval[]): object {
  return {
    mission: mission.metadata.name,
    asked: askedOf(mission).map((asked) => ({ ...asked, answer: answerTo(asked) })),
    said: said.map((approval) => ({ name: approval.metadata.name, time: approval.metadata.creationTimestamp, counts: !isOutdated(approval, mission), ...approval.spec })),
  };
}

function print(session: Session, cluster: Cluster, { mission, said }: { readonly mission: Mission; readonly said: readonly Approval[] }): void {
  const { terminal } = session;
  const asked = askedOf(mission);
  const { name } = mission.metadata;
  const reach = reachWords(session.reach, cluster).join(' ');
  if (asked.length === 0) terminal.note(`nobody is asked about mission ${name} now ; next: kubectl mission why ${name} ${reach}`);
  for (const one of asked) {
    const rejected = one.rejectedBy === undefined ? '' : `, rejected by ${plain(one.rejectedBy)}`;
    const approved = one.approvedBy.length === 0 ? '' : ` (${one.approvedBy.map(plain).join(', ')})`;
    line(terminal, `${nameOf(one)} ${answerTo(one)}: ${one.approvedBy.length} of ${one.required} approved${approved}${rejected}`);
    line(terminal, `  ${plain(one.question)}`);
  }
  if (said.length > 0) for (const text of columns([heads, ...said.map((approval) => rowOf(approval, mission, session))])) line(terminal, text);
  if (asked.some((one) => answerTo(one) === 'waiting')) terminal.note(`next: kubectl mission approve ${name} ${reach}, or kubectl mission reject ${name} ${reach}`);
}

const heads = ['WHO', 'SAID', 'OF', 'COUNTS', 'AGE', 'COMMENT'];

function rowOf(approval: Approval, mission: Mission, { clock }: Session): string[] {
  const { metadata, spec: { approver, decision, subject, comment = '' } } = approval;
  const time = parseTime(metadata.creationTimestamp);
  const age = time === undefined ? '' : duration(Math.max(0, clock.now() - time));
  return [plain(approver), decision, nameOf(subject), isOutdated(approval, mission) ? 'no' : 'yes', age, plain(comment)];
}
