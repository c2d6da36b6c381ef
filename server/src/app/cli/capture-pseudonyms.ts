/** Other names for what must not be told, each always the same within one recording, numbered as they come. */
export interface Pseudonyms {
  /** Another name for a text of this kind; `known` is then asked with the text alone. */
  text(kind: string, text: string): string;
  known(text: string): string | undefined;
  /** Group addresses and the zero address are everybody's, and stay. */
  mac(octets: Uint8Array): Buffer;
  knowsMac(octets: Uint8Array): boolean;
  /** Four or sixteen octets. Masks, loopback, group addresses and "any" stay; addresses of one subnet stay in one. */
  ip(octets: Uint8Array): Buffer;
  knowsIp(octets: Uint8Array): boolean;
  /** An SNMP engine id: its maker and length stay, and the address or name in it becomes known. */
  engine(octets: Buffer): Buffer;
  knownEngine(octets: Uint8Array): Buffer | undefined;
  /** Engine ids and their pseudonyms, as arcs of an index. */
  engines(): Iterable<readonly [string, string]>;
}

export function createPseudonyms(): Pseudonyms {
  const texts = new Map<string, string>();
  const counts = new Map<string, number>();
  const macs = new Map<string, number>();
  const ips = new Set<string>();
  const subnets4 = new Map<string, number>();
  const subnets6 = new Map<string, number>();
  const hosts6 = new Map<string, number>();
  const engines = new Map<string, Buffer>();

  const self: Pseudonyms = {
    text(kind, text) {
      const key = text.toLowerCase();
      let name = texts.get(key);
      if (name === undefined) {
        const count = (counts.get(kind) ?? 0) + 1;
        counts.set(kind, count);
        texts.set(key, (name = `${kind}${count}`));
      }
      return name;
    },
    known: (text) => texts.get(text.toLowerCase()),
    mac(octets) {
      if (((octets[0] ?? 0) & 1) === 1 || octets.every((octet) => octet === 0)) return Buffer.from(octets);
      const name = Buffer.from([2, 0, 0, 0, 0, 0]);
      name.writeUInt32BE(numberOf(macs, hexOf(octets)), 2);
      return name;
    },
    knowsMac: (octets) => macs.has(hexOf(octets)),
    ip(octets) {
      if (isEverybodys(octets)) return Buffer.from(octets);
      ips.add(hexOf(octets));
      if (octets.length === 4) {
        const subnet = numberOf(subnets4, hexOf(octets.subarray(0, 3)));
        // The range for benchmarks (RFC 2544), which no device has; beyond its 512 subnets a private one.
        const [first, second] =
          subnet < 512 ? [198, 18 + (subnet >>> 8)] : [10 + (subnet >>> 16), (subnet >>> 8) & 0xff];
        return Buffer.from([first, second, subnet & 0xff, octets[3] ?? 0]);
      }
      const linkLocal = octets[0] === 0xfe;
      const name = Buffer.alloc(16);
      name.set(linkLocal ? [0xfe, 0x80] : [0x20, 0x01, 0x0d, 0xb8]);
      if (!linkLocal) name.writeUInt32BE(numberOf(subnets6, hexOf(octets.subarray(0, 8))), 4);
      const host = octets.subarray(8);
      if (host.some((octet) => octet !== 0)) name.writeUInt32BE(numberOf(hosts6, hexOf(host)), 12);
      return name;
    },
    knowsIp: (octets) => ips.has(hexOf(octets)),
    engine(octets) {
      const format = octets[4];
      const rest = octets.subarray(5);
      if (format === 1 && rest.length === 4) self.ip(rest);
      else if (format === 2 && rest.length === 16) self.ip(rest);
      else if (format === 3 && rest.length === 6) self.mac(rest);
      else if (format === 4 && rest.length >= 4) self.text('device-', rest.toString('latin1'));
      const key = hexOf(octets);
      let name = engines.get(key);
      if (!name) {
        name = Buffer.alloc(octets.length);
        name.set(octets.subarray(0, 4));
        name[4] = 5;
        name[name.length - 1] = engines.size + 1;
        engines.set(key, name);
      }
      return name;
    },
    knownEngine: (octets) => engines.get(hexOf(octets)),
    engines: () => [...engines].map(([key, name]) => [Buffer.from(key, 'hex').join('.'), name.join('.')] as const),
  };
  return self;
}

function numberOf(numbers: Map<string, number>, key: string): number {
  let number = numbers.get(key);
  if (number === undefined) numbers.set(key, (number = numbers.size + 1));
  return number;
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

function isEverybodys(octets: Uint8Array): boolean {
  const [first = 0, second = 0] = octets;
  if (octets.every((octet) => octet === 0)) return true;
  if (octets.length === 16) return first === 0xff || (first === 0 && second === 0);
  const bits = Buffer.from(octets).readUInt32BE().toString(2).padStart(32, '0');
  return first === 0 || first === 127 || first >= 224 || /^1+0*$/.test(bits);
}
