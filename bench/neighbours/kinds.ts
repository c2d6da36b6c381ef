/** What is wrong with a device: of 100, twenty never answer, five answer late, and three are traps for walks. */
export type Kind = 'healthy' | 'blackholed' | 'late' | 'cycling' | 'endless' | 'trickling';

/** The kind of a device; all are healthy in the run that the other is compared with. */
export function kindOf(deviceId: number, bad: boolean): Kind {
  const n = deviceId % 100;
  if (!bad || n >= 28) return 'healthy';
  if (n < 20) return 'blackholed';
  if (n < 25) return 'late';
  return n === 25 ? 'cycling' : n === 26 ? 'endless' : 'trickling';
}

/** The loopback address of a device, from 1 on. */
export function addressOf(deviceId: number): string {
  return `127.21.${1 + Math.floor(deviceId / 250)}.${1 + (deviceId % 250)}`;
}
