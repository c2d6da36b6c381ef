/** RFC 5424 section 6.2.1, table 2: the severities by number, in the words that operators type. */
export const SEVERITIES = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'informational',
  'debug',
] as const;

/** Table 1: the facilities by number, by their usual short names. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'console',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** Why a line could not be read as it should; empty when it could. The line is kept all the same. */
export type ParseError = '' | 'encoding' | 'no_pri' | 'bad_pri' | 'bad_header' | 'bad_structured_data';

/** A syslog line, read as far as it can be. What a line does not say is empty. */
export interface SyslogMessage {
  /** The whole line as text; bytes that are no UTF-8 read U+FFFD. */
  text: string;
  facility: number;
  severity: number;
  /** The sender's own instant, epoch ms; NaN when it names none. */
  at: number;
  host: string;
  app: string;
  procId: string;
  msgId: string;
  /** Where in `text` the message proper begins. */
  body: number;
  /** Structured data as `id.name`, or the pairs of a key=value dialect; null when there are none. */
  fields: Record<string, string> | null;
  parseError: ParseError;
}

/** What the reader must be told to complete what a line leaves out. */
export interface DecodeContext {
  /** Epoch ms: dates without a year are those nearest to it. */
  readonly receivedAt: number;
  /** Minutes east of UTC for times that name no zone. */
  readonly zoneMinutes: number;
}
