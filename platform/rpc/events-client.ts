// The mirror as an agent sees it: it is told what the agent does, and tells what goes on in the mission.
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { EventIntakeService, MissionWorldService } from './generated/coditect/v1alpha1/events_pb.ts';
import { createMirrorLine, type MirrorLine, type MirrorLineOptions } from './mirror-line.ts';

/** What became of events: `none` there is no mirror, `later` it may take them another time, `refused` it never will. */
export type Told = { readonly kind: 'taken'; readonly dropped: number } | { readonly kind: 'none' } | { readonly kind: 'later' | 'refused'; readonly message: string };

/** What an agent sees of its mission: an Outlook as JSON, or why it sees none; `none`: there is no mirror. */
export type Looked = { readonly kind: 'seen'; readonly outlookJson: string; readonly stalenessMs: number } | { readonly kind: 'none' } | { readonly kind: 'lost'; readonly message: string };

export interface EventsClient {
  /** Tells events of the task that the grant names; never rejects. */
  tell(grant: string, eventsJson: readonly string[], signal?: AbortSignal): Promise<Told>;
  /** Whether the installation has a mirror; never rejects. */
  isThere(): Promise<boolean>;
  /** Looks at the mission of the task that the grant names; never rejects. `folder`: only files below it, empty for all. */
  look(grant: string, folder: string, signal: AbortSignal): Promise<Looked>;
  close(): void;
}

const callMs = { tell: 10_000, look: 3000 } as const;
/** Answers that another try will not change. */
const final: ReadonlySet<Code> = new Set([Code.InvalidArgument, Code.PermissionDenied, Code.NotFound, Code.Unimplemented]);

/** The mirror of an installation, if it has one. */
export function createEventsClient(options: MirrorLineOptions): EventsClient {
  const line = createMirrorLine(options);
  return {
    tell: async (grant, eventsJson, signal) => {
      try {
        const transport = await line.transport(callMs.tell);
        if (transport === undefined) return { kind: 'none' };
        const { dropped } = await createClient(EventIntakeService, transport).tell({ grant, eventsJson: [...eventsJson] }, signal === undefined ? {} : { signal });
        return { kind: 'taken', dropped };
      } catch (error) {
        const { code, rawMessage: message } = ConnectError.from(error);
        return { kind: final.has(code) ? 'refused' : 'later', message };
      }
    },
    isThere: () => options.address.current().then((at) => at !== undefined, () => false),
    look: (grant, folder, signal) => look(line, { grant, folder, signal }),
    close: () => line.close(),
  };
}

async function look(line: MirrorLine, { signal, ...request }: { readonly grant: string; readonly folder: string; readonly signal: AbortSignal }): Promise<Looked> {
  try {
    const transport = await line.transport(callMs.look);
    if (transport === undefined) return { kind: 'none' };
    const { outlookJson, stalenessMs } = await createClient(MissionWorldService, transport).look(request, { signal });
    return { kind: 'seen', outlookJson, stalenessMs };
  } catch (error) {
    return { kind: 'lost', message: ConnectError.from(error).rawMessage };
  }
}
