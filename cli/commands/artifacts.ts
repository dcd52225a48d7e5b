// `artifacts`: lists and fetches what tasks produced.
import { writeFile } from 'node:fs/promises';
import { exitCodes, Refusal } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import { columns, size } from '../terminal/text.ts';
import { artifactsOf } from '../tree/summary.ts';
import { readingMission, type Session } from './session.ts';

/** Lists the artifacts of a mission's current run. */
export function listArtifacts(session: Session, mission: string, { json }: { readonly json: boolean }): Promise<number> {
  return readingMission(session, mission, async ({ view }) => {
    const found = artifactsOf(view);
    if (json) line(session.terminal, JSON.stringify(found.map(({ task, artifact }) => ({ task, ...artifact }))));
    else if (found.length === 0) session.terminal.note(`mission ${mission} has no artifacts yet`);
    else {
      const rows = found.map(({ task, artifact: { name, sizeBytes, mediaType, sha256 } }) => [task, name, size(sizeBytes), mediaType, sha256.slice(0, 12)]);
      for (const text of columns([['TASK', 'ARTIFACT', 'SIZE', 'TYPE', 'SHA256'], ...rows])) line(session.terminal, text);
    }
    return exitCodes.ok;
  });
}

export interface ArtifactChoice {
  readonly task: string;
  readonly name: string;
  /** File to write; unset: standard output. */
  readonly file?: string;
}

/** Fetches one artifact; its bytes are checked against the digest in the status. */
export function getArtifact(session: Session, mission: string, { task, name, file }: ArtifactChoice): Promise<number> {
  return readingMission(session, mission, async ({ cluster, view }) => {
    const found = artifactsOf(view).find((one) => one.task === task && one.artifact.name === name);
    if (found === undefined) throw new Refusal(`get artifact ${name} of task ${task}: there is none in mission ${mission}`, `kubectl mission artifacts list ${mission} -n ${cluster.namespace}`);
    const blobs = await session.openBlobs(cluster);
    try {
      const bytes = await blobs.read(mission, found.artifact);
      if (file === undefined) session.terminal.write(bytes);
      else {
        await writeFile(file, bytes);
        session.terminal.note(`wrote ${size(bytes.length)} to ${file}`);
      }
    } finally {
      await blobs.close();
    }
    return exitCodes.ok;
  });
}
