import { AppError } from '#platform/errors.ts';

/** Why a port could not be opened, and what to do about it. */
export function listenFault(where: string, cause: unknown): AppError {
  const code = typeof cause === 'string' ? cause : ((cause as NodeJS.ErrnoException).code ?? '');
  const options = { cause: typeof cause === 'string' ? undefined : cause, retryable: true };
  if (code === 'EADDRINUSE') {
    return new AppError(
      'port_in_use',
      `${where} is taken by another program: no syslog is received there. Stop that program, or choose another port (syslog.udp, syslog.tcp, syslog.tls.port).`,
      options,
    );
  }
  if (code === 'EACCES') {
    return new AppError(
      'port_in_use',
      `${where} needs a right that SOTP does not have: redirect 514 to 5514 in the firewall, or run setcap cap_net_bind_service=+ep on the Node binary.`,
      options,
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('config_invalid', `${where} cannot be opened: ${reason}`, options);
}
