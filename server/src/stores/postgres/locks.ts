/**
 * The numbers of all advisory locks that SOTP takes, in one place so that no two uses ever share one. 7362002 is taken
 * inside `worker_beat` (migration 0005).
 */
export const ADVISORY_LOCKS = {
  migrate: 7_362_001,
  workerBeat: 7_362_002,
  leader: 7_362_003,
  metricPartitions: 7_362_004,
  logPartitions: 7_362_005,
  metricMove: 7_362_011,
  metricRetention: 7_362_012,
} as const;
