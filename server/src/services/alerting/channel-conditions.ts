import type { Outbox } from '#stores/alerts/alerts.ts';
import type { ConditionSource } from './conditions.ts';

/** After so many vain tries, some two minutes, somebody should know. */
const ATTEMPTS = 5;

/** Channels that do not take notifications: told by the others, and on the page. */
export function channelConditions(outbox: Pick<Outbox, 'failing'>): ConditionSource {
  return {
    codes: ['channel_failing'],
    async look() {
      const channels = await outbox.failing(ATTEMPTS);
      return channels.map(({ channel, waiting, error }) => ({
        code: 'channel_failing' as const,
        subject: channel,
        truth: 'holds' as const,
        summary: `${waiting} ${waiting === 1 ? 'notification waits' : 'notifications wait'} for “${channel}”. ${error}`,
      }));
    },
  };
}
