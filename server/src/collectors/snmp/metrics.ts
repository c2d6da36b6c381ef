import { DROP_REASONS } from './transport/transport.ts';
import type { SnmpTransport } from './transport/transport.ts';

/** The transport's counters under their public names; received = accepted + dropped. */
export function transportMetrics(transport: SnmpTransport): Record<string, number> {
  transport.askKernel();
  const { counters, window } = transport;
  const metrics: Record<string, number> = {
    snmp_request_sent_total: counters.sent,
    snmp_request_retried_total: counters.retried,
    snmp_request_timed_out_total: counters.timedOut,
    snmp_request_octets_total: counters.sentOctets,
    snmp_reply_received_total: counters.received + counters.kernelDropped,
    snmp_reply_octets_total: counters.receivedOctets,
    snmp_reply_accepted_total: counters.accepted,
    snmp_window: window,
  };
  for (const reason of DROP_REASONS) metrics[`snmp_reply_dropped_total{reason="${reason}"}`] = counters.dropped[reason];
  metrics['snmp_reply_dropped_total{reason="kernel"}'] = counters.kernelDropped;
  return metrics;
}
