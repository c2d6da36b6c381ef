/** What a sysDescr tells about the device, as far as its wording is one that agents commonly use. */
export interface Described {
  readonly model: string | null;
  readonly osVersion: string | null;
  readonly serial: string | null;
  readonly os: string | null;
}

/** Ways to say a version, the plainest first. The first that fits wins. */
const VERSIONS: readonly RegExp[] = [
  /\bJUNOS ([\w.-]+)/,
  /\bTiMOS-\w+-([\w.-]+)/,
  /\bUnix(?:Ware)?\b.*\brelease (\S+)/i,
  /^(?:Linux|FreeBSD|OpenBSD|NetBSD|Darwin|DragonFly) \S+ (\d\S*)/,
  /^Linux {1,2}(\d\S*)/,
  /\bWindows.*\bVersion (\S+)/,
  /\b(?:application )?software(?:[ -]?(?:version|ver\.?|rev(?:ision)?\.?|release))?[ :=,]{1,3}(?:[A-Za-z]+,)?[vV]?(\d[\w.()/+-]*)/i,
  /\b(?:sw|s\/w)(?:[ _-]?(?:version|ver|rev))?\.?[ :=]{1,2}[vV]?(\d[\w.()/+-]*)/i,
  /\b(?:version|vers|release|ver\.?|revision|rev\.?)[ :=.]{0,3}([vV]?\d[\w.()/+-]*|[A-Z]{1,2}\.\d[\w.]*)/i,
  /\b(?:firmware|fw)(?:[ _-]?(?:version|ver|rev))?\.?[ :=]{1,2}[vV]?(\d[\w.()/+-]*)/i,
  /(?:^|[\s,;([-])[vV](\d+(?:[._]\w+)+[\w.-]*)/,
  /(?:^|[\s,;([/])((?:[A-Z]{1,3}\.)?\d+(?:\.\d+){2,}[\w.()-]*)/,
  /(?:^|[\s,;([])(\d+\.\d+[\w.()-]*)/,
];

const SERIALS: readonly RegExp[] = [/\b(?:S\/N|SN|serial(?: ?(?:no|number|#))?)[.: #=]{1,3}([A-Za-z0-9-]{5,})/i];

const MODELS: readonly RegExp[] = [
  /\b(?:hardware )?model(?: (?:name|number|no))?\s*[:=]\s*([^,;>\]\r\n]+)/i,
  /\bprod(?:uct)?(?: name)?\s*[:=]\s*([^,;>\]\r\n]+)/i,
  /\bhardware\[([^\]]+)\]/i,
  /\bIOS(?: XR)? Software \(([^)]+)\)/i,
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bIOS[ -]?XE\b/i, 'IOS XE'],
  [/\bIOS[ -]?XR\b/i, 'IOS XR'],
  [/\bNX-OS\b/i, 'NX-OS'],
  [/\bAdaptive Security Appliance\b/i, 'ASA'],
  [/\bCisco (?:IOS|Internetwork Operating System)\b/i, 'IOS'],
  [/\bJUNOS\b/i, 'Junos'],
  [/\bTiMOS\b/, 'TiMOS'],
  [/\bRouterOS\b/, 'RouterOS'],
  [/\bSwOS\b/, 'SwOS'],
  [/\bArista Networks EOS\b/, 'EOS'],
  [/\bExtremeXOS\b/, 'ExtremeXOS'],
  [/\bComware\b/i, 'Comware'],
  [/\bVRP\b|\bVersatile Routing Platform\b/i, 'VRP'],
  [/\bEdgeOS\b/, 'EdgeOS'],
  [/\bVyOS\b/, 'VyOS'],
  [/\bpfSense\b/i, 'pfSense'],
  [/\bOPNsense\b/i, 'OPNsense'],
  [/\b(?:True|Free)NAS\b/, 'TrueNAS'],
  [/\bVMware ESXi?\b/, 'ESXi'],
  [/\bWindows\b/, 'Windows'],
  [/^Linux\b/, 'Linux'],
  [/\bFreeBSD\b/, 'FreeBSD'],
];

/** Descriptions of a general-purpose system name its host and kernel, never the machine. */
const NO_MODEL = /^(?:linux|freebsd|openbsd|netbsd|darwin|sunos|windows|hardware:|unix|net-snmp|snmp agent)\b/i;
const COMPANY = /^[^,;]{2,40}?(?:,? (?:inc|corporation|corp|ltd|gmbh|co|llc|s\.?a|ag|networks)\b\.?,?)+\s+(?=\S)/i;
const END =
  /[,;:\r\n|]|\s-\s|\s\(?(?:software|firmware|version|ver\b|release|rev\b|revision|[vV]?\d+\.\d|[vV]\d|running|S\/N|SN\b|SW:|HW:|copyright)/i;
const MOST_WORDS = 7;

/** Reads a sysDescr. A guess of wording, so every better source goes before it. */
export function describe(sysDescr: string | null): Described {
  const text = (sysDescr ?? '').replace(/\\(["()])/g, '$1').replace(/^["\s;=]+|["\s]+$/g, '');
  return {
    model: modelIn(text),
    osVersion: first(VERSIONS, text)?.replace(/[.,)]+$/, (end) => (end.startsWith(')') ? ')' : '')) ?? null,
    serial: first(SERIALS, text),
    os: SYSTEMS.find(([pattern]) => pattern.test(text))?.[1] ?? null,
  };
}

function first(patterns: readonly RegExp[], text: string): string | null {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1]?.trim();
    if (found) return found;
  }
  return null;
}

function modelIn(text: string): string | null {
  if (text === '' || NO_MODEL.test(text)) return null;
  const said = first(MODELS, text);
  if (said) return said;
  const rest = text.replace(COMPANY, '');
  const end = END.exec(rest)?.index ?? rest.length;
  const model = rest
    .slice(0, end)
    .replace(/[\s([]+$/, '')
    .trim();
  const words = model.split(/\s+/);
  return model.length >= 2 && words.length <= MOST_WORDS ? model : null;
}
