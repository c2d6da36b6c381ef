/** What the replies to one poll's requests say about the way to the device. */
export interface RoundTripStatistics {
  /** Mean of the round trips, ms; NaN when all were lost. */
  readonly rttMs: number;
  /** 0 to 100. */
  readonly lossPercent: number;
  /**
   * Mean difference between the round trips of neighbouring requests that were both answered, ms (the delay variation
   * of RFC 3393 taken over the round trip); NaN when there are no two such.
   */
  readonly jitterMs: number;
}

/** Sums up round trips in the order of sending, NaN standing for a lost one. */
export function summarizeRoundTrips(roundTripsMs: Float64Array): RoundTripStatistics {
  let answered = 0;
  let total = 0;
  let pairs = 0;
  let variation = 0;
  let previous = Number.NaN;
  for (const roundTrip of roundTripsMs) {
    if (!Number.isNaN(roundTrip)) {
      answered++;
      total += roundTrip;
      if (!Number.isNaN(previous)) {
        pairs++;
        variation += Math.abs(roundTrip - previous);
      }
    }
    previous = roundTrip;
  }
  const sent = roundTripsMs.length;
  return {
    rttMs: answered === 0 ? Number.NaN : total / answered,
    lossPercent: sent === 0 ? 0 : ((sent - answered) / sent) * 100,
    jitterMs: pairs === 0 ? Number.NaN : variation / pairs,
  };
}
