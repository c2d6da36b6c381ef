import { AppError } from '#platform/errors.ts';
import type { Exchange } from './transport.ts';

/** What to tell the operator when the system refused to send a request. */
export function unsendable(error: Error, { endpoint }: Exchange): AppError {
  const code = 'code' in error ? String(error.code) : '';
  const where = `${endpoint.address}:${endpoint.port}`;
  if (code === 'EMSGSIZE') {
    return new AppError('snmp_error', `The request to ${where} is larger than a datagram may be.`, { cause: error });
  }
  if (code === 'ECONNREFUSED') {
    return new AppError(
      'connection_refused',
      `${where} refuses: the machine is there, but nothing listens on TCP port ${endpoint.port}. Start its SNMP agent for TCP, or correct the port or the transport.`,
      { cause: error, retryable: true },
    );
  }
  const protocol = endpoint.protocol === 'tcp' ? 'TCP' : 'UDP';
  const because =
    code === 'EPERM' || code === 'EACCES'
      ? `a firewall on this machine forbids it: allow outgoing ${protocol} to that address`
      : `the system says ${code || error.message}: check the routes and interfaces of this machine`;
  return new AppError('no_route', `This machine cannot send to ${where}; ${because}.`, {
    cause: error,
    retryable: true,
  });
}
