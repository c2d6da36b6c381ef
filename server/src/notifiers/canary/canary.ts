import { z } from 'zod';
import type { Notifier } from '#notifiers/notifier.ts';

const Settings = z.object({}).strict();
const Body = z.object({ event: z.string(), alert: z.object({ subject: z.string() }) });

/** Where the canary's alerts end: it says that it has heard of them. */
export function createCanaryReceiver(
  heard: (event: string, subject: string) => void,
): Notifier<z.infer<typeof Settings>> {
  return {
    kind: 'canary',
    settings: Settings,
    target: () => '',
    async send({ body }) {
      const { event, alert } = Body.parse(body);
      heard(event, alert.subject);
    },
  };
}
