/** What is known of a condition now. `unknown`: whoever could tell is silent; nothing is concluded from that. */
export type Truth = 'holds' | 'clear' | 'unknown';

/** Where an alert of one rule and subject stands; times are epoch ms. */
export type AlertPhase =
  | { readonly phase: 'quiet' }
  | { readonly phase: 'pending'; readonly since: number }
  | {
      readonly phase: 'firing';
      readonly since: number;
      readonly firedAt: number;
      /** Since when the condition holds no more; null while it does. */
      readonly clearSince: number | null;
    };

export interface AlertTerms {
  /** So long a condition must hold before the alert fires. */
  readonly forMs: number;
  /** So long it must be gone before the alert is resolved: what comes and goes is one alert. */
  readonly keepMs: number;
}

/** `began`: pending now; `dropped`: gone before it fired. People are told of `fired` and `resolved`. */
export type AlertTransition = 'began' | 'fired' | 'dropped' | 'resolved';

export interface AlertStep {
  readonly next: AlertPhase;
  readonly transition: AlertTransition | null;
}

const QUIET: AlertPhase = { phase: 'quiet' };

/**
 * The one rule by which alerts begin, fire and end. `at` may jump: a clock set back shortens no wait and prolongs none
 * beyond its length.
 */
export function stepAlert(before: AlertPhase, truth: Truth, at: number, terms: AlertTerms): AlertStep {
  if (truth === 'unknown') return { next: before, transition: null };
  if (before.phase === 'firing') {
    if (truth === 'holds') {
      return { next: before.clearSince === null ? before : { ...before, clearSince: null }, transition: null };
    }
    const clearSince = Math.min(before.clearSince ?? at, at);
    if (at - clearSince >= terms.keepMs) return { next: QUIET, transition: 'resolved' };
    return { next: clearSince === before.clearSince ? before : { ...before, clearSince }, transition: null };
  }
  if (truth === 'clear') {
    return { next: QUIET, transition: before.phase === 'pending' ? 'dropped' : null };
  }
  const since = before.phase === 'pending' ? Math.min(before.since, at) : at;
  if (at - since >= terms.forMs) {
    return { next: { phase: 'firing', since, firedAt: at, clearSince: null }, transition: 'fired' };
  }
  if (before.phase === 'quiet') return { next: { phase: 'pending', since }, transition: 'began' };
  return { next: since === before.since ? before : { phase: 'pending', since }, transition: null };
}
