// JSON logs with stable keys, on winston. One line per record: ts, level, msg, then the fields.
import { createLogger, format, transports } from 'winston';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every record. */
  with(fields: LogFields): Log;
}

export type LogLevelName = 'error' | 'warn' | 'info' | 'debug';

/** A log that writes to standard output; `component` names the process. */
export function createLog(component: string, level: LogLevelName): Log {
  const line = format.printf(({ level: severity, message, timestamp, ...fields }) => JSON.stringify({ ts: timestamp, level: severity, msg: message, ...fields }));
  const logger = createLogger({ level, format: format.combine(format.timestamp(), line), defaultMeta: { component }, transports: [new transports.Console({ stderrLevels: [] })] });
  return wrap((severity, message, fields) => void logger.log(severity, message, fields), {});
}

/** A log that keeps nothing. */
export const silentLog: Log = wrap(() => {}, {});

/** A log whose records go to `write`; for tests and for the terminal. */
export function wrap(write: (level: LogLevelName, message: string, fields: LogFields) => void, base: LogFields): Log {
  const at = (level: LogLevelName) => (message: string, fields: LogFields = {}) => write(level, message, { ...base, ...fields });
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), with: (fields) => wrap(write, { ...base, ...fields }) };
}
