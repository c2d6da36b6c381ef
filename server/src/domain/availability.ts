const HOUR_S = 3_600;

/** What one collector did with a device, hour by hour. */
export interface CollectorHours {
  readonly intervalSeconds: number;
  /** Polls that were made in each hour, and those of them that had an answer. */
  readonly made: Float64Array;
  readonly answered: Float64Array;
}

/** Where the hours of a device went, and its polls. Hours up, down and unknown add up to all. */
export interface DeviceAvailability {
  readonly hours: number;
  readonly up: number;
  readonly down: number;
  readonly unknown: number;
  readonly due: number;
  readonly made: number;
  readonly answered: number;
  readonly missed: number;
}

/** The share of each hour of which a collector knows how the device was, and in which it had an answer. */
interface Knowledge {
  readonly known: Float64Array;
  readonly up: Float64Array;
  readonly due: number;
  readonly made: number;
  readonly answered: number;
  readonly missed: number;
}

function knowledgeOf({ intervalSeconds, made, answered }: CollectorHours, hours: number): Knowledge {
  const [known, up] = [new Float64Array(hours), new Float64Array(hours)];
  const total = { due: 0, made: 0, answered: 0, missed: 0 };
  // A poll speaks for its interval: what is polled less than once an hour is looked at in as many hours as that takes.
  const width = Math.max(1, Math.ceil(intervalSeconds / HOUR_S));
  let [knownBefore, upBefore] = [0, 0];
  for (let start = 0; start < hours; start += width) {
    const end = Math.min(hours, start + width);
    let [polls, answers] = [0, 0];
    for (let i = start; i < end; i++) {
      polls += made[i] ?? 0;
      answers += answered[i] ?? 0;
    }
    const due = Math.floor(((end - start) * HOUR_S) / intervalSeconds);
    if (due > 0 || polls > 0) {
      knownBefore = Math.min(1, polls / Math.max(1, due));
      upBefore = polls === 0 ? 0 : knownBefore * (answers / polls);
    }
    known.fill(knownBefore, start, end);
    up.fill(upBefore, start, end);
    total.due += due;
    total.made += polls;
    total.answered += answers;
    total.missed += Math.max(0, due - polls);
  }
  return { known, up, ...total };
}

/**
 * How long a device was up in so many hours: when at least one of its collectors had an answer. Polls that were not made, or
 * not stored, make time unknown, never up. Of collectors that differ within an hour the one counts that knows most, and the
 * one that had most answers: together they cannot have had fewer.
 */
export function availabilityOf(hours: number, collectors: readonly CollectorHours[]): DeviceAvailability {
  const all = collectors.map((one) => knowledgeOf(one, hours));
  let [up, known] = [0, 0];
  for (let i = 0; i < hours; i++) {
    up += Math.max(0, ...all.map((one) => one.up[i]!));
    known += Math.max(0, ...all.map((one) => one.known[i]!));
  }
  const sum = (of: 'due' | 'made' | 'answered' | 'missed') => all.reduce((total, one) => total + one[of], 0);
  return {
    hours,
    up,
    down: known - up,
    unknown: hours - known,
    due: sum('due'),
    made: sum('made'),
    answered: sum('answered'),
    missed: sum('missed'),
  };
}
